"""Writes to issues, one or many at once, with the result for each issue.

A single issue is written by its own endpoint, which returns the issue. Several are looked up first and then written 100
per call, because the bulk endpoint ignores unknown IDs, and some releases fall back to a search when they know none of
them. Its response contains only the changed members; the issues follow from the lookup and that response.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import msgspec

from dexter_graphql.loaders.base import CHUNK_SIZE, LoadContext, chunks
from dexter_graphql.loaders.issues.bulk_writes import (
    DELETE_ENDPOINTS,
    UPDATE_ENDPOINTS,
    issue_tags,
    send_bulk_write,
    write_in_chunks,
    write_together,
)
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.ignored_members import ignored_members
from dexter_graphql.loaders.issues.keys import IssueKey, issue_parents
from dexter_graphql.loaders.issues.parameters import RETENTION, pushdown, with_id_parameters
from dexter_graphql.loaders.parameters import QueryParameters
from dexter_graphql.sentry.call import Reply
from dexter_graphql.sentry.catalogue import issues as catalogue
from dexter_graphql.sentry.endpoint import Lifetime
from dexter_graphql.sentry.errors import BadRequest, Conflict, NotFound, SentryError
from dexter_graphql.sentry.lenient import UNREADABLE
from dexter_graphql.sentry.parents import Parents
from dexter_graphql.sentry.projection import Field, Projection

WRITE_ENDPOINTS = (catalogue.UPDATE, *UPDATE_ENDPOINTS, catalogue.LIST)
DELETION_ENDPOINTS = (catalogue.DELETE, *DELETE_ENDPOINTS, catalogue.LIST)
UNCACHED_LIST = replace(catalogue.LIST, lifetime=Lifetime.NEVER)
"""A cached list could contain issues that no longer exist."""
LIST_ID = Projection("Issue", "list", (Field("id", "id", int | str),))
ANNOUNCED_VALUES = frozenset({"lifetime", "unhandled"})
"""Values of COLLAPSIBLE that subscribers to changes need."""
DEFAULT_SUBSTATUS: Mapping[str, str | None] = MappingProxyType({"resolved": None, "unresolved": "ongoing"})
"""Status → substatus that Sentry sets with it."""

SUBSCRIBING = frozenset({"assignedTo", "isBookmarked", "status"})
"""Members of an update that subscribe users to the issue, of which Sentry's response says nothing."""


class _Project(msgspec.Struct, frozen=True, gc=False):
    id: int | str = ""


class _ProjectMember(msgspec.Struct, frozen=True, gc=False):
    project: _Project = _Project()


@dataclass(slots=True)
class UpdateResult:
    """Result of a write. Issues in `refused` and `absent` were not changed."""

    issues: dict[IssueKey, bytes] = field(default_factory=dict)
    """JSON of the issues after the write."""
    refused: dict[IssueKey, SentryError] = field(default_factory=dict)
    absent: list[IssueKey] = field(default_factory=list)
    """Issues that do not exist or are not visible to the token."""
    ignored: dict[IssueKey, frozenset[str]] = field(default_factory=dict)
    """Members of the body without effect, of issues that were not refused."""
    unchanged: set[IssueKey] = field(default_factory=set)
    """Issues on which no member of the body had an effect."""

    def changed(self) -> dict[IssueKey, bytes]:
        """JSON of the issues that were changed."""
        return {key: issue for key, issue in self.issues.items() if key not in {*self.refused, *self.unchanged}}


async def look_up_issues(keys: Sequence[IssueKey], load_context: LoadContext) -> UpdateResult:
    """The issues as they are, past the cache, without a write."""
    result = UpdateResult()
    for organization in dict.fromkeys(key.organization for key in keys):
        for chunk in chunks([key for key in keys if key.organization == organization], CHUNK_SIZE):
            result.issues |= await _look_up_chunk(chunk, load_context)
    result.absent = [key for key in keys if key not in result.issues]
    _prime(result.issues, load_context)
    return result


async def update_issues(keys: Sequence[IssueKey], body: Mapping[str, Any], load_context: LoadContext) -> UpdateResult:
    """Apply a change to issues. When every call failed for reasons unrelated to the issues, the failure is raised."""
    result = await (_update_one if len(keys) == 1 else _update_many)(keys, body, load_context)
    result.ignored = {key: names for key, issue in result.changed().items() if (names := ignored_members(body, issue))}
    result.unchanged = {key for key, names in result.ignored.items() if names == body.keys()}
    return result


async def delete_issues(keys: Sequence[IssueKey], load_context: LoadContext) -> UpdateResult:
    """Delete issues. Sentry deletes asynchronously; the result contains the issues as they were."""
    result = await look_up_issues(keys, load_context)
    if len(keys) == 1 and result.issues:
        await _delete_one(keys[0], result, load_context)
    else:

        async def write(chunk: Sequence[IssueKey], project: str | None) -> None:
            await send_bulk_write(DELETE_ENDPOINTS, chunk, project, load_context)

        result.refused = await write_in_chunks(_projects(result), write)
    load_context.loaders.clear()
    return result


async def merge_issues(existing: UpdateResult, load_context: LoadContext) -> tuple[IssueKey, list[IssueKey]] | None:
    """Merge issues that were looked up: the one that remains and those merged into it; None when all of them are gone.

    All are of one organization.
    """
    organization = next(iter(existing.issues)).organization
    applied = _applied(await write_together(UPDATE_ENDPOINTS, _projects(existing), {"merge": 1}, load_context))
    load_context.loaders.clear()
    merged = applied.get("merge")
    if not isinstance(merged, dict) or "parent" not in merged:
        return None
    children = [IssueKey(organization, str(child)) for child in merged.get("children") or ()]
    return IssueKey(organization, str(merged["parent"])), children


