"""Links to the source code of stack frames, in the repositories that projects are mapped to."""

from enum import Enum
from typing import Annotated, Any

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.enums import UNKNOWN_VALUE, wire_value
from dexter_graphql.graph.declarations.fields import DETAIL, entity, plain
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.loaders.source_links import SourceLinkKey, SourceLocation

MAX_CHARACTERS = 1000
File = Annotated[str, strawberry.argument(description="Path of the source file, as in `StackFrame.file`.")]
Line = Annotated[int | None, strawberry.argument(description="Line number, starting at 1.")]
Commit = Annotated[str | None, strawberry.argument(description="Hash of the commit that the code was built from.")]


@strawberry.enum(description="Reason why Sentry has no link to source code.")
class SourceLinkError(Enum):
    """`error` on the wire."""

    NO_CODE_MAPPINGS = wire_value("no_code_mappings_for_project", "The project is mapped to no repository.")
    STACK_ROOT_MISMATCH = wire_value("stack_root_mismatch", "No mapping of the project fits the path of the file.")
    FILE_NOT_FOUND = wire_value("file_not_found", "The repository does not have the file.")
    LINK_FORBIDDEN = wire_value("integration_link_forbidden", "The host of the repository refused the access.")
    UNKNOWN = wire_value("unknown", UNKNOWN_VALUE)


@entity(representations=(DETAIL,))
class SourceLink:
    """Link to a place in source code, or the reason why there is none."""

    url: str | None = plain("sourceUrl", description="URL of the place in the repository; null when there is none.")
    path: str | None = plain("sourcePath", description="Path of the file in the repository.")
    attempted_url: str | None = plain("attemptedUrl", description="URL at which Sentry looked for the file in vain.")
    error: SourceLinkError | None = plain(description="Reason why there is no URL.")
    error_raw: str | None = plain("error", description="Value of `error`, as sent by Sentry.")


def frame_link_key(row: Any) -> SourceLinkKey | None:
    """The place that a stack frame names; None for a frame without a file. Other values are left out when too long."""
    if not row.filename or len(row.filename) > MAX_CHARACTERS or row.parents.project is None:
        return None
    details = (
        text if text and len(text) <= MAX_CHARACTERS else None
        for text in (row.absPath, row.module, row.package, row.platform)
    )
    location = SourceLocation(row.filename, row.lineNo, *details)
    return SourceLinkKey(ProjectKey(row.parents.organization, row.parents.project), location)


def location_of(file: str, line: int | None, commit: str | None) -> SourceLocation:
    """The place that arguments name; raises BadUserInput for a path that no file has."""
    if not file.strip() or len(file) > MAX_CHARACTERS:
        raise BadUserInput(f"'file' takes a path of 1 to {MAX_CHARACTERS} characters", ("file",))
    return SourceLocation(file, line, commit=commit)
