"""Enums of the jobs of cron monitors."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="Unit of a schedule's interval.")
class CronUnit(Enum):
    """Second part of an interval schedule on the wire."""

    MINUTE = wire_value("minute", "Interval in minutes.")
    HOUR = wire_value("hour", "Interval in hours.")
    DAY = wire_value("day", "Interval in days.")
    WEEK = wire_value("week", "Interval in weeks.")
    MONTH = wire_value("month", "Interval in months.")
    YEAR = wire_value("year", "Interval in years.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="State of a job in an environment.")
class CronEnvironmentStatus(Enum):
    """`status` of an environment on the wire."""

    OK = wire_value("ok", "The last check-in was successful.")
    ERROR = wire_value("error", "Check-ins failed, were missed or came too late.")
    ACTIVE = wire_value("active", "Check-ins are expected, and none has arrived.")
    DISABLED = wire_value("disabled", "Check-ins are not expected.")
    MISSED_CHECK_IN = wire_value("missed_checkin", "A check-in was missed.")
    TIMEOUT = wire_value("timeout", "The job ran too long.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Result of a check-in.")
class CheckInStatus(Enum):
    """`status` of a check-in on the wire."""

    IN_PROGRESS = wire_value("in_progress", "The job is running.")
    OK = wire_value("ok", "The job has succeeded.")
    ERROR = wire_value("error", "The job has failed.")
    MISSED = wire_value("missed", "The job did not report in time.")
    TIMEOUT = wire_value("timeout", "The job ran too long.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="Whether check-ins of a job are expected.")
class CronState(Enum):
    """`status` of a job that clients may set."""

    ACTIVE = strawberry.enum_value("active", description="Check-ins are expected.")
    DISABLED = strawberry.enum_value("disabled", description="Check-ins are neither expected nor accepted.")
