"""The control API under `/_sandbox/`: request log, faults, webhooks, changes and tokens. Not part of Sentry."""

from dataclasses import asdict, astuple
from typing import TYPE_CHECKING

import msgspec

from dexter_graphql.sandbox.faults import FAULT_KINDS, Fault
from dexter_graphql.sandbox.http import Response

if TYPE_CHECKING:
    from dexter_graphql.sandbox.app import Sandbox

MAX_TOKENS = 1_000


class WebhookSettings(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """Settings of the webhook sender; those that are absent stay as they are."""

    organization: str = "acme"
    urls: tuple[str, ...] | None = None
    lanes: int | None = None
    is_cut: bool | None = None


class ChangeRate(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    """How many issues to open, and how many of them per second; null for as fast as their webhooks are sent."""

    changes: int
    per_second: float | None = None


class TokenCount(msgspec.Struct, forbid_unknown_fields=True):
    """How many tokens to issue."""

    tokens: int


def handle_control_request(sandbox: "Sandbox", method: str, path: str, raw: bytes) -> Response:
    """Serve a control request.

    GET `requests`; POST `requests/reset`; GET, POST and DELETE `faults`; GET and POST `webhooks`; GET
    `webhooks/outcomes`; POST `webhooks/reset`, `changes` and `tokens`. POST takes the fields of a `Fault`,
    `WebhookSettings`, `ChangeRate` and `TokenCount`.
    """
    try:
        return _serve(sandbox, method, path.removeprefix("/_sandbox/").strip("/"), raw)
    except (msgspec.DecodeError, ValueError) as error:
        return Response({"detail": str(error)}, 400)


def _serve(sandbox: "Sandbox", method: str, name: str, raw: bytes) -> Response:  # noqa: PLR0911  # one per request
    match method, name:
        case "GET", "requests":
            return Response([asdict(logged) for logged in sandbox.requests])
        case "POST", "requests/reset":
            sandbox.requests.clear()
            return Response(None, 204)
        case _, "faults":
            return _serve_faults(sandbox, method, raw)
        case _, "webhooks" | "webhooks/outcomes" | "webhooks/reset":
            return _serve_webhooks(sandbox, method, name, raw)
        case "POST", "changes":
            rate = msgspec.json.decode(raw, type=ChangeRate)
            sandbox.burst.start(rate.changes, rate.per_second)
            return Response(None, 204)
        case "POST", "tokens":
            number = min(msgspec.json.decode(raw, type=TokenCount).tokens, MAX_TOKENS)
            return Response([token.text for token in sandbox.world.tokens.issue(number)], 201)
    return _unknown()


def _serve_webhooks(sandbox: "Sandbox", method: str, name: str, raw: bytes) -> Response:
    match method, name:
        case "GET", "webhooks":
            return _webhook_state(sandbox)
        case "GET", "webhooks/outcomes":
            return Response([astuple(sent) for sent in sandbox.webhooks.outcomes])
        case "POST", "webhooks/reset":
            sandbox.webhooks.reset()
            return Response(None, 204)
        case "POST", "webhooks":
            _set_webhooks(sandbox, msgspec.json.decode(raw, type=WebhookSettings))
            return _webhook_state(sandbox)
    return _unknown()


def _webhook_state(sandbox: "Sandbox") -> Response:
    """Settings and counts. `remaining` counts the changes that are still to be made."""
    webhooks = sandbox.webhooks
    return Response(
        {
            "urls": {
                organization.slug: webhooks.urls(organization.slug) for organization in sandbox.world.organizations
            },
            "lanes": webhooks.lanes,
            "isCut": webhooks.is_cut,
            "queued": webhooks.queued,
            "remaining": sandbox.burst.remaining,
            "outcomes": dict(webhooks.counts),
        }
    )


def _set_webhooks(sandbox: "Sandbox", settings: WebhookSettings) -> None:
    if sandbox.world.find_organization(settings.organization) is None:
        raise ValueError(f"no organization {settings.organization!r}")
    if settings.urls is not None:
        sandbox.webhooks.set_urls(settings.urls, settings.organization)
    if settings.lanes is not None:
        sandbox.webhooks.add_lanes(settings.lanes)
    if settings.is_cut is not None:
        sandbox.webhooks.is_cut = settings.is_cut


def _serve_faults(sandbox: "Sandbox", method: str, raw: bytes) -> Response:
    match method:
        case "GET":
            return Response([{"id": number} | asdict(fault) for number, fault in sandbox.faults.active().items()])
        case "POST":
            return _add_fault(sandbox, raw)
        case "DELETE":
            sandbox.faults.clear()
            return Response(None, 204)
    return _unknown()


def _add_fault(sandbox: "Sandbox", raw: bytes) -> Response:
    try:
        fault = msgspec.json.decode(raw, type=Fault)
        number = sandbox.faults.add(fault)
    except (msgspec.DecodeError, ValueError) as error:
        return Response({"detail": str(error), "kinds": list(FAULT_KINDS)}, 400)
    return Response({"id": number}, 201)


def _unknown() -> Response:
    return Response({"detail": "Unknown control endpoint."}, 404)
