"""Knows the manners of Sentry's REST API: routes, calls, answers, refusals, paging. Knows no noun.

A handler takes a `Call` and returns the body (status 200) or an `Answer`; it raises a `Refusal` for all else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Never, TypeVar
from urllib.parse import urlencode

from dexter_graphql.sandbox.world.model import Environment, Issue, Organization, Project, User
from dexter_graphql.sandbox.world.state import World
from dexter_graphql.sandbox.world.tokens import Token

MAX_PAGE: Final = 100
NOT_FOUND: Final = "The requested resource does not exist"
NO_PERMISSION: Final = "You do not have permission to perform this action."

Handler = Callable[["Request"], object]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deprecation:
    """What a retired route says in its headers."""

    date: str
    replacement: str | None = None

    def headers(self) -> dict[str, str]:
        """The deprecation headers of an answer."""
        headers = {"X-Sentry-Deprecation-Date": self.date}
        if self.replacement:
            headers["X-Sentry-Replacement-Endpoint"] = self.replacement
        return headers


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path below `/api/0` with `{names}`; any one of the scopes opens it, none means no scope."""

    method: str
    path: str
    handler: Handler
    scopes: frozenset[str] = frozenset()
    deprecation: Deprecation | None = None


def any_scope(*names: str) -> frozenset[str]:
    """A set of scopes, any of which is enough: `scopes("event:read", "event:write")`."""
    return frozenset(names)


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer; `body` is JSON data, or bytes that are sent as they are, or None for no body."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class HTTPError(Exception):
    """A non-2xx answer, raised from anywhere below a handler."""

    def __init__(self, status: int, body: object, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.response = Response(body, status, headers or {})


def raise_http_error(status: int, detail: str) -> Never:
    """Raise a refusal of the usual shape, `{"detail": …}`."""
    raise HTTPError(status, {"detail": detail})


def raise_not_found() -> Never:
    """Raise Sentry's 404."""
    raise_http_error(404, NOT_FOUND)


def raise_bad_request(detail: str) -> Never:
    """Raise a 400 with `{"detail": …}`."""
    raise_http_error(400, detail)


def raise_validation_error(fields: Mapping[str, object]) -> Never:
    """Raise a 400 of field validation: `{"name": ["message"]}`."""
    raise HTTPError(400, dict(fields))


@dataclass(slots=True)
class Request:
    """One request that has passed authentication."""

    world: World
    token: Token
    route: Route
    path: str
    path_params: Mapping[str, str]
    query: Sequence[tuple[str, str]] = ()
    body: object = None
    raw: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def param(self, name: str, default: str | None = None) -> str | None:
        """The last value of a query parameter."""
        return next((value for key, value in reversed(self.query) if key == name), default)

    def param_list(self, name: str) -> list[str]:
        """All values of a repeated query parameter, in order."""
        return [value for key, value in self.query if key == name]

    def bool_param(self, name: str) -> bool:
        """Whether a query parameter says yes."""
        return (self.param(name) or "").lower() in {"1", "true", "yes"}

    def json_object(self) -> dict[str, object]:
        """The body as a JSON object; 400 when it is something else."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise_validation_error({"nonFieldErrors": ["Invalid data. Expected a dictionary."]})
        return self.body

    @property
    def user(self) -> User | None:
        """The person behind the token, None for organization and app tokens."""
        return self.token.user

    @property
    def organization(self) -> Organization:
        """The organization of the path; 404 when it is unknown or out of the token's reach."""
        found = self.world.find_organization(self.path_params["organization"])
        if found is None or found.slug not in self.token.organizations:
            raise_not_found()
        return found

    @property
    def project(self) -> Project:
        """The project of the path; 404, or 302 with the new slug when it was renamed."""
        wanted = self.path_params["project"]
        organization = self.organization
        renamed = organization.renamed_projects.get(wanted)
        if renamed is not None:
            raise project_moved_error(self.path, organization, wanted, renamed)
        return organization.find_project(wanted) or raise_not_found()

    @property
    def issue(self) -> Issue:
        """The issue of the path, by id or short id; 404 when there is none."""
        issue = self.organization.find_issue(self.path_params["issue"])
        return issue if issue is not None and issue.status != "pending_deletion" else raise_not_found()

    def selected_projects(self) -> list[Project]:
        """The projects the call is about: that of the path, else those of `project`; 403 for an unknown one.

        No `project`, or -1, means all.
        """
        if "project" in self.path_params:
            return [self.project]
        wanted = [value for value in self.param_list("project") if value]
        organization = self.organization
        if not wanted or "-1" in wanted:
            return list(organization.projects)
        found = [organization.find_project(value) for value in wanted]
        if None in found:
            raise_http_error(403, NO_PERMISSION)
        return [project for project in found if project is not None]

    def selected_environments(self) -> frozenset[str] | None:
        """The names of the environments asked for, None for all; 404 for an unknown one."""
        wanted = frozenset(self.param_list("environment"))
        known = {environment.name for environment in self.organization.environments} | {""}
        return (wanted or None) if wanted <= known else raise_not_found()

    def selected_environment_records(self) -> list[Environment]:
        """As `environments`, but the records, all of them when none is named."""
        wanted = self.selected_environments()
        return [e for e in self.organization.environments if wanted is None or e.name in wanted]

    @property
    def url(self) -> str:
        """The address of this call without its query."""
        return self.world.url + self.path


def project_moved_error(path: str, organization: Organization, old: str, new: str) -> HTTPError:
    """The 302 of a renamed project."""
    url = path.replace(f"/{organization.slug}/{old}/", f"/{organization.slug}/{new}/")
    detail = {"code": "resource-moved", "message": "Resource has been moved", "extra": {"url": url, "slug": new}}
    return HTTPError(302, {"slug": new, "detail": detail}, {"Location": url})


def parse_page_size(request: Request) -> int:
    """`per_page`, with Sentry's words when it is not a number from 1 to 100."""
    text = request.param("per_page")
    if text is None:
        return MAX_PAGE
    try:
        size = int(text)
    except ValueError:
        raise_bad_request("Invalid per_page parameter.")
    if not 1 <= size <= MAX_PAGE:
        raise_bad_request(f"Invalid per_page value. Must be between 1 and {MAX_PAGE}.")
    return size


def parse_cursor(request: Request) -> int:
    """Where the page begins, from `cursor` (`value:offset:is_prev`)."""
    parts = (request.param("cursor") or "0:0:0").split(":")
    try:
        _, offset, is_previous = (int(float(part)) for part in parts)
    except (ValueError, OverflowError):
        raise_bad_request("Invalid cursor parameter.")
    if offset < 0 or is_previous not in {0, 1}:
        raise_bad_request("Invalid cursor parameter.")
    return offset


def build_link_header(request: Request, offset: int, size: int, *, has_next: bool) -> str:
    """The `Link` header, both entries, each with an address that repeats the query."""

    def entry(rel: str, cursor: str, *, has_results: bool) -> str:
        pairs = [(key, value) for key, value in request.query if key != "cursor"] + [("cursor", cursor)]
        results = str(has_results).lower()
        return f'<{request.url}?{urlencode(pairs)}>; rel="{rel}"; results="{results}"; cursor="{cursor}"'

    previous = entry("previous", f"0:{max(0, offset - size)}:1", has_results=offset > 0)
    return f"{previous}, {entry('next', f'0:{offset + size}:0', has_results=has_next)}"


def paginate(
    request: Request,
    rows: Sequence[T],
    render: Callable[[T], object] | None = None,
    *,
    size: int | None = None,
    counts: bool = False,
) -> Response:
    """One page of the rows, rendered, with its `Link`; `counts` adds `X-Hits` and `X-Max-Hits`.

    `size` overrides `per_page`, for the one endpoint that calls it `limit`.
    """
    size = parse_page_size(request) if size is None else size
    offset = parse_cursor(request)
    page = rows[offset : offset + size]
    headers = {"Link": build_link_header(request, offset, size, has_next=offset + size < len(rows))}
    if counts:
        headers |= {"X-Hits": str(min(len(rows), 1000)), "X-Max-Hits": "1000"}
    return Response([render(row) for row in page] if render else list(page), 200, headers)
