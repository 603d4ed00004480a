"""Polling over a sandbox: which changes it finds, when it takes over from webhooks, and when it stands back."""

from dataclasses import replace

import aiohttp
import msgspec
import pytest

from dexter_graphql.realtime.changes import Kind, Origin
from dexter_graphql.realtime.polling.poll_state import encode_state
from dexter_graphql.realtime.polling.poll_store import PollStore
from dexter_graphql.realtime.silence import Mode
from dexter_graphql.realtime.snapshots import ChangeSource, deploy_change, release_change
from dexter_graphql.sandbox import Fault, Vintage
from dexter_graphql.sandbox.issue_editor import find_assignee
from dexter_graphql.sandbox.status_updates import Resolution
from dexter_graphql.sandbox.world.model import Deploy
from support.polling import INTERVAL_S, SteppedClock, running_poller
from support.sandbox import NOON, running_sandbox

TWO_WEEKS_S = 14 * 24 * 3600


@pytest.fixture
async def polling():
    """A poller whose webhooks may arrive."""
    async with running_poller() as running:
        yield running


def facts(changes):
    """Kind, subject, state and author of changes."""
    return [(change.kind, change.subject, change.state, change.actor and change.actor.name) for change in changes]


async def test_what_webhooks_would_report_is_found_without_them(polling):
    """Every change of an issue that polling can see arrives once, with the author, the fingerprint and the object."""
    editor, (resolved, archived, assigned, commented, returned, *_) = polling.editor, polling.issues()
    user = editor.user
    editor.resolve(returned, Resolution())
    await polling.poll()
    polling.lose_webhooks()
    polling.clock.go_on(1)

    editor.resolve(resolved, Resolution())
    editor.archive(archived, "archived_forever", {})
    editor.assign(assigned, find_assignee(editor.organization, user.email))
    comment = editor.add_comment(commented, "Look at this")
    editor.unresolve(returned, "regressed", activity="set_regression")
    opened = polling.upstream.simulation.open_issue()
    published = await polling.poll()

    name, number = user.name, user.id
    assert sorted(facts(published)) == sorted(
        [
            (Kind.RESOLVED, resolved.id, "resolved/", name),
            (Kind.ARCHIVED, archived.id, "ignored/archived_forever", name),
            (Kind.ASSIGNED, assigned.id, f"user:{number}", name),
            (Kind.CREATED, commented.id, comment.id, name),
            (Kind.UNRESOLVED, returned.id, "unresolved/regressed", name),
            (Kind.CREATED, opened.id, "", "Sentry"),
        ]
    )
    assert {change.origin for change in published} == {Origin.POLL}
    assert await polling.poll() == []


async def test_takes_over_from_silent_webhooks_and_stands_back(polling):
    """A lost webhook begins the polling within one interval and two seconds, and the next webhook ends it."""
    first, second, third, *_ = polling.issues()
    polling.editor.resolve(first, Resolution())
    await polling.deliver()
    by_webhook = await polling.poll()
    started = polling.clock.passed
    polling.editor.resolve(second, Resolution())
    polling.lose_webhooks()

    by_poll = await polling.poll()
    took_s, polled = polling.clock.passed - started, mode(polling)
    polling.editor.resolve(third, Resolution())
    await polling.deliver()
    back = await polling.poll()

    assert [(change.subject, change.origin) for change in (*by_webhook, *by_poll, *back)] == [
        (first.id, Origin.WEBHOOK),
        (second.id, Origin.POLL),
        (third.id, Origin.WEBHOOK),
    ]
    assert (polled, mode(polling)) == (Mode.POLLING, Mode.WATCHING)
    assert took_s <= INTERVAL_S + 2


def mode(polling):
    """What the poller does for acme."""
    return polling.poller.organizations["acme"].silence.mode


async def test_late_webhooks_are_no_duplicates(polling):
    """A webhook that arrives after its change was found by polling is dropped, and so is a comment's."""
    resolved, commented, *_ = polling.issues()
    polling.editor.resolve(resolved, Resolution())
    polling.editor.add_comment(commented, "Look at this")

    found = await polling.poll()
    await polling.deliver()

    assert [change.subject for change in found] == [resolved.id, commented.id]
    assert await polling.published() == []
    assert await polling.poll() == []


async def test_webhook_in_time_is_not_anticipated(polling):
    """A webhook that arrives within 1.5 seconds of the poll that noticed its change is the one that is published."""
    issue, *_ = polling.issues()
    polling.editor.resolve(issue, Resolution())
    polling.clock.go_on(await polling.clock.until_asleep())
    assert await polling.clock.until_asleep() == 1.5
    await polling.deliver()
    polling.clock.go_on(1.5)

    assert await polling.clock.until_asleep() == INTERVAL_S - 1.5

    assert [(change.subject, change.origin) for change in await polling.published()] == [(issue.id, Origin.WEBHOOK)]
    assert mode(polling) is Mode.WATCHING


