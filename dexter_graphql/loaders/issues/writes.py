"""Knows how issues are changed, one or many at once, and what became of each. Knows no GraphQL input.

One issue is one call, whose answer is the issue as it is now. Many are one call for each hundred, and one list to see
them afterwards, because Sentry silently leaves out the ids that it does not find. Sentry refuses a hundred for the sake
of one; what it may refuse depends on the project, so a refused hundred is tried again project by project.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dexter_graphql.loaders.base import LoadContext, chunks
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.keys import IssueKey
from dexter_graphql.loaders.issues.parameters import COLLAPSE_ALL, RETENTION, pushdown, with_id_parameters
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.errors import BadRequest, Conflict, NotFound, SentryError
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import Field, Projection, first_invalid, only_records

CHUNK = 100
"""Issues that one call changes; Sentry takes a thousand, addresses do not."""

WRITE_ENDPOINTS = (catalogue.UPDATE, catalogue.BULK_UPDATE, catalogue.LIST)
ID = Field("id", "id", int | str)
IDENTITY = Projection("Issue", "list", (ID,))
PLACE = Projection("Issue", "list", (ID, Field("project", "project", dict[str, object], is_required=True)))
ANNOUNCED_FIELDS = frozenset({"lifetime", "unhandled"})
"""What whoever hears of a change wants to know of the issue besides."""
REFERENCE_FIELDS = (*RETENTION, *COLLAPSE_ALL)

Write = Callable[[Sequence[IssueKey]], Awaitable[object]]


@dataclass(slots=True)
class UpdateResult:
    """What became of a write. `refused` and `absent` were not changed."""

    found: dict[IssueKey, bytes] = field(default_factory=dict)
    """Issues as they are now, as JSON."""
    refused: dict[IssueKey, SentryError] = field(default_factory=dict)
    absent: list[IssueKey] = field(default_factory=list)
    """Issues that Sentry does not have, or that this token may not see."""

    def changed(self) -> dict[IssueKey, bytes]:
        """Issues that were changed."""
        return {key: raw for key, raw in self.found.items() if key not in self.refused}


async def update_issues(keys: Sequence[IssueKey], body: Mapping[str, Any], load_context: LoadContext) -> UpdateResult:
    """Change issues alike. Raises what Sentry raised when it said neither yes nor no to any of them."""
    if len(keys) == 1:
        return await _update_one(keys[0], body, load_context)

    async def write(part: Sequence[IssueKey]) -> object:
        return await _bulk_write(part, body, load_context)

    written = UpdateResult(refused=await _refusals(keys, write, load_context))
    load_context.loaders.clear()
    return await _seen_after(keys, written, load_context)


async def look_at_issues(keys: Sequence[IssueKey], load_context: LoadContext) -> UpdateResult:
    """What a write would find, without writing."""
    return await _seen(keys, UpdateResult(), load_context)


async def delete_issues(keys: Sequence[IssueKey], load_context: LoadContext) -> UpdateResult:
    """Delete issues; `found` is what they were. Sentry deletes some time later and tells nothing of each."""
    written = await _seen(keys, UpdateResult(), load_context)

    async def write(part: Sequence[IssueKey]) -> object:
        organization = part[0].organization
        return await load_context.client.send(
            catalogue.BULK_DELETE,
            load_context.call_context,
            parents=Parents(organization),
            query=_ids(part),
            touches=_tags(part),
        )

    there = [key for key in keys if key in written.found]
    written.refused = await _refusals(there, write, load_context) if there else {}
    load_context.loaders.clear()
    return written


async def merge_issues(keys: Sequence[IssueKey], load_context: LoadContext) -> tuple[IssueKey, list[IssueKey]] | None:
    """Make one issue of several: the one that stays, and those that became part of it; None when none was found."""
    organization = keys[0].organization
    applied = msgspec.json.decode((await _bulk_write(keys, {"merge": 1}, load_context)).body or b"null")
    load_context.loaders.clear()
    merged = applied.get("merge") if isinstance(applied, dict) else None
    if not isinstance(merged, dict) or "parent" not in merged:
        return None
    children = [IssueKey(organization, str(child)) for child in merged.get("children") or ()]
    return IssueKey(organization, str(merged["parent"])), children


async def _update_one(key: IssueKey, body: Mapping[str, Any], load_context: LoadContext) -> UpdateResult:
    parents = Parents(key.organization, issue=key.id)
    try:
        reply = await load_context.client.send(
            catalogue.UPDATE,
            load_context.call_context,
            parents=parents,
            path={"issue": key.id},
            body=body,
            touches=_tags([key]),
        )
    except NotFound:
        return UpdateResult(absent=[key])
    except (BadRequest, Conflict) as refusal:
        written = await _seen([key], UpdateResult(refused={key: refusal}), load_context)
        return written if written.found else UpdateResult(absent=[key])
    load_context.loaders.clear()
    projection = load_context.all_on_type("Issue").projection("base")
    load_context.loaders.prime(
        issues_by_id, key, load_context.client.records.decode_one(reply.body, projection, (), parents)
    )
    return UpdateResult(found={key: reply.body})


async def _bulk_write(keys: Sequence[IssueKey], body: Mapping[str, Any], load_context: LoadContext) -> Any:
    return await load_context.client.send(
        catalogue.BULK_UPDATE,
        load_context.call_context,
        parents=Parents(keys[0].organization),
        query=_ids(keys),
        body=body,
        touches=_tags(keys),
    )


async def _refusals(keys: Sequence[IssueKey], write: Write, load_context: LoadContext) -> dict[IssueKey, SentryError]:
    """Write by organization and hundred, and tell which issues were left alone, and why."""
    refused: dict[IssueKey, SentryError] = {}
    for organization in dict.fromkeys(key.organization for key in keys):
        for part in chunks([key for key in keys if key.organization == organization], CHUNK):
            refused |= await _refusals_of(part, write, load_context)
    failures = [error for error in refused.values() if not isinstance(error, (BadRequest, Conflict))]
    if failures and len(failures) == len(keys):
        raise failures[0]
    return refused


async def _refusals_of(
    keys: Sequence[IssueKey], write: Write, load_context: LoadContext
) -> dict[IssueKey, SentryError]:
    refusal = await _try_write(keys, write)
    if refusal is None:
        return {}
    if not isinstance(refusal, BadRequest):
        return dict.fromkeys(keys, refusal)
    parts = await _by_project(keys, load_context)
    if len(parts) <= 1:
        return dict.fromkeys(keys, refusal)
    refused: dict[IssueKey, SentryError] = {}
    for part in parts:
        if (again := await _try_write(part, write)) is not None:
            refused |= dict.fromkeys(part, again)
    return refused


async def _try_write(keys: Sequence[IssueKey], write: Write) -> SentryError | None:
    try:
        await write(keys)
    except SentryError as error:
        return error
    return None


async def _by_project(keys: Sequence[IssueKey], load_context: LoadContext) -> list[list[IssueKey]]:
    """The issues that Sentry has, apart by project; none when it cannot tell."""
    parents = Parents(keys[0].organization)
    try:
        rows = await with_id_parameters(
            keys,
            lambda those: load_context.client.get_page(
                catalogue.LIST,
                load_context.call_context,
                PLACE,
                parents=parents,
                query=(*REFERENCE_FIELDS, *those),
                size=len(keys),
            ),
            load_context,
        )
    except SentryError:
        return []
    parts: dict[str, list[IssueKey]] = {}
    for row in only_records(rows.rows):
        if not first_invalid(row, "id", "project"):
            parts.setdefault(str(row.project.get("id")), []).append(IssueKey(keys[0].organization, str(row.id)))
    return list(parts.values())


async def _seen_after(keys: Sequence[IssueKey], written: UpdateResult, load_context: LoadContext) -> UpdateResult:
    """Look at what was written. The write is done: that it cannot be seen is no failure of it."""
    try:
        return await _seen(keys, written, load_context)
    except SentryError:
        written.found |= dict.fromkeys(keys, b"")
        return written


async def _seen(keys: Sequence[IssueKey], written: UpdateResult, load_context: LoadContext) -> UpdateResult:
    """Add to `written` the issues as they are now, and those that are not there; the graph knows them from here."""
    for organization in dict.fromkeys(key.organization for key in keys):
        for part in chunks([key for key in keys if key.organization == organization], CHUNK):
            await _look(part, written, load_context)
    written.absent = [key for key in keys if key not in written.found]
    for key in written.absent:
        written.refused.pop(key, None)
    return written


async def _look(keys: Sequence[IssueKey], written: UpdateResult, load_context: LoadContext) -> None:
    wanted, parents = load_context.all_on_type("Issue"), Parents(keys[0].organization)
    projection = wanted.merge_projections(wanted.projection("list"), IDENTITY)
    query = (*pushdown(projection, keep=ANNOUNCED_FIELDS), *RETENTION, ("limit", str(len(keys))))

    async def listed(those: QueryParameters) -> bytes:
        return (
            await load_context.client.send(
                catalogue.LIST, load_context.call_context, parents=parents, query=(*query, *those)
            )
        ).body

    _take(written, await with_id_parameters(keys, listed, load_context), projection, parents, load_context)


def _take(
    written: UpdateResult, body: bytes, projection: Projection, parents: Parents, load_context: LoadContext
) -> None:
    rows = load_context.client.records.decode_list(body, projection, (), parents)
    for row, raw in zip(rows, msgspec.json.decode(body, type=list[msgspec.Raw]), strict=True):
        number = getattr(row, "id", None)
        if isinstance(number, (int, str)):
            key = IssueKey(parents.organization, str(number))
            written.found[key] = bytes(raw)
            load_context.loaders.prime(issues_by_id, key, row)


def _ids(keys: Sequence[IssueKey]) -> tuple[tuple[str, str], ...]:
    return tuple(("id", key.id) for key in keys)


def _tags(keys: Sequence[IssueKey]) -> tuple[str, ...]:
    return tuple(f"issue/{key.id}" for key in keys)
