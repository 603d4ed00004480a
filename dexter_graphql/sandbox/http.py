"""Routes, requests, responses and errors of the sandbox's REST API.

A handler takes a `Request` and returns a JSON body (status 200) or a `Response`; it raises `HTTPError` for anything
but success.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Never, Protocol, TypeVar

from dexter_graphql.sandbox.multipart import FormPart
from dexter_graphql.sandbox.vintages import Capability
from dexter_graphql.sandbox.world.model import Environment, Issue, Organization, Project, User
from dexter_graphql.sandbox.world.state import World
from dexter_graphql.sandbox.world.tokens import Token

NOT_FOUND: Final = "The requested resource does not exist"
NO_PERMISSION: Final = "You do not have permission to perform this action."

Handler = Callable[["Request"], object]


class HasId(Protocol):
    """A record with a decimal or textual id."""

    @property
    def id(self) -> str:
        """The id, as Sentry writes it in paths."""


RecordT = TypeVar("RecordT", bound=HasId)


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The deprecation of a route: its date and the path template of its replacement."""

    date: str
    replacement: str | None = None

    def headers(self) -> dict[str, str]:
        """The headers that announce the deprecation."""
        headers = {"X-Sentry-Deprecation-Date": self.date}
        if self.replacement:
            headers["X-Sentry-Replacement-Endpoint"] = self.replacement
        return headers


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path template below `/api/0`. A token needs one of the scopes; an empty set requires none."""

    method: str
    path: str
    handler: Handler
    scopes: frozenset[str] = frozenset()
    deprecation: Deprecation | None = None


def any_scope(*names: str) -> frozenset[str]:
    """The scopes of which a token needs one: `any_scope("event:read", "event:write")`."""
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class Response:
    """A response. `body` is JSON data, bytes that are sent unchanged, or None for an empty body."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class HTTPError(Exception):
    """A response other than 2xx, raised anywhere below a handler."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.response = Response(body, status, headers or {})


def raise_http_error(status: int, detail: str) -> Never:
    """Raise an error with the body `{"detail": …}`."""
    raise HTTPError(status, {"detail": detail})


def raise_not_found() -> Never:
    """Raise a 404 with Sentry's message."""
    raise_http_error(404, NOT_FOUND)


def raise_unknown_path() -> Never:
    """Raise the 404 of a path without a route, as self-hosted servers send it: with an empty body."""
    raise HTTPError(404, b"", {"Content-Type": "text/html"})


def raise_bad_request(detail: str) -> Never:
    """Raise a 400 with `{"detail": …}`."""
    raise_http_error(400, detail)


def raise_validation_error(fields: Mapping[str, object]) -> Never:
    """Raise a 400 with messages by field: `{"name": ["message"]}`."""
    raise HTTPError(400, dict(fields))