async def test_restart_continues_where_it_stopped():
    """What was refused while no server ran is found after a restart; what was published before is not repeated."""
    store = PollStore()
    async with running_sandbox(SteppedClock()) as upstream:
        async with running_poller(upstream, store=store) as before:
            reported, refused, *_ = before.issues()
            before.editor.resolve(reported, Resolution())
            await before.deliver()
            editor, feed = before.editor, before.feed
            await before.published()
        upstream.world.clock.go_on(3600)
        editor.resolve(refused, Resolution())
        opened = upstream.simulation.open_issue()
        async with running_poller(upstream, store=store, feed=feed) as after:
            found = await after.published()

    assert sorted((change.kind, change.subject) for change in found) == [
        (Kind.CREATED, opened.id),
        (Kind.RESOLVED, refused.id),
    ]


async def test_one_replica_polls():
    """Of two replicas one polls; the other one takes over when the first has ended, and repeats nothing."""
    leases, store = OneHolder(), PollStore()
    async with running_poller(has_webhooks=False, store=store, leases=leases.of("first")) as first:
        shared = {"has_webhooks": False, "store": store, "feed": first.feed}
        issue, later, *_ = first.issues()
        async with running_poller(first.upstream, leases=leases.of("second"), sleepers=2, **shared) as second:
            problem = second.poller.organizations["acme"].problem
            first.editor.resolve(issue, Resolution())
            found = await second.poll()
            leases.holder = "second"
            first.editor.resolve(later, Resolution())
            taken_over = await second.poll()

    assert problem == "another replica polls it"
    assert [change.subject for change in found] == [issue.id]
    assert [change.subject for change in taken_over] == [later.id]


class OneHolder:
    """A lease that the first one to ask for it holds."""

    def __init__(self):
        self.holder = None

    def of(self, replica):
        return ReplicaLeases(self, replica)


class ReplicaLeases:
    """The view that one replica has of the lease."""

    def __init__(self, lease, replica):
        self._lease, self._replica = lease, replica
        self.is_reachable = True

    async def hold(self, _name, _lifetime_s):
        self._lease.holder = self._lease.holder or self._replica
        return self._lease.holder == self._replica

    async def release(self, _name):
        """The lease stays with its holder."""


async def test_token_without_rights():
    """Without the right to read issues nothing is polled; it is tried again after ten minutes."""
    async with running_poller(token="no-token") as polling:
        organization = polling.poller.organizations["acme"]
        start = len(polling.upstream.requests)

        assert await polling.pause_s() == 600
        assert organization.problem == "Invalid token"
        assert len(polling.upstream.requests) == start


async def test_unforeseen_failure_does_not_end_the_polling(polling, monkeypatch):
    """A mistake of this server is logged without details for others, and the next poll finds what was missed."""
    issue, *_ = polling.issues()
    polling.editor.resolve(issue, Resolution())
    polling.lose_webhooks()
    with monkeypatch.context() as broken:
        broken.setattr("dexter_graphql.realtime.polling.organization_poll.issue_changes", None)
        await polling.poll()
    problem = polling.poller.organizations["acme"].problem

    found = await polling.poll()

    assert problem == "an internal error, see the log"
    assert [change.subject for change in found] == [issue.id]


async def test_failures_lose_nothing(polling):
    """While Sentry fails polls pause for longer and longer; afterwards the change that was missed is found once."""
    issue, *_ = polling.issues()
    polling.editor.resolve(issue, Resolution())
    polling.lose_webhooks()
    polling.upstream.faults.add(Fault(status=503, route="/issues/", times=None))
    failed = [await polling.poll(), await polling.pause_s(), await polling.poll(), await polling.pause_s()]
    polling.upstream.faults.clear()

    found = await polling.poll()

    assert failed == [[], 60, [], 120]
    assert [change.subject for change in found] == [issue.id]


async def test_polls_are_bounded(polling):
    """However much has changed, a poll makes at most 13 calls; the changes beyond have no author."""
    changed = polling.issues()[:20]
    polling.clock.go_on(1)
    for issue in changed:
        polling.editor.resolve(issue, Resolution())
    polling.lose_webhooks()
    start = len(polling.upstream.requests)

    found = await polling.poll()

    assert len(polling.upstream.requests) - start <= 13
    assert sorted(change.subject for change in found) == sorted(issue.id for issue in changed)
    assert sum(change.actor is None for change in found) == 10


async def test_healthy_webhooks_cost_two_calls_per_interval(polling):
    """While webhooks arrive, three of four polls read one page of issues, and the releases; nothing else is read."""
    start = len(polling.upstream.requests)

    for _ in range(8):
        assert await polling.poll() == []

    assert len(polling.upstream.requests) - start == 18


async def test_state_has_no_texts():
    """What is stored between polls holds no title and no comment."""
    store = PollStore()
    async with running_poller(store=store) as polling:
        issue, *_ = polling.issues()
        polling.editor.add_comment(issue, "Look at this")
        await polling.poll()
        text = encode_state(await store.get("acme"))

    assert issue.id in text
    assert issue.title not in text
    assert "Look at this" not in text


