"""Loaders of links to the source code of stack frames, in the repositories that projects are mapped to."""

from typing import Any, NamedTuple

from dexter_graphql.loaders.base import LoadContext, fan_out
from dexter_graphql.loaders.projects import ProjectKey
from dexter_graphql.sentry.catalogue import events as catalogue
from dexter_graphql.sentry.parents import Parents

WIDTH = 4
"""Concurrent calls, at most: for each of them Sentry may ask the host of the repository."""


class SourceLocation(NamedTuple):
    """A place in the source code, as a stack frame names it."""

    file: str
    line: int | None = None
    absolute_path: str | None = None
    module: str | None = None
    package: str | None = None
    platform: str | None = None
    commit: str | None = None


class SourceLinkKey(NamedTuple):
    """A place in the source code of a project."""

    project: ProjectKey
    location: SourceLocation


NAMES = ("file", "lineNo", "absPath", "module", "package", "platform", "commitId")
"""Parameters of the members of a location, in their order."""


@fan_out(target="SourceLink", uses=(catalogue.SOURCE_LINK,), is_shared=True, width=WIDTH)
async def source_links(key: SourceLinkKey, load_context: LoadContext) -> Any:
    """The link to a place in the source code, or the reason why there is none."""
    return await load_context.get(
        catalogue.SOURCE_LINK,
        Parents(key.project.organization),
        path={"project": key.project.id},
        query=tuple(
            (name, str(value)) for name, value in zip(NAMES, key.location, strict=True) if value not in {None, ""}
        ),
    )


@fan_out(target="SourceLink", uses=(catalogue.SOURCE_LINK,), width=WIDTH)
async def project_source_links(key: ProjectKey, load_context: LoadContext) -> Any:
    """The link to the place that the options are, in the source code of a project."""
    return await load_context.load(source_links, SourceLinkKey(key, load_context.options))
