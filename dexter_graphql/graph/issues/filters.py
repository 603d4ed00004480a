"""Knows how a typed filter becomes Sentry's issue search."""

from typing import TypeVar

import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.issues.enums import IssueIs, IssuePriority, Level

MAX_VALUES = 100

T = TypeVar("T")
Query = tuple[tuple[str, str], ...]


@strawberry.input(description="A tag that events carry.")
class TagFilter:
    """Input."""

    key: str = strawberry.field(description="Name of the tag, for example `browser.name`.")
    value: str = strawberry.field(description="Value; `*` stands for any text.")
    exclude: bool = strawberry.field(default=False, description="True to leave out what matches.")


@strawberry.input(one_of=True, description="Whom an issue is assigned to.")
class AssigneeFilter:
    """Input."""

    nobody: bool | None = strawberry.field(default=strawberry.UNSET, description="True for issues without an assignee.")
    me: bool | None = strawberry.field(
        default=strawberry.UNSET, description="True for issues of the token's own user; use `user` with a shared token."
    )
    user: str | None = strawberry.field(default=strawberry.UNSET, description="E-mail address or user name.")
    team: str | None = strawberry.field(default=strawberry.UNSET, description="Slug of a team.")


@strawberry.input(description="Which issues to list. All that is given must hold; within a list any value may.")
class IssueFilter:
    """Input."""

    is_: list[IssueIs] | None = strawberry.field(name="is", default=None, description="Properties that must all hold.")
    levels: list[Level] | None = strawberry.field(default=None, description="Any of these severities.")
    priorities: list[IssuePriority] | None = strawberry.field(default=None, description="Any of these priorities.")
    projects: list[str] | None = strawberry.field(default=None, description="Slugs of projects; all when left out.")
    environments: list[str] | None = strawberry.field(default=None, description="Names of environments.")
    assignee: AssigneeFilter | None = strawberry.field(default=None, description="Whom it is assigned to.")
    releases: list[str] | None = strawberry.field(default=None, description="Versions seen; `latest` is the newest.")
    tags: list[TagFilter] | None = strawberry.field(default=None, description="Tags of its events.")
    search: str | None = strawberry.field(
        default=None, description="More in Sentry's own search syntax, for example `timeout !browser.name:Firefox`."
    )


def filter_query(value: IssueFilter | None) -> Query:
    """Parameters of the issue list for a filter; `query` is always there, empty for everything."""
    if value is None:
        return (("query", ""),)
    projects = [("project", slug) for slug in _bounded(value.projects, "projects")]
    environments = [("environment", name) for name in _bounded(value.environments, "environments")]
    return (("query", search_text(value)), *projects, *environments)


def search_text(value: IssueFilter) -> str:
    """The filter as one line of Sentry's search syntax."""
    terms = [f"is:{word.value}" for word in value.is_ or ()]
    terms += _any_of("level", [level.value for level in value.levels or ()])
    terms += _any_of("issue.priority", [priority.value for priority in value.priorities or ()])
    terms += _any_of("release", _bounded(value.releases, "releases"))
    terms += _assigned(value.assignee)
    terms += [f"{'!' * tag.exclude}{tag_key(tag.key)}:{quoted(tag.value)}" for tag in _bounded(value.tags, "tags")]
    return " ".join([*terms, *([value.search.strip()] if value.search and value.search.strip() else [])])


def quoted(value: str) -> str:
    """A value that the search takes as one word."""
    if value and not any(char in value for char in ' "[](),:\t\n'):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def tag_key(key: str) -> str:
    """A tag's name as a search key; refused when it could be read as something else."""
    if not key or any(char in key for char in ' "[](),:!\t\n'):
        raise BadUserInput(f"'{key}' cannot be the name of a tag")
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
    raise BadUserInput("'assignee' takes 'nobody: true', 'me: true', or the name of a user or a team")


def _any_of(key: str, values: list[str]) -> list[str]:
    if not values:
        return []
    return [f"{key}:{quoted(values[0])}" if len(values) == 1 else f"{key}:[{','.join(map(quoted, values))}]"]


def _bounded(values: list[T] | None, name: str) -> list[T]:
    if values is not None and len(values) > MAX_VALUES:
        raise BadUserInput(f"'{name}' takes at most {MAX_VALUES} values")
    return values or []
