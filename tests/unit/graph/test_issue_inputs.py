"""What clients say to change issues, in Sentry's words."""

import pytest
import strawberry

from dexter_graphql.errors import BadUserInput
from dexter_graphql.graph.common.user_errors import MutationError, UserErrorCode, user_errors_for
from dexter_graphql.graph.issues.enums import IssuePriority
from dexter_graphql.graph.issues.update_inputs import (
    MAX_COUNT,
    MAX_DURATION_S,
    MAX_WINDOW_S,
    ArchiveThreshold,
    ArchiveUntil,
    AssigneeInput,
    ResolutionInput,
    archive_body,
    assignee_body,
    flags_body,
    priority_body,
    resolution_body,
    status_fields,
)
from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.graph.relay.references import (
    ReleaseReference,
    TeamReference,
    UserReference,
)
from dexter_graphql.sentry.errors import BadRequest, Conflict, Forbidden
from dexter_graphql.sentry.parents import OrganizationRef

ACME, GLOBEX = OrganizationRef("1", "acme"), OrganizationRef("2", "globex")
ESCALATING = {"status": "ignored", "substatus": "archived_until_escalating", "statusDetails": {}}
CONDITION = {"status": "ignored", "substatus": "archived_until_condition_met"}


@pytest.mark.parametrize(
    ("given", "details"),
    [
        (None, {}),
        (ResolutionInput(now=True), {}),
        (ResolutionInput(next_release=True), {"inNextRelease": True}),
        (ResolutionInput(release=ReleaseReference(latest=True)), {"inRelease": "latest"}),
        (ResolutionInput(release=ReleaseReference(version="1.0")), {"inRelease": "1.0"}),
        (ResolutionInput(release=ReleaseReference(id=encode_id("Release", "1", "1.0"))), {"inRelease": "1.0"}),
    ],
)
async def test_resolutions(given, details):
    """Each resolution is one detail of the status; none, and now, are no detail."""
    assert await resolution_body(given, [ACME], None) == {"status": "resolved", "statusDetails": details}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (ResolutionInput(now=False), ()),
        (ResolutionInput(next_release=False), ()),
        (ResolutionInput(release=ReleaseReference(latest=False)), ("release", "latest")),
        (ResolutionInput(release=ReleaseReference(id=encode_id("Issue", "1", "7"))), ("release", "id")),
        (ResolutionInput(release=ReleaseReference(id=encode_id("Release", "2", "1.0"))), ("release", "id")),
    ],
)
async def test_resolutions_that_say_no(given, field):
    """A resolution that is false means nothing, so it is a mistake rather than `now`."""
    with pytest.raises(BadUserInput) as refusal:
        await resolution_body(given, [ACME], None)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (None, ESCALATING),
        (
            ArchiveUntil(escalating=True),
            ESCALATING,
        ),
        (ArchiveUntil(forever=True), {"status": "ignored", "substatus": "archived_forever", "statusDetails": {}}),
        (ArchiveUntil(seconds=60), CONDITION | {"statusDetails": {"ignoreDuration": 1}}),
        (ArchiveUntil(seconds=MAX_DURATION_S), CONDITION | {"statusDetails": {"ignoreDuration": 5_256_000}}),
        (ArchiveUntil(events=ArchiveThreshold(count=1)), CONDITION | {"statusDetails": {"ignoreCount": 1}}),
        (
            ArchiveUntil(events=ArchiveThreshold(count=MAX_COUNT)),
            CONDITION | {"statusDetails": {"ignoreCount": MAX_COUNT}},
        ),
        (
            ArchiveUntil(events=ArchiveThreshold(count=5, within_seconds=120)),
            CONDITION | {"statusDetails": {"ignoreCount": 5, "ignoreWindow": 2}},
        ),
        (
            ArchiveUntil(users=ArchiveThreshold(count=5, within_seconds=MAX_WINDOW_S)),
            CONDITION | {"statusDetails": {"ignoreUserCount": 5, "ignoreUserWindow": 10_080}},
        ),
    ],
)
def test_archives(given, body):
    """Each way to archive has its substatus and its details, in minutes."""
    assert archive_body(given) == body


@pytest.mark.parametrize(
    "given",
    [
        ArchiveUntil(escalating=False),
        ArchiveUntil(forever=False),
        ArchiveUntil(seconds=0),
        ArchiveUntil(seconds=-60),
        ArchiveUntil(seconds=59),
        ArchiveUntil(seconds=61),
        ArchiveUntil(seconds=MAX_DURATION_S + 60),
        ArchiveUntil(events=ArchiveThreshold(count=0)),
        ArchiveUntil(users=ArchiveThreshold(count=-1)),
        ArchiveUntil(events=ArchiveThreshold(count=MAX_COUNT + 1)),
        ArchiveUntil(events=ArchiveThreshold(count=1, within_seconds=0)),
        ArchiveUntil(events=ArchiveThreshold(count=1, within_seconds=90)),
        ArchiveUntil(users=ArchiveThreshold(count=1, within_seconds=MAX_WINDOW_S + 60)),
    ],
)
def test_archives_out_of_bounds(given):
    """Sentry counts in whole minutes and within bounds; what does not fit is refused rather than rounded."""
    with pytest.raises(BadUserInput):
        archive_body(given)


