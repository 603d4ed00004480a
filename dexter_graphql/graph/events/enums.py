"""Enums of events."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="Kind of an event.")
class EventKind(Enum):
    """`type` of an event on the wire."""

    ERROR = wire_value("error", "An error or an exception.")
    DEFAULT = wire_value("default", "A message or another event without a kind.")
    TRANSACTION = wire_value("transaction", "A transaction of performance monitoring.")
    GENERIC = wire_value("generic", "An occurrence that Sentry detected, such as a performance problem.")
    FEEDBACK = wire_value("feedback", "User feedback.")
    CSP = wire_value("csp", "A report of a content security policy.")
    HPKP = wire_value("hpkp", "A report of HTTP public key pinning.")
    EXPECT_CT = wire_value("expectct", "A report of certificate transparency.")
    EXPECT_STAPLE = wire_value("expectstaple", "A report of OCSP stapling.")
    NEL = wire_value("nel", "A report of network error logging.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)
