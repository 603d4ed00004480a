"""Knows how issues are changed, one or many at once, and what became of each. Knows no GraphQL input.

One issue is one call, whose answer is the issue as it is now. Many are one call for each hundred, and one list to see
them afterwards, because Sentry silently leaves out the ids that it does not find. Sentry refuses a hundred for the sake
of one; what it may refuse depends on the project, so a refused hundred is tried again project by project.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dexter_graphql.loaders.base import Lookup, chunks
from dexter_graphql.loaders.issues import (
    COLLAPSIBLE,
    RETENTION,
    IssueKey,
    Query,
    by_group_or_search,
    issues_by_id,
    pushdown,
)
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import BadRequest, Conflict, NotFound, SentryError
from dexter_graphql.sentry.scope import Scope
from dexter_graphql.sentry.shape import Member, Shape, misfit_in, records

CHUNK = 100
"""Issues that one call changes; Sentry takes a thousand, addresses do not."""

USES = (catalogue.UPDATE, catalogue.BULK_UPDATE, catalogue.LIST)
ID = Member("id", "id", int | str)
IDENTITY = Shape("Issue", "list", (ID,))
PLACE = Shape("Issue", "list", (ID, Member("project", "project", dict[str, object], is_required=True)))
TOLD = frozenset({"lifetime", "unhandled"})
"""What whoever hears of a change wants to know of the issue besides."""
LIGHT = (*RETENTION, *(("collapse", value) for value in COLLAPSIBLE))

Write = Callable[[Sequence[IssueKey]], Awaitable[object]]


@dataclass(slots=True)
class Written:
    """What became of a write. `refused` and `absent` were not changed."""

    found: dict[IssueKey, bytes] = field(default_factory=dict)
    """Issues as they are now, as JSON."""
    refused: dict[IssueKey, SentryError] = field(default_factory=dict)
    absent: list[IssueKey] = field(default_factory=list)
    """Issues that Sentry does not have, or that this token may not see."""

    def changed(self) -> dict[IssueKey, bytes]:
        """Issues that were changed."""
        return {key: raw for key, raw in self.found.items() if key not in self.refused}


async def update_issues(keys: Sequence[IssueKey], body: Mapping[str, Any], lookup: Lookup) -> Written:
    """Change issues alike. Raises what Sentry raised when it said neither yes nor no to any of them."""
    if len(keys) == 1:
        return await _update_one(keys[0], body, lookup)

    async def write(part: Sequence[IssueKey]) -> object:
        return await _bulk_write(part, body, lookup)

    written = Written(refused=await _refusals(keys, write, lookup))
    lookup.batches.forget()
    return await _seen_after(keys, written, lookup)


async def look_at_issues(keys: Sequence[IssueKey], lookup: Lookup) -> Written:
    """What a write would find, without writing."""
    return await _seen(keys, Written(), lookup)


async def delete_issues(keys: Sequence[IssueKey], lookup: Lookup) -> Written:
    """Delete issues; `found` is what they were. Sentry deletes some time later and tells nothing of each."""
    written = await _seen(keys, Written(), lookup)

    async def write(part: Sequence[IssueKey]) -> object:
        organization = part[0].organization
        return await lookup.client.reply(
            catalogue.BULK_DELETE, lookup.ticket, scope=Scope(organization), query=_ids(part), touches=_tags(part)
        )

    there = [key for key in keys if key in written.found]
    written.refused = await _refusals(there, write, lookup) if there else {}
    lookup.batches.forget()
    return written


async def merge_issues(keys: Sequence[IssueKey], lookup: Lookup) -> tuple[IssueKey, list[IssueKey]] | None:
    """Make one issue of several: the one that stays, and those that became part of it; None when none was found."""
    organization = keys[0].organization
    applied = msgspec.json.decode((await _bulk_write(keys, {"merge": 1}, lookup)).body or b"null")
    lookup.batches.forget()
    merged = applied.get("merge") if isinstance(applied, dict) else None
    if not isinstance(merged, dict) or "parent" not in merged:
        return None
    children = [IssueKey(organization, str(child)) for child in merged.get("children") or ()]
    return IssueKey(organization, str(merged["parent"])), children


async def _update_one(key: IssueKey, body: Mapping[str, Any], lookup: Lookup) -> Written:
    scope = Scope(key.organization, issue=key.id)
    try:
        reply = await lookup.client.reply(
            catalogue.UPDATE, lookup.ticket, scope=scope, path={"issue": key.id}, body=body, touches=_tags([key])
        )
    except NotFound:
        return Written(absent=[key])
    except (BadRequest, Conflict) as refusal:
        written = await _seen([key], Written(refused={key: refusal}), lookup)
        return written if written.found else Written(absent=[key])
    lookup.batches.forget()
    shape = lookup.everywhere("Issue").shape("base")
    lookup.batches.know(issues_by_id, key, lookup.client.records.decode_one(reply.body, shape, (), scope))
    return Written(found={key: reply.body})


async def _bulk_write(keys: Sequence[IssueKey], body: Mapping[str, Any], lookup: Lookup) -> Any:
    return await lookup.client.reply(
        catalogue.BULK_UPDATE,
        lookup.ticket,
        scope=Scope(keys[0].organization),
        query=_ids(keys),
        body=body,
        touches=_tags(keys),
    )


async def _refusals(keys: Sequence[IssueKey], write: Write, lookup: Lookup) -> dict[IssueKey, SentryError]:
    """Write by organization and hundred, and tell which issues were left alone, and why."""
    refused: dict[IssueKey, SentryError] = {}
    for organization in dict.fromkeys(key.organization for key in keys):
        for part in chunks([key for key in keys if key.organization == organization], CHUNK):
            refused |= await _refusals_of(part, write, lookup)
    failures = [error for error in refused.values() if not isinstance(error, (BadRequest, Conflict))]
    if failures and len(failures) == len(keys):
        raise failures[0]
    return refused


async def _refusals_of(keys: Sequence[IssueKey], write: Write, lookup: Lookup) -> dict[IssueKey, SentryError]:
    refusal = await _tried(keys, write)
    if refusal is None:
        return {}
    if not isinstance(refusal, BadRequest):
        return dict.fromkeys(keys, refusal)
    parts = await _by_project(keys, lookup)
    if len(parts) <= 1:
        return dict.fromkeys(keys, refusal)
    refused: dict[IssueKey, SentryError] = {}
    for part in parts:
        if (again := await _tried(part, write)) is not None:
            refused |= dict.fromkeys(part, again)
    return refused


async def _tried(keys: Sequence[IssueKey], write: Write) -> SentryError | None:
    try:
        await write(keys)
    except SentryError as error:
        return error
    return None


async def _by_project(keys: Sequence[IssueKey], lookup: Lookup) -> list[list[IssueKey]]:
    """The issues that Sentry has, apart by project; none when it cannot tell."""
    scope = Scope(keys[0].organization)
    try:
        rows = await by_group_or_search(
            keys,
            lambda those: lookup.client.page(
                catalogue.LIST, lookup.ticket, PLACE, scope=scope, query=(*LIGHT, *those), size=len(keys)
            ),
            lookup,
        )
    except SentryError:
        return []
    parts: dict[str, list[IssueKey]] = {}
    for row in records(rows.rows):
        if not misfit_in(row, "id", "project"):
            parts.setdefault(str(row.project.get("id")), []).append(IssueKey(keys[0].organization, str(row.id)))
    return list(parts.values())


async def _seen_after(keys: Sequence[IssueKey], written: Written, lookup: Lookup) -> Written:
    """Look at what was written. The write is done: that it cannot be seen is no failure of it."""
    try:
        return await _seen(keys, written, lookup)
    except SentryError:
        written.found |= dict.fromkeys(keys, b"")
        return written


async def _seen(keys: Sequence[IssueKey], written: Written, lookup: Lookup) -> Written:
    """Add to `written` the issues as they are now, and those that are not there; the graph knows them from here."""
    for organization in dict.fromkeys(key.organization for key in keys):
        for part in chunks([key for key in keys if key.organization == organization], CHUNK):
            await _look(part, written, lookup)
    written.absent = [key for key in keys if key not in written.found]
    for key in written.absent:
        written.refused.pop(key, None)
    return written


async def _look(keys: Sequence[IssueKey], written: Written, lookup: Lookup) -> None:
    wanted, scope = lookup.everywhere("Issue"), Scope(keys[0].organization)
    shape = wanted.merged(wanted.shape("list"), IDENTITY)
    query = (*pushdown(shape, keep=TOLD), *RETENTION, ("limit", str(len(keys))))

    async def listed(those: Query) -> bytes:
        return (await lookup.client.reply(catalogue.LIST, lookup.ticket, scope=scope, query=(*query, *those))).body

    _take(written, await by_group_or_search(keys, listed, lookup), shape, scope, lookup)


def _take(written: Written, body: bytes, shape: Shape, scope: Scope, lookup: Lookup) -> None:
    rows = lookup.client.records.decode_list(body, shape, (), scope)
    for row, raw in zip(rows, msgspec.json.decode(body, type=list[msgspec.Raw]), strict=True):
        number = getattr(row, "id", None)
        if isinstance(number, (int, str)):
            key = IssueKey(scope.organization, str(number))
            written.found[key] = bytes(raw)
            lookup.batches.know(issues_by_id, key, row)


def _ids(keys: Sequence[IssueKey]) -> tuple[tuple[str, str], ...]:
    return tuple(("id", key.id) for key in keys)


def _tags(keys: Sequence[IssueKey]) -> tuple[str, ...]:
    return tuple(f"issue/{key.id}" for key in keys)
