"""Declaration of how an endpoint is restricted for callers who may reach some projects only.

A caller's reach is a set of projects and an access level. Every endpoint declares which level it needs, and how one
call of it is narrowed to a set of projects.
"""

from dataclasses import dataclass
from enum import StrEnum


class AccessLevel(StrEnum):
    """What a caller may do, in ascending order. A caller with one level has all that come before it."""

    READ = "read"
    TRIAGE = "triage"
    """Change the state of issues: status, assignment, comments, links."""
    ADMIN = "admin"
    """Delete issues; create, change and delete anything else."""

    def includes(self, other: "AccessLevel") -> bool:
        """True when a caller with this level has the other one."""
        levels = list(AccessLevel)
        return levels.index(self) >= levels.index(other)


class Narrowing(StrEnum):
    """How a call is narrowed to a set of projects."""

    QUERY = "query"
    """By the query parameter that takes numeric IDs of projects."""
    PATH = "path"
    """The path names the project, which must be one of the set."""
    SEARCH = "search"
    """By a term `project:` in the query parameter that takes a search."""
    BODY = "body"
    """A member of the request's body names projects, or objects that belong to them, which must all be in the set."""
    RESPONSE = "response"
    """Objects of other projects are removed from the response. Only for reads."""
    PARENT = "parent"
    """The path names an object that belongs to projects; one of them must be in the set before the call is made."""
    ORGANIZATION = "organization"
    """Not possible: only callers who may reach the whole organization may call it."""
    NOTHING = "nothing"
    """Not necessary: the response holds nothing that belongs to a project."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """Access level and narrowing of an endpoint.

    `name` is the query parameter, the path parameter, or the member of the body, by the kind of narrowing. `members`
    are the members of each object in the response that hold the ID or slug of its projects, as dotted paths through
    objects and lists, or of other objects, if `of` is not `project`. They are empty where a response does not name
    projects. `nested` are the members that hold objects of the same kind. `objects` are members of the body, or
    parameters of the query, that may name other objects. Kinds of objects are those of path parameters. `parameters`
    are those of the query with which the response has `members`.
    """

    access: AccessLevel
    narrowing: Narrowing
    name: str | None = None
    members: tuple[str, ...] = ()
    of: str = "project"
    nested: tuple[str, ...] = ()
    objects: tuple[tuple[str, str], ...] = ()
    parameters: tuple[tuple[str, str], ...] = ()


def by_query(
    access: AccessLevel, *members: str, name: str = "project", of: str = "project", **objects: str
) -> Restriction:
    """Narrowed by a query parameter with numeric IDs of projects, and restricted to the objects in other parameters."""
    return Restriction(access, Narrowing.QUERY, name, members, of, objects=tuple(objects.items()))


def by_path(access: AccessLevel, **objects: str) -> Restriction:
    """Restricted to the project in the path, and to the objects in members of the body."""
    return Restriction(access, Narrowing.PATH, "project", objects=tuple(objects.items()))


def by_search(access: AccessLevel, *members: str, name: str = "query") -> Restriction:
    """Narrowed by a term in a search."""
    return Restriction(access, Narrowing.SEARCH, name, members)


def by_body(access: AccessLevel, name: str, of: str = "project") -> Restriction:
    """Restricted to the projects, or other objects, that a member of the body must name."""
    return Restriction(access, Narrowing.BODY, name, objects=((name, of),))


def by_response(*members: str, of: str = "project", nested: tuple[str, ...] = (), **parameters: str) -> Restriction:
    """A read of which objects in other projects are removed."""
    given = tuple(parameters.items())
    return Restriction(AccessLevel.READ, Narrowing.RESPONSE, None, members, of, nested, parameters=given)


def by_parent(access: AccessLevel, name: str, **objects: str) -> Restriction:
    """Restricted to the projects of the object that a path parameter names, and of the objects in the body."""
    return Restriction(access, Narrowing.PARENT, name, objects=tuple(objects.items()))


def whole_organization(access: AccessLevel) -> Restriction:
    """Refused to callers who may reach some projects only."""
    return Restriction(access, Narrowing.ORGANIZATION)


def unrestricted(access: AccessLevel) -> Restriction:
    """Open to all callers with the access level, because nothing in it belongs to a project."""
    return Restriction(access, Narrowing.NOTHING)