async def _update_many(keys: Sequence[IssueKey], body: Mapping[str, Any], load_context: LoadContext) -> UpdateResult:
    result = await look_up_issues(keys, load_context)

    async def write(chunk: Sequence[IssueKey], project: str | None) -> None:
        reply = await send_bulk_write(UPDATE_ENDPOINTS, chunk, project, load_context, body=body)
        _apply_changes(result, chunk, body, reply)
        if project is not None:
            await _read_again(result, chunk, load_context)

    result.refused = await write_in_chunks(_projects(result), write)
    load_context.loaders.clear()
    if SUBSCRIBING.isdisjoint(body) or "isSubscribed" not in load_context.all_on_type("Issue").reads("list"):
        _prime(result.issues, load_context)
    return result


async def _update_one(keys: Sequence[IssueKey], body: Mapping[str, Any], load_context: LoadContext) -> UpdateResult:
    [key] = keys
    parents, path = issue_parents(key), {"issue": key.id}
    try:
        reply = await load_context.send(catalogue.UPDATE, parents, path=path, body=body, touches=issue_tags([key]))
    except NotFound:
        return UpdateResult(absent=[key])
    except (BadRequest, Conflict) as refusal:
        result = await look_up_issues([key], load_context)
        result.refused = dict.fromkeys(result.issues, refusal)
        return result
    load_context.loaders.clear()
    projection = load_context.all_on_type("Issue").projection("base")
    issue = load_context.client.records.decode_one(reply.body, projection, (), parents)
    load_context.loaders.prime(issues_by_id, key, issue)
    return UpdateResult(issues={key: reply.body})


async def _delete_one(key: IssueKey, result: UpdateResult, load_context: LoadContext) -> None:
    parents, path = issue_parents(key), {"issue": key.id}
    try:
        await load_context.send(catalogue.DELETE, parents, path=path, touches=issue_tags([key]))
    except NotFound:
        result.issues, result.absent = {}, [key]
    except (BadRequest, Conflict) as refusal:
        result.refused = {key: refusal}


async def _read_again(result: UpdateResult, keys: Sequence[IssueKey], load_context: LoadContext) -> None:
    """Replace the issues by what they are now: the answer of a project's endpoint lacks most of the changes."""
    existing = [key for key in keys if key in result.issues]
    # The issues were written, so that a failure of this lookup is not one of the write.
    with suppress(SentryError):
        result.issues |= await _look_up_chunk(existing, load_context) if existing else {}


async def _look_up_chunk(keys: Sequence[IssueKey], load_context: LoadContext) -> dict[IssueKey, bytes]:
    parents = Parents(keys[0].organization)
    query = (
        *pushdown(_projection(load_context), keep=ANNOUNCED_VALUES),
        *RETENTION,
        ("limit", str(len(keys))),
    )

    async def fetch(ids: QueryParameters) -> bytes:
        return (await load_context.send(UNCACHED_LIST, parents, query=(*query, *ids))).body

    body = await with_id_parameters(keys, fetch, load_context)
    rows = load_context.client.records.decode_list(body, LIST_ID, (), parents)
    issues = {}
    for row, issue in zip(rows, msgspec.json.decode(body, type=list[msgspec.Raw]), strict=True):
        issue_id = getattr(row, "id", None)
        if isinstance(issue_id, (int, str)):
            issues[IssueKey(parents.organization, str(issue_id))] = bytes(issue)
    return {key: issues[key] for key in keys if key in issues}


def _apply_changes(result: UpdateResult, keys: Sequence[IssueKey], body: Mapping[str, Any], reply: Reply) -> None:
    """Overlay the issues with the changed members; issues that Sentry no longer found are absent."""
    if not reply.body:
        result.absent += keys
        for key in keys:
            del result.issues[key]
        return
    applied = _applied(reply)
    for key in keys:
        members = msgspec.json.decode(result.issues[key], type=dict[str, Any])
        result.issues[key] = msgspec.json.encode(members | _implied(body, members) | applied)


def _implied(body: Mapping[str, Any], members: Mapping[str, Any]) -> dict[str, Any]:
    """Members that change with the status, for releases that do not include them in the response."""
    if "status" not in body:
        return {}
    substatus = body.get("substatus", DEFAULT_SUBSTATUS.get(body["status"]))
    return {"statusDetails": {}} | ({"substatus": substatus} if "substatus" in members else {})


def _applied(reply: Reply) -> dict[str, Any]:
    """The changed members in the response of a bulk write."""
    try:
        return msgspec.json.decode(reply.body, type=dict[str, Any])
    except UNREADABLE:
        return {}


def _prime(issues: Mapping[IssueKey, bytes], load_context: LoadContext) -> None:
    """Make the issues the results of lookups by ID in the rest of the operation."""
    projection, decode = _projection(load_context), load_context.client.records.decode_one
    for key, issue in issues.items():
        record = decode(issue, projection, (), Parents(key.organization))
        load_context.loaders.prime(issues_by_id, key, record)


def _projection(load_context: LoadContext) -> Projection:
    """Everything that the operation selects on issues."""
    issues = load_context.all_on_type("Issue")
    return issues.merge_projections(issues.projection("list"), LIST_ID)


def _projects(result: UpdateResult) -> dict[IssueKey, str]:
    """The ID of the project of each issue."""
    return {key: _project_id(issue) for key, issue in result.issues.items()}


def _project_id(issue: bytes) -> str:
    try:
        return str(msgspec.json.decode(issue, type=_ProjectMember).project.id)
    except UNREADABLE:
        return ""