@dataclass(slots=True)
class Request:
    """An authenticated request that matched a route."""

    world: World
    token: Token
    path: str
    path_params: Mapping[str, str]
    query: Sequence[tuple[str, str]] = ()
    body: object = None
    form: Sequence[FormPart] = ()

    def param(self, name: str, default: str | None = None) -> str | None:
        """The last value of a query parameter, or the default."""
        return next((value for key, value in reversed(self.query) if key == name), default)

    def param_list(self, name: str) -> list[str]:
        """All values of a repeated query parameter, in order."""
        return [value for key, value in self.query if key == name]

    def bool_param(self, name: str) -> bool:
        """Whether a query parameter is `1`, `true` or `yes`."""
        return (self.param(name) or "").lower() in {"1", "true", "yes"}

    def json_object(self) -> dict[str, object]:
        """The body as a JSON object, empty without a body; 400 for any other JSON."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise_validation_error({"nonFieldErrors": ["Invalid data. Expected a dictionary."]})
        return self.body

    def has(self, capability: Capability) -> bool:
        """Whether the imitated Sentry release has the capability."""
        return self.world.vintage.has(capability)

    def slug_param(self, name: str) -> str:
        """A path parameter that is a slug, or an id where the release takes one; 404 otherwise."""
        value = self.path_params[name]
        return value if not value.isdigit() or self.has(Capability.IDS_IN_PATHS) else raise_not_found()

    @property
    def user(self) -> User | None:
        """The user of the token; None for tokens of organizations and apps."""
        return self.token.user

    @property
    def organization(self) -> Organization:
        """The organization in the path; 404 when it does not exist or the token has no access."""
        organization = self.world.find_organization(self.slug_param("organization"))
        if organization is None or organization.slug not in self.token.organizations:
            raise_not_found()
        return organization

    @property
    def project(self) -> Project:
        """The project in the path; 404 when it does not exist, 403 without access, 302 when its slug has changed."""
        organization, id_or_slug = self.organization, self.slug_param("project")
        new_slug = organization.renamed_projects.get(id_or_slug)
        if new_slug is not None:
            raise project_moved_error(self.path, organization, id_or_slug, new_slug)
        return self._readable(organization.find_project(id_or_slug) or raise_not_found())

    @property
    def issue(self) -> Issue:
        """The issue in the path, by id or short id; 404 when it does not exist or is deleted, 403 without access."""
        issue = self.organization.find_issue(self.path_params["issue"])
        if issue is None or issue.status == "pending_deletion":
            raise_not_found()
        self._readable(issue.project)
        return issue

    def selected_projects(self) -> list[Project]:
        """The project in the path, or those of the `project` parameter; 403 for one that the token may not read.

        With -1 all projects of the organization, and without the parameter too, or those of the user's teams.
        """
        if "project" in self.path_params:
            return [self.project]
        values = [value for value in self.param_list("project") if value]
        organization = self.organization
        if not self.has(Capability.PROJECT_SLUGS) and not all(value.lstrip("-").isdigit() for value in values):
            raise_bad_request("Invalid project parameter. Values must be numbers.")
        if not values and self.user is not None and not self.has(Capability.ALL_PROJECTS_BY_DEFAULT):
            return self._only_readable(organization.team_projects(self.user))
        if not values or "-1" in values:
            return self._only_readable(organization.projects)
        projects = [organization.find_project(value) for value in values]
        if None in projects:
            raise_http_error(403, NO_PERMISSION)
        return [self._readable(project) for project in projects if project is not None]

    def _readable(self, project: Project) -> Project:
        """The project; 403 when the token may not read it."""
        return project if self.token.may_read(project.slug) else raise_http_error(403, NO_PERMISSION)

    def _only_readable(self, projects: Iterable[Project]) -> list[Project]:
        return [project for project in projects if self.token.may_read(project.slug)]

    def selected_environments(self) -> frozenset[str] | None:
        """The names of the `environment` parameter, None for all; 404 for an unknown one."""
        names = frozenset(self.param_list("environment"))
        known = {environment.name for environment in self.organization.environments} | {""}
        return (names or None) if names <= known else raise_not_found()

    def selected_environment_records(self) -> list[Environment]:
        """The environments of the `environment` parameter, all without it; 404 for an unknown one."""
        names = self.selected_environments()
        return [e for e in self.organization.environments if names is None or e.name in names]

    @property
    def url(self) -> str:
        """URL of the request without its query string."""
        return self.world.url + self.path


def find_or_404(records: Iterable[RecordT], record_id: str) -> RecordT:
    """The record with that id; 404 when there is none."""
    return next((record for record in records if record.id == record_id), None) or raise_not_found()


def project_moved_error(path: str, organization: Organization, old: str, new: str) -> HTTPError:
    """A 302 to the same path with the project's new slug."""
    url = path.replace(f"/{organization.slug}/{old}/", f"/{organization.slug}/{new}/")
    detail = {"code": "resource-moved", "message": "Resource has been moved", "extra": {"url": url, "slug": new}}
    return HTTPError(302, {"slug": new, "detail": detail}, {"Location": url})
