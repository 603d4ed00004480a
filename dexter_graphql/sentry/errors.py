"""Errors of the Sentry client, as a tree split by what the caller can do about them.

    SentryError
    ├── ClientError             Sentry understood the request and refused it
    │   ├── BadRequest          400: fix the request; `fields` names the members at fault
    │   │   └── InvalidParameter  refused before any call: a parameter that cannot be sent
    │   ├── Unauthorized        401: sign in, or renew the token
    │   ├── Forbidden           403: `scopes` names the scopes of which one is enough
    │   │   └── OutOfReach      refused before any call: the caller is restricted to less
    │   ├── NotFound            404: no such object, or none that this token may see
    │   ├── Moved               302: renamed; `slug` is the new slug
    │   ├── Conflict            409
    │   ├── FeatureUnavailable  the organization's plan or the server lacks the feature
    │   │   └── MissingRoute    404: the server lacks the endpoint
    │   └── Gone                410: deprecated operation in a brownout; retry later or use the replacement
    ├── RateLimited             429: wait `retry_after` seconds
    ├── Unavailable             5xx, an HTML page of a proxy, no connection
    │   ├── InternalError       500 with an `errorId`: Sentry failed on this very request
    │   └── CircuitOpen         not sent, as too many calls failed a moment ago
    ├── UpstreamTimeout         Sentry did not answer in time
    ├── DeadlineExceeded        the operation's deadline passed before an answer came
    ├── BudgetExhausted         the operation used up its upstream calls
    ├── BadResponse             an unreadable answer: oversized, not JSON
    │   ├── TruncatedResponse   an answer that was cut off
    │   └── InvalidValue        one value of an answer that does not have the published form
    └── HostNotAllowed          the token would have been sent to a host that is not configured

No message carries a credential, a query string or a response body.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from dexter_graphql.errors import DexterError


class WriteOutcome(StrEnum):
    """What a write that failed did at Sentry."""

    UNKNOWN = "UNKNOWN"
    NOT_SENT = "NOT_SENT"


OUTCOME_SENTENCES: Mapping[WriteOutcome, str] = MappingProxyType(
    {
        WriteOutcome.UNKNOWN: "Sentry may or may not have applied this change",
        WriteOutcome.NOT_SENT: "This change was not sent to Sentry",
    }
)


class SentryError(DexterError):
    """A failed call. `title` is the endpoint (method and template), `status` the status of Sentry's answer, if any.

    `error_id` is Sentry's own id of the failure, `retries` the number of repeated attempts. `outcome` is None for reads
    and for writes that Sentry answered. `is_repeatable` is False when repeating the operation does not
    help, or would apply a write twice.
    """

    outcome: WriteOutcome | None = None
    is_repeatable: bool = True
    error_id: str | None = None
    retries: int = 0

    def __init__(self, message: str, *, title: str = "", status: int | None = None) -> None:
        super().__init__(message)
        self.title = title
        self.status = status

    def set_outcome(self, outcome: WriteOutcome, *, is_repeatable: bool) -> None:
        """State what the failed write did at Sentry, in the message too."""
        message = str(self)
        if self.outcome is not None:
            message = message.removesuffix(f". {OUTCOME_SENTENCES[self.outcome]}")
        self.outcome = outcome
        self.is_repeatable = is_repeatable
        self.args = (f"{message}. {OUTCOME_SENTENCES[outcome]}",)


class ClientError(SentryError):
    """Sentry understood the request and refused it. `detail_code` is Sentry's own code when it sent one."""

    def __init__(
        self, message: str, *, title: str = "", status: int | None = None, detail_code: str | None = None
    ) -> None:
        super().__init__(message, title=title, status=status)
        self.detail_code = detail_code


class BadRequest(ClientError):
    """400. `fields` maps the name of a member at fault to Sentry's messages, empty when the refusal is general."""

    def __init__(
        self,
        message: str,
        *,
        title: str = "",
        status: int | None = 400,
        detail_code: str | None = None,
        fields: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        super().__init__(message, title=title, status=status, detail_code=detail_code)
        self.fields = dict(fields or {})


class InvalidParameter(BadRequest):
    """A parameter that cannot be sent to this endpoint; no call was made."""

    def __init__(self, message: str, *, title: str = "") -> None:
        super().__init__(message, title=title, status=None)


class Unauthorized(ClientError):
    """401: the token is missing, wrong, expired, or needs SSO."""


class Forbidden(ClientError):
    """403. `scopes` lists what the endpoint accepts, any of them."""

    def __init__(
        self,
        message: str,
        *,
        title: str = "",
        status: int | None = 403,
        detail_code: str | None = None,
        scopes: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, title=title, status=status, detail_code=detail_code)
        self.scopes = scopes


class OutOfReach(Forbidden):
    """This server restricts the caller to less than the credential may do; no call was made."""

    def __init__(self, message: str, *, title: str = "") -> None:
        super().__init__(message, title=title, status=None)


class NotFound(ClientError):
    """404: there is no such object, or none that this token may see."""


class Moved(ClientError):
    """302 with a body: the project or organization in the path has been renamed to `slug`."""

    def __init__(self, message: str, *, slug: str, title: str = "", status: int | None = 302) -> None:
        super().__init__(message, title=title, status=status)
        self.slug = slug


class Conflict(ClientError):
    """409: something of that name exists, or changed meanwhile."""


class FeatureUnavailable(ClientError):
    """The organization's plan, or this version of Sentry, does not have the feature."""


class MissingRoute(FeatureUnavailable):
    """404 without Sentry's own "does not exist": this server lacks the endpoint."""


class Gone(ClientError):
    """410: a deprecated operation in a brownout. `replacement` is the template of its successor, if named."""

    def __init__(
        self, message: str, *, title: str = "", status: int | None = 410, replacement: str | None = None
    ) -> None:
        super().__init__(message, title=title, status=status)
        self.replacement = replacement


class RateLimited(SentryError):
    """429, or a wait for a permit that would be too long. `retry_after` is in seconds from now.

    `headers` are those of Sentry's answer, with names in lower case.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        title: str = "",
        status: int | None = 429,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, title=title, status=status)
        self.retry_after = retry_after
        self.headers = dict(headers or {})


class Unavailable(SentryError):
    """5xx, an HTML page of a proxy, a refused or broken connection (then `status` is None)."""


class InternalError(Unavailable):
    """500 with an `errorId`: Sentry failed on this request, which says nothing about other requests."""


class CircuitOpen(Unavailable):
    """Not sent: this family of endpoints failed too often a moment ago."""


class UpstreamTimeout(SentryError):
    """Sentry accepted the request and did not answer in time."""


class DeadlineExceeded(SentryError):
    """The operation's own deadline passed."""


class BudgetExhausted(SentryError):
    """The operation asked for more upstream calls than it may make. `spender` is what has made most of them."""

    def __init__(self, limit: int, *, spender: str = "", calls: int = 0, cheaper: str = "") -> None:
        message = f"This operation used up its budget of {limit} calls to Sentry"
        if spender:
            message += f", {calls} of them for `{spender}`; request fewer rows"
        super().__init__(f"{message}, or {cheaper}" if cheaper else message)
        self.limit = limit
        self.spender = spender


class BadResponse(SentryError):
    """An answer that cannot be read: cut off, larger than allowed, or not JSON."""


class TruncatedResponse(BadResponse):
    """An answer that was cut off."""


class InvalidValue(BadResponse):
    """A value that does not have the form Sentry publishes. A record may hold it instead of the value."""


class HostNotAllowed(SentryError):
    """The token would have been sent to a host that is not in the configured list."""

    is_repeatable = False
