"""Typed issue filter and its translation to Sentry's search syntax."""

from typing import TypeVar

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.issues.enums import IssueIs, IssuePriority, Level
from dexter_graphql.graph.relay.list_options import MAX_VALUES

T = TypeVar("T")
Query = tuple[tuple[str, str], ...]


@strawberry.input(description="Filter on a tag of the events.")
class TagFilter:
    """Input."""

    key: str = strawberry.field(description="Key of the tag, for example `browser.name`.")
    value: str = strawberry.field(description="Value of the tag; `*` matches any text.")
    exclude: bool = strawberry.field(default=False, description="True to exclude matching issues.")


@strawberry.input(one_of=True, description="Filter on the assignee. Exactly one field must be given.")
class AssigneeFilter:
    """Input."""

    nobody: bool | None = strawberry.field(default=strawberry.UNSET, description="True for unassigned issues.")
    me: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description="True for issues assigned to the user of the token. With a shared token, use `user` instead.",
    )
    user: str | None = strawberry.field(
        default=strawberry.UNSET, description="Email address or user name of the assignee."
    )
    team: str | None = strawberry.field(default=strawberry.UNSET, description="Slug of the assigned team.")


@strawberry.input(
    description="Filter on issues. An issue must match all given fields. Of a list field it must match any value, "
    "except for `is` and `tags`: it must match all of their values."
)
class IssueFilter:
    """Input."""

    is_: list[IssueIs] | None = strawberry.field(
        name="is", default=None, description="Values of `is:` terms. An issue must match all of them."
    )
    levels: list[Level] | None = strawberry.field(default=None, description="Severities of the issue.")
    priorities: list[IssuePriority] | None = strawberry.field(default=None, description="Priorities of the issue.")
    projects: list[str] | None = strawberry.field(default=None, description="Slugs of projects. Default: all projects.")
    environments: list[str] | None = strawberry.field(
        default=None, description="Names of environments. Default: all environments."
    )
    assignee: AssigneeFilter | None = strawberry.field(default=None, description="Assignee of the issue.")
    releases: list[str] | None = strawberry.field(
        default=None, description="Versions of releases in which the issue was seen; `latest` is the newest release."
    )
    tags: list[TagFilter] | None = strawberry.field(
        default=None, description="Tags of the events. An issue must match all of them."
    )
    search: str | None = strawberry.field(
        default=None,
        description="Additional terms in Sentry's search syntax, for example `timeout !browser.name:Firefox`.",
    )


def filter_query(value: IssueFilter | None) -> Query:
    """Parameters of the issue list for a filter. `query` is always included, empty for all issues."""
    if value is None:
        return (("query", ""),)
    projects = [("project", slug) for slug in _bounded(value.projects, "projects")]
    environments = [("environment", name) for name in _bounded(value.environments, "environments")]
    return (("query", search_text(value)), *projects, *environments)


def search_text(value: IssueFilter) -> str:
    """The filter in Sentry's search syntax."""
    terms = [f"is:{word.value}" for word in value.is_ or ()]
    terms += _any_of("level", [level.value for level in value.levels or ()])
    terms += _any_of("issue.priority", [priority.value for priority in value.priorities or ()])
    terms += _any_of("release", _bounded(value.releases, "releases"))
    terms += _assigned(value.assignee)
    terms += [f"{'!' * tag.exclude}{tag_key(tag.key)}:{quoted(tag.value)}" for tag in _bounded(value.tags, "tags")]
    return " ".join([*terms, *([value.search.strip()] if value.search and value.search.strip() else [])])


def quoted(value: str) -> str:
    """A search value, quoted when necessary."""
    if value and not any(char in value for char in ' "[](),:\t\n'):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def tag_key(key: str) -> str:
    """A tag key for a search term; raises BadUserInput when it contains characters of the search syntax."""
    if not key or any(char in key for char in ' "[](),:!\t\n'):
        raise BadUserInput(f"'{key[:64]}' is not a valid tag key")
    return key


def _assigned(value: AssigneeFilter | None) -> list[str]:
    if value is None:
        return []
    if value.user:
        return [f"assigned:{quoted(value.user)}"]
    if value.team:
        return [f"assigned:{quoted('#' + value.team.removeprefix('#'))}"]
    if value.me is True or value.nobody is True:
        return ["assigned:me" if value.me is True else "assigned:none"]
    raise BadUserInput("'assignee' expects 'nobody: true', 'me: true', or a non-empty 'user' or 'team'")


def _any_of(key: str, values: list[str]) -> list[str]:
    if not values:
        return []
    return [f"{key}:{quoted(values[0])}" if len(values) == 1 else f"{key}:[{','.join(map(quoted, values))}]"]


def _bounded(values: list[T] | None, name: str) -> list[T]:
    if values is not None and len(values) > MAX_VALUES:
        raise BadUserInput(f"'{name}' takes at most {MAX_VALUES} values")
    return values or []