async def test_older_issues_are_read_in_turn():
    """A change of an issue beyond the first page is found when its page is read."""
    async with running_poller(has_webhooks=False) as polling:
        issue = polling.issues()[500]
        polling.editor.resolve(issue, Resolution())
        found = [change.subject for _ in range(9) for change in await polling.poll()]

    assert found == [issue.id]


async def test_issue_that_comes_back_after_a_long_rest(polling):
    """An issue that regresses after it was beyond all pages is found by the substatus and its activity."""
    old = [issue for issue in polling.issues("resolved") if issue.events[-1].at < NOON.timestamp() - TWO_WEEKS_S][-1]
    await polling.poll()
    polling.upstream.simulation.add_event(old)
    polling.editor.unresolve(old, "regressed", activity="set_regression")
    polling.lose_webhooks()

    assert facts(await polling.poll())[0][:3] == (Kind.UNRESOLVED, old.id, "unresolved/regressed")
    assert await polling.poll() == []


async def test_nobody_follows_nothing_is_read():
    """Five minutes after the last subscription has ended, polling ends; the next subscription begins it again."""
    async with running_poller() as polling:
        polling.unfollow()
        for _ in range(10):
            await polling.poll()
        lingering = list(polling.poller.organizations)
        polling.clock.go_on(INTERVAL_S)
        await polling.until_idle()
        polling.follow()
        await polling.pause_s()

        assert lingering == ["acme"]
        assert list(polling.poller.organizations) == ["acme"]


async def test_older_releases():
    """The oldest release that is supported has the same changes."""
    async with running_sandbox(SteppedClock(), Vintage.V20_12) as upstream, running_poller(upstream) as polling:
        issue, *_ = polling.issues()
        polling.editor.resolve(issue, Resolution())
        polling.lose_webhooks()
        found = await polling.poll()

    assert facts(found)[0][:3] == (Kind.RESOLVED, issue.id, "resolved/")


def new_release(polling, version, **different):
    """A new release of acme's project web."""
    organization = polling.upstream.world.find_organization("acme")
    web = next(project for project in organization.projects if project.slug == "web")
    values = {"id": 999_001, "version": version, "date_created": polling.clock.now(), "projects": [web], "deploys": []}
    release = replace(organization.releases[0], **{"date_released": None} | values | different)
    organization.releases.append(release)
    return release


def deploy_of(polling, release):
    """A new deploy of a release to production."""
    release.deploys.append(Deploy("777001", "production", "Deploy", None, polling.clock.now()))


async def test_releases_are_found(polling):
    """New releases, their publication and deploys have no webhooks: polling finds each once, with the object."""
    polling.clock.go_on(1)
    release = new_release(polling, "web@9.9.9")
    created = await polling.poll()
    release.date_released = polling.clock.now()
    deploy_of(polling, release)
    changed = await polling.poll()

    assert [(change.kind, change.subject, change.projects) for change in (*created, *changed)] == [
        (Kind.CREATED, "web@9.9.9", ("web",)),
        (Kind.FINALIZED, "web@9.9.9", ("web",)),
        (Kind.DEPLOYED, "web@9.9.9", ("web",)),
    ]
    assert changed[1].state == "777001"
    assert {change.origin for change in changed} == {Origin.POLL}
    assert mode(polling) is Mode.WATCHING
    assert await polling.poll() == []


async def test_releases_of_mutations_are_not_found_again(polling):
    """A release, its publication and a deploy that this server has announced are no changes for polling."""
    release = new_release(polling, "web@9.9.9", date_released=polling.clock.now())
    deploy_of(polling, release)
    listed = await listed_release(polling, release.version)
    source = ChangeSource("acme", "release.created", Origin.MUTATION, None, NOON, NOON)
    await polling.feed.publish(release_change(Kind.CREATED, listed, source))
    deploy = msgspec.json.encode(msgspec.json.decode(listed)["lastDeploy"])
    await polling.feed.publish(deploy_change(release.version, ("web",), deploy, source))
    await polling.published()
    polling.clock.go_on(300)

    assert await polling.poll() == []


async def listed_release(polling, version):
    """The JSON of a release as the sandbox lists it."""
    url = f"{polling.upstream.url}/api/0/organizations/acme/releases/{version}/"
    headers = {"Authorization": f"Bearer {polling.upstream.token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        return await answer.read()


async def test_refused_releases_do_not_stop_the_issues(polling):
    """A token that may not read releases finds the changes of issues all the same."""
    polling.upstream.faults.add(Fault(status=403, body={"detail": "No"}, route="/releases/", times=None))
    issue, *_ = polling.issues()
    polling.editor.resolve(issue, Resolution())
    polling.lose_webhooks()

    assert [change.subject for change in await polling.poll()] == [issue.id]
    start = len(polling.upstream.requests)
    await polling.poll()
    assert not [call for call in list(polling.upstream.requests)[start:] if call.path.endswith("/releases/")]
