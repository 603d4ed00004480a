"""Who may do what at a server with given settings, for `dexter doctor`."""

from collections.abc import AsyncIterator, Iterator

from dexter_graphql.app import upstreams_of
from dexter_graphql.clock import Clock
from dexter_graphql.errors import DexterError
from dexter_graphql.server.identity.key_records import Key, KeySet
from dexter_graphql.server.identity.modes import issuer_keys, key_store
from dexter_graphql.settings import Settings
from dexter_graphql.settings.identity import Mode
from dexter_graphql.settings.jwt import NO_ACCESS

PROBE = "RS256"


async def report_access(settings: Settings, problems: list[str]) -> AsyncIterator[str]:
    """Yield a line for each kind of caller and each key; what does not work is added to `problems`."""
    if Mode.OPEN in settings.mode:
        access = "reads and writes" if settings.allow_writes else "reads"
        yield f"open: everybody on this machine {access} with the server's token"
    if Mode.PASSTHROUGH in settings.mode:
        yield "passthrough: each client does what its own Sentry token permits"
    try:
        if Mode.KEYS in settings.mode:
            for line in _key_lines(await _read_keys(settings)):
                yield line
        if Mode.JWT in settings.mode:
            for line in _token_lines(settings):
                yield line
            await _check_issuer(settings)
    except DexterError as error:
        problems.append(str(error))


def shown_reach(projects: tuple[str, ...] | None, *, documents_only: bool) -> str:
    """Describe which projects and documents a caller reaches."""
    shown = "all projects" if projects is None else " ".join(projects)
    return f"{shown}, stored documents only" if documents_only else shown


async def _read_keys(settings: Settings) -> KeySet:
    store = key_store(settings, Clock())
    try:
        return await store.read() or KeySet()
    finally:
        await store.close()


def _key_lines(keys: KeySet) -> Iterator[str]:
    active = [key for key in keys.keys if key.is_active(Clock().now())]
    if not active:
        yield "keys: there is no active key; create one with 'dexter keys create'"
    yield from map(_key_line, active)


def _key_line(key: Key) -> str:
    until = "does not expire" if key.expires_at is None else f"until {key.expires_at:%Y-%m-%d %H:%M} UTC"
    reach = shown_reach(key.projects, documents_only=key.documents_only)
    return f"key {key.id} ({key.name}): {key.access} in {reach}, {until}"


def _token_lines(settings: Settings) -> Iterator[str]:
    audience = " or ".join(settings.jwt_audience)
    yield f"jwt: tokens of {settings.jwt_issuer} for {audience}; the caller is {settings.jwt_subject_claim!r}"
    for word in settings.jwt_access:
        value, _, level = word.rpartition("=")
        yield f"jwt: {settings.jwt_access_claim!r} with {value!r} gives {level}"
    others = "all other callers" if settings.jwt_access else "all callers"
    refused = settings.jwt_default_access == NO_ACCESS
    yield f"jwt: {others} {'are refused' if refused else f'have {settings.jwt_default_access}'}"
    yield f"jwt: {_shown_projects(settings)}"


def _shown_projects(settings: Settings) -> str:
    if settings.jwt_projects_claim is None:
        return shown_reach(None, documents_only=settings.jwt_documents_only)
    shown = shown_reach(settings.jwt_projects or ("as named there",), documents_only=settings.jwt_documents_only)
    return f"projects by {settings.jwt_projects_claim!r}: {shown}"


async def _check_issuer(settings: Settings) -> None:
    """Raise IssuerUnavailable when the keys of the issuer cannot be had."""
    keys = issuer_keys(settings, Clock(), upstreams_of(settings, lambda _key: False))
    try:
        await keys.find(None, PROBE)
    finally:
        await keys.close()
