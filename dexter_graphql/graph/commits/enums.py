"""Enums of commits and pull requests."""

from enum import Enum

import strawberry

from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value


@strawberry.enum(description="Kind of change of a file in a commit.")
class FileChange(Enum):
    """`type` of a commit file on the wire."""

    ADDED = wire_value("A", "The file was added.")
    MODIFIED = wire_value("M", "The file was modified.")
    DELETED = wire_value("D", "The file was deleted.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@strawberry.enum(description="State of a pull request.")
class PullRequestStatus(Enum):
    """`status` of a pull request on the wire."""

    OPEN = wire_value("open", "The pull request is open.")
    DRAFT = wire_value("draft", "The pull request is a draft.")
    MERGED = wire_value("merged", "The pull request was merged.")
    CLOSED = wire_value("closed", "The pull request was closed without being merged.")
    UNKNOWN = wire_value("unknown", "Sentry does not know the state, or sent a value that this server does not know.")
