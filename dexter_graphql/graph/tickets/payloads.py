"""Payloads of the mutations of tickets."""

from dataclasses import dataclass, field
from types import MappingProxyType

import strawberry

from dexter_graphql.graph.common.user_errors import MutationError, UserError
from dexter_graphql.graph.declarations.fields import batch, computed, value_type
from dexter_graphql.graph.issues.details import ExternalIssue
from dexter_graphql.graph.lazy_types import IssueType
from dexter_graphql.loaders.issues.details import issues_by_id
from dexter_graphql.loaders.issues.external_issues import external_issues_by_id
from dexter_graphql.loaders.issues.keys import ExternalIssueKey, IssueKey

FIELD_PATHS = MappingProxyType(
    {
        "title": ("title",),
        "description": ("description",),
        "externalIssue": ("key",),
        "issueId": ("issue",),
        "groupId": ("issue",),
        "webUrl": ("webUrl",),
        "project": ("projectName",),
        "identifier": ("identifier",),
        "action": ("action",),
        "uri": ("uri",),
    }
)
"""Member of a request body → path in the input."""


@dataclass(frozen=True, slots=True)
class TicketResult:
    """Result of a mutation: the link, or the ID of the removed one."""

    issue: IssueKey | None = None
    link: ExternalIssueKey | None = None
    deleted_id: str | None = None
    refusals: list[MutationError] = field(default_factory=list)


def refuse(_input: object, mistakes: list[MutationError]) -> TicketResult:
    """The payload of a mutation that changed nothing."""
    return TicketResult(refusals=mistakes)


@value_type
class TicketPayload:
    """Common fields of the payloads of tickets."""

    issue: IssueType | None = batch(
        issues_by_id, key=lambda result: result.issue, reads={}, description="Issue of the link."
    )

    @computed()
    def user_errors(result: TicketResult) -> list[UserError]:
        """Reasons why nothing was changed; empty on success."""
        return result.refusals


@value_type
class LinkedPayload(TicketPayload):
    """Common fields of the payloads with a link."""

    external_issue: ExternalIssue | None = batch(
        external_issues_by_id,
        key=lambda result: result.link,
        reads={},
        description="The link, read from the issue. One call.",
    )


@value_type
class UnlinkedPayload(TicketPayload):
    """Common fields of the payloads of a removed link."""

    @computed()
    def deleted_id(result: TicketResult) -> strawberry.ID | None:
        """Global ID of the removed link; null when the removal was refused."""
        return None if result.deleted_id is None else strawberry.ID(result.deleted_id)


@value_type
class CreateExternalIssuePayload(LinkedPayload):
    """Result of `createExternalIssue`."""


@value_type
class LinkExternalIssuePayload(LinkedPayload):
    """Result of `linkExternalIssue`."""


@value_type
class SetAppExternalIssuePayload(LinkedPayload):
    """Result of `setAppExternalIssue`."""


@value_type
class ExecuteAppIssueActionPayload(LinkedPayload):
    """Result of `executeAppIssueAction`."""


@value_type
class UnlinkExternalIssuePayload(UnlinkedPayload):
    """Result of `unlinkExternalIssue`."""


@value_type
class DeleteAppExternalIssuePayload(UnlinkedPayload):
    """Result of `deleteAppExternalIssue`."""
