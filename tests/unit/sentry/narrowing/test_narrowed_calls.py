"""Calls of restricted callers: what is asked of Sentry, in which order, and how often."""

import msgspec
import pytest

from dexter_graphql.sentry.call import Upstream
from dexter_graphql.sentry.call_context import CallBudget, CallContext
from dexter_graphql.sentry.catalogue import (
    alerts,
    issues,
    members,
    monitors,
    organizations,
    projects,
    releases,
    seer,
    teams,
)
from dexter_graphql.sentry.errors import BadResponse, NotFound, OutOfReach
from dexter_graphql.sentry.narrowing.narrowed_calls import NarrowedCalls
from dexter_graphql.sentry.narrowing.request import EndpointRequest
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from support.upstream import MovedClock, a_reply

ACME = Parents(OrganizationRef("1", "acme"))
GLOBEX = Parents(OrganizationRef("2", "globex"))
CHECK_LIFETIME_S = 61


class Sentry:
    """Answers requests by endpoint, and remembers them."""

    def __init__(self, **answers):
        self.requests = []
        self.answers = {
            "projects.list": [{"id": "12", "slug": "web"}, {"id": "13", "slug": "api"}],
            "organizations.list": [{"slug": "acme"}, {"slug": "globex"}],
            "issues.detail": {"project": {"id": "12"}},
            **answers,
        }

    @property
    def names(self):
        """Names of the requested endpoints, without the lookup of projects."""
        return [request.endpoint.name for request, _ in self.requests if request.endpoint is not projects.LIST]

    async def send(self, request, call_context):
        self.requests.append((request, call_context))
        return a_reply(msgspec.json.encode(self.answers.get(request.endpoint.name, [])))


def restricted(*slugs, upstream="u"):
    """The context of a caller who may reach these projects."""
    return CallContext(Upstream(upstream, "t"), 0.0, CallBudget(9), projects=frozenset(slugs or ("acme/web",)))


def requested(endpoint, parents=ACME, *, path=None, query=(), body=None):
    """A request."""
    return EndpointRequest(endpoint, parents, path or {}, query, body)


@pytest.fixture
def sentry():
    """Sentry with two projects."""
    return Sentry()


@pytest.fixture
def clock():
    """A clock that stands still."""
    return MovedClock()


@pytest.fixture
def calls(sentry, clock):
    """The calls of restricted callers."""
    return NarrowedCalls(clock, sentry.send)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (requested(issues.LIST, GLOBEX), NotFound),
        (requested(organizations.DETAIL, GLOBEX), NotFound),
        (requested(members.LIST), OutOfReach),
        (requested(issues.LIST, None), OutOfReach),
    ],
)
async def test_refused_without_a_call(request_, error, calls, sentry):
    """Other organizations, and what concerns the whole organization, cost no call."""
    with pytest.raises(error):
        await calls.send(request_, restricted())

    assert sentry.requests == []


@pytest.mark.parametrize("request_", [requested(organizations.DETAIL), requested(seer.MODELS, None)])
async def test_open_endpoints_are_called_as_they_are(request_, calls, sentry):
    """What holds nothing of projects is not changed."""
    await calls.send(request_, restricted())

    assert [request for request, _ in sentry.requests] == [request_]


async def test_organizations_out_of_reach_are_not_listed(calls):
    """The list of organizations names no organization without a reached project."""
    reply = await calls.send(requested(organizations.LIST, None), restricted())

    assert msgspec.json.decode(reply.body) == [{"slug": "acme"}]


async def test_projects_are_looked_up_once_a_minute(calls, sentry, clock):
    """By slug, for each reach; a project that Sentry adds to the answer is not within reach."""
    for caller in [restricted(), restricted(), restricted("acme/web", "acme/gone"), restricted()]:
        await calls.send(requested(issues.LIST), caller)
    clock.move(CHECK_LIFETIME_S)
    await calls.send(requested(issues.LIST), restricted())

    lookups = [dict(request.query)["query"] for request, _ in sentry.requests if request.endpoint is projects.LIST]
    assert lookups == ["slug:web", "slug:gone slug:web", "slug:web"]
    assert {request.query for request, _ in sentry.requests if request.endpoint is issues.LIST} == {
        (("project", "12"),)
    }


async def test_unreadable_projects_refuse_everything(calls, sentry):
    """A reach that cannot be looked up reaches nothing."""
    sentry.answers["projects.list"] = {"detail": "?"}
    with pytest.raises(BadResponse, match="list of projects"):
        await calls.send(requested(issues.LIST), restricted())

    assert sentry.names == []


async def test_parents_are_read_first(calls, sentry, clock):
    """Once a minute for each reach, and again for a caller with another one."""
    comments = requested(issues.COMMENTS, path={"issue": "5"})
    await calls.send(comments, restricted())
    await calls.send(requested(issues.HASHES, path={"issue": "5"}), restricted())
    assert sentry.names == ["issues.detail", "issues.comments", "issues.hashes"]

    with pytest.raises(NotFound):
        await calls.send(comments, restricted("acme/api"))
    clock.move(CHECK_LIFETIME_S)
    await calls.send(comments, restricted())

    assert sentry.names[3:] == ["issues.detail", "issues.detail", "issues.comments"]


