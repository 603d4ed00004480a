"""Heads of webhooks: what their headers say. A head that cannot be right is refused before the body is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

FRESH_S = 300.0
"""How far the time of a webhook may be from ours; Sentry sends within seconds."""
TIMESTAMP = re.compile(r"[0-9]{1,12}")
RESOURCE = re.compile(r"[a-z0-9_.-]{1,64}")
SIGNATURE = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class WebhookRejected:
    """Answer with this status; the message is safe to send to the client."""

    status: HTTPStatus
    message: str


UNSIGNED = WebhookRejected(HTTPStatus.UNAUTHORIZED, "The signature is missing or wrong")
STALE = WebhookRejected(HTTPStatus.UNAUTHORIZED, "The timestamp is missing, too old or in the future")
NO_RESOURCE = WebhookRejected(HTTPStatus.BAD_REQUEST, "The Sentry-Hook-Resource header is missing or malformed")


@dataclass(frozen=True, slots=True)
class WebhookHead:
    """Headers of a webhook. `signature` has the right form; whether it is that of the body is not known yet."""

    resource: str
    signature: str
    sent_at: datetime


def parse_head(headers: Mapping[str, str], now_s: float) -> WebhookHead | WebhookRejected:
    """The head in some headers, whose names may have any case; `now_s` is in seconds since the epoch."""
    named = {name.lower(): value for name, value in headers.items()}
    signature, sent_at = named.get("sentry-hook-signature", ""), named.get("sentry-hook-timestamp", "")
    resource = named.get("sentry-hook-resource", "")
    if not SIGNATURE.fullmatch(signature):
        return UNSIGNED
    if not TIMESTAMP.fullmatch(sent_at) or abs(now_s - int(sent_at)) > FRESH_S:
        return STALE
    if not RESOURCE.fullmatch(resource):
        return NO_RESOURCE
    return WebhookHead(resource, signature, datetime.fromtimestamp(int(sent_at), UTC))