@pytest.mark.parametrize(
    ("given", "assigned"),
    [
        (AssigneeInput(nobody=True), ""),
        (AssigneeInput(user=UserReference(id=encode_id("User", "1", "7"))), "user:7"),
        (AssigneeInput(user=UserReference(sentry_id="7")), "user:7"),
        (AssigneeInput(team=TeamReference(id=encode_id("Team", "1", "45"))), "team:45"),
    ],
)
async def test_assignees(given, assigned):
    """Each assignee is one text; an ID is not looked up, because Sentry checks it."""
    assert await assignee_body(given, [ACME], None) == {"assignedTo": assigned}


@pytest.mark.parametrize(
    ("given", "organizations", "field"),
    [
        (AssigneeInput(nobody=False), [ACME], ()),
        (AssigneeInput(user=UserReference()), [ACME], ("user",)),
        (AssigneeInput(user=UserReference(id="7")), [ACME], ("user", "id")),
        (AssigneeInput(user=UserReference(sentry_id="ada")), [ACME], ("user", "sentryId")),
        (AssigneeInput(user=UserReference(id=encode_id("Team", "1", "7"))), [ACME], ("user", "id")),
        (AssigneeInput(user=UserReference(email=encode_id("User", "1", "7"))), [ACME], ("user", "email")),
        (AssigneeInput(team=TeamReference(id=encode_id("User", "1", "7"))), [ACME], ("team", "id")),
        (AssigneeInput(team=TeamReference(slug="7")), [ACME], ("team", "slug")),
        (AssigneeInput(team=TeamReference(id=encode_id("Team", "1", "7"))), [GLOBEX], ("team", "id")),
        (AssigneeInput(team=TeamReference(id=encode_id("Team", "1", "7"))), [ACME, GLOBEX], ("team", "id")),
    ],
)
async def test_assignees_that_are_nobody(given, organizations, field):
    """An assignee that says nothing, of another type, or of another organization than an issue, is refused."""
    with pytest.raises(BadUserInput) as refusal:
        await assignee_body(given, organizations, None)
    assert refusal.value.field == field


def test_priorities():
    """Priorities are Sentry's words; UNKNOWN is none that can be set."""
    words = [priority_body(one) for one in (IssuePriority.LOW, IssuePriority.MEDIUM, IssuePriority.HIGH)]

    assert words == [{"priority": "low"}, {"priority": "medium"}, {"priority": "high"}]
    with pytest.raises(BadUserInput):
        priority_body(IssuePriority.UNKNOWN)


def test_flags():
    """False is a value; absent and null leave things as they are."""
    assert flags_body({"a": True, "b": False, "c": None, "d": strawberry.UNSET}) == {"a": True, "b": False}


@pytest.mark.parametrize(
    ("member", "field"),
    [
        ("assignedTo", ("to",)),
        ("statusDetails.inRelease", ("in", "release")),
        ("statusDetails.inNextRelease", ("in", "nextRelease")),
        ("statusDetails.inCommit", ("in", "commit")),
        ("statusDetails.inCommit.repository", ("in", "commit", "repository")),
        ("statusDetails.inRelease.0", ("in", "release")),
        ("statusDetails.ignoreUserWindow", ("until", "users", "withinSeconds")),
        ("substatus", ("until",)),
        ("somethingElse.deep", ()),
        ("", ()),
    ],
)
def test_members_at_fault_are_told_at_their_inputs(member, field):
    """A refusal of a member of Sentry's body is told at the input it came from, or at the one around it."""
    fields = {"assignedTo": ("to",), **status_fields("in", "until")}
    error = BadRequest("No.", fields={member: ("One.", "Two.")})

    assert user_errors_for(error, fields) == [
        MutationError(text, UserErrorCode.BAD_USER_INPUT, field) for text in ("One.", "Two.")
    ]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadRequest("No."), UserErrorCode.BAD_USER_INPUT),
        (Conflict("No."), UserErrorCode.CONFLICT),
        (Forbidden("No."), UserErrorCode.FORBIDDEN),
    ],
)
def test_general_refusals_have_no_field(error, code):
    """What is not about one member is told without a field, with the code that errors have."""
    assert user_errors_for(error, {}) == [MutationError("No.", code)]