async def test_listed_objects_need_no_check(calls, sentry):
    """What is below the rows of a list costs one call each; rows out of reach are not among them."""
    sentry.answers["issues.list"] = [
        {"id": "5", "shortId": "WEB-5", "project": {"id": "12"}},
        {"id": "6", "shortId": "API-6", "project": {"id": "13"}},
    ]
    sentry.answers["issues.detail"] = {"project": {"id": "13"}}
    await calls.send(requested(issues.LIST), restricted())
    for name in ("5", "WEB-5"):
        await calls.send(requested(issues.COMMENTS, path={"issue": name}), restricted())
    for name in ("6", "API-6"):
        with pytest.raises(NotFound):
            await calls.send(requested(issues.COMMENTS, path={"issue": name}), restricted())

    assert sentry.names == ["issues.list", *["issues.comments"] * 2, *["issues.detail"] * 2]


async def test_slug_of_digits_is_no_name(calls, sentry):
    """A team with the slug 7 does not open the team with the ID 7."""
    sentry.answers["teams.list"] = [{"id": "5", "slug": "7", "projects": [{"id": "12"}]}]
    sentry.answers["teams.detail"] = {"id": "7", "slug": "x", "projects": [{"id": "13"}]}
    await calls.send(requested(teams.LIST), restricted())
    await calls.send(requested(teams.MEMBERS, path={"team": "5"}), restricted())

    with pytest.raises(NotFound):
        await calls.send(requested(teams.MEMBERS, path={"team": "7"}), restricted())


async def test_parent_out_of_reach_ends_the_call(calls, sentry):
    """Neither a read below an object nor a write of it is sent."""
    sentry.answers["issues.detail"] = {"project": {"id": "13"}}
    for endpoint in (issues.COMMENTS, issues.UPDATE, issues.DELETE):
        with pytest.raises(NotFound, match="does not exist"):
            await calls.send(requested(endpoint, path={"issue": "5"}), restricted())

    assert sentry.names == ["issues.detail"] * 3


DETECTORS = [{"id": "4", "projectId": "12"}, {"id": "5", "projectId": "13"}]


async def test_alerts_are_reached_by_their_monitors(calls, sentry):
    """Alerts name no projects, and by ID Sentry finds them in all: those of no reached monitor are removed."""
    sentry.answers |= {
        "alerts.workflows": [{"id": "1", "detectorIds": [4, "5"]}, {"id": "2", "detectorIds": ["5"]}, {"id": "3"}],
        "alerts.detectors": DETECTORS,
    }
    reply = await calls.send(requested(alerts.WORKFLOWS, query=(("id", "1"),)), restricted())
    await calls.send(requested(alerts.WORKFLOWS, query=(("id", "2"),)), restricted())

    assert msgspec.json.decode(reply.body) == [{"id": "1", "detectorIds": [4]}]
    queries = [request.query for request, _ in sentry.requests if request.endpoint is alerts.DETECTORS]
    assert queries == [
        (("id", "4"), ("id", "5"), ("per_page", "100"), ("project", "12")),
        (("id", "5"), ("per_page", "100"), ("project", "12")),
    ]


async def test_bulk_writes_leave_out_what_is_out_of_reach(calls, sentry):
    """Sentry would change it, as it ignores the projects of a call that names IDs."""
    sentry.answers["alerts.detectors"] = DETECTORS
    both = requested(alerts.DELETE_DETECTORS, query=(("id", "4"), ("id", "5")))
    await calls.send(both, restricted())

    sent = sentry.requests[-1][0]
    assert (sent.endpoint, sent.query) == (alerts.DELETE_DETECTORS, [("id", "4"), ("project", "12")])
    with pytest.raises(NotFound):
        await calls.send(requested(alerts.DELETE_DETECTORS, query=(("id", "5"),)), restricted())


@pytest.mark.parametrize(
    "request_",
    [
        requested(releases.CREATE, body={"projects": ["web", "api"]}),
        requested(monitors.CREATE, body={"project": "api"}),
        requested(monitors.PROJECT_UPDATE, path={"project": "web", "monitor": "m"}, body={"project": "13"}),
    ],
)
async def test_body_names_no_project_out_of_reach(request_, calls, sentry):
    """Also where the object itself is in reach, as it would be moved out of it."""
    with pytest.raises(OutOfReach, match="not within the caller's reach"):
        await calls.send(request_, restricted())

    assert sentry.names == []


@pytest.mark.parametrize(("detectors", "error"), [([4], None), ([4, 5], NotFound), ([], OutOfReach)])
async def test_new_alerts_belong_to_monitors_in_reach(detectors, error, calls, sentry):
    """All of them, and at least one: an alert without a monitor would belong to the organization."""
    sentry.answers["alerts.detector"] = DETECTORS[0]
    await calls.send(requested(alerts.DETECTOR, path={"detector": "4"}), restricted())
    sentry.answers["alerts.detector"] = DETECTORS[1]
    creation = calls.send(requested(alerts.CREATE_WORKFLOW, body={"detectorIds": detectors}), restricted())
    if error is None:
        await creation
    else:
        with pytest.raises(error):
            await creation

    assert ("alerts.create_workflow" in sentry.names) is (error is None)


async def test_body_names_no_object_out_of_reach(calls, sentry):
    """An alert is not connected to a monitor of another project."""
    sentry.answers |= {
        "alerts.workflow": {"detectorIds": ["4"]},
        "alerts.detectors": DETECTORS,
        "alerts.detector": DETECTORS[1],
    }
    request = requested(alerts.UPDATE_WORKFLOW, path={"workflow": "3"}, body={"detectorIds": [4, 5]})

    with pytest.raises(NotFound):
        await calls.send(request, restricted())

    assert sentry.names == ["alerts.workflow", "alerts.detectors", "alerts.detector"]
