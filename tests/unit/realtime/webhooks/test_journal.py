"""The journal of webhooks, and their publication with a broker that goes away and comes back."""

import asyncio
import os

import pytest

from dexter_graphql.errors import SettingsError
from dexter_graphql.realtime.brokers.base import BrokerUnavailable, Outcome, Report
from dexter_graphql.realtime.webhooks.journal import Journal
from dexter_graphql.realtime.webhooks.journal_file import HEADER
from dexter_graphql.realtime.webhooks.publication import (
    ADOPT_S,
    DurablePublication,
    JournalPublisher,
    NotPublished,
    WebhookOutcome,
)
from dexter_graphql.sentry.redis.encryption import Cipher
from support.realtime import MovableClock, make_change

CIPHER = Cipher(b"key")
MEBIBYTE = 1024 * 1024


class Feed:
    """Remembers what was published, recognizes repetitions by the id of a change, and may be away."""

    def __init__(self):
        self.subjects, self.is_away, self.largest, self.poison = [], False, 10**9, None
        self.tries = 0
        self._ids, self._at_once = set(), 0

    async def publish(self, change, *, body_hash):
        self.tries += 1
        self._at_once += 1
        try:
            await asyncio.sleep(0)
            if self.is_away or self._at_once > self.largest:
                raise BrokerUnavailable("away")
            if change.subject == self.poison:
                raise RuntimeError("cannot be encoded")
        finally:
            self._at_once -= 1
        assert body_hash == change.subject.encode()
        if change.id in self._ids:
            return Outcome.REDELIVERY
        self._ids.add(change.id)
        self.subjects.append(change.subject)
        return Outcome.PUBLISHED


class QuickClock(MovableClock):
    """Sleeping moves the clock and takes no time."""

    async def sleep(self, seconds):
        self.go_on(seconds)
        await asyncio.sleep(0)


class Server:
    """A process with a journal: what it publishes, and the tasks that do so."""

    def __init__(self, folder, *, feed=None, max_bytes=MEBIBYTE, cipher=CIPHER):
        self.feed, self.stale, self.clock = feed or Feed(), [], QuickClock()
        self.journal = Journal(folder, cipher, max_bytes)
        self.publication = DurablePublication(self.feed, self.stale.append, self.clock, self.journal)
        self._tasks, self._is_killed = [], False

    async def __aenter__(self):
        publisher = JournalPublisher(self.journal, self.feed, self.clock)
        self._tasks = [asyncio.ensure_future(run()) for run in (self.journal.write, publisher.run)]
        return self

    async def __aexit__(self, *_):
        await self.end_tasks()
        if not self._is_killed:
            await self.publication.close()

    async def end_tasks(self):
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def kill(self):
        """End as SIGKILL does: nothing is written or removed, and the locks end."""
        await self.end_tasks()
        self._is_killed = True
        for file in self.journal._files():
            file.close()

    async def publish(self, subject, **different):
        """What became of a webhook."""
        return await self.publication.publish(Report(make_change(subject, **different), subject.encode()))

    async def drained(self):
        """Wait until the journal is empty."""
        while self.journal.has_entries:  # noqa: ASYNC110  # nothing else signals it
            await asyncio.sleep(0.001)

    def count(self, outcome):
        """Entries of the journal with an outcome."""
        counts = {dict(sample.labels).get("outcome"): sample.value for sample in self.journal.collect()}
        return counts[outcome]


def subjects(start, stop):
    """Names of some objects."""
    return [str(number) for number in range(start, stop)]


async def test_journal_is_not_used_while_the_broker_answers(tmp_path):
    """Webhooks go to the broker; it invalidates their tags."""
    async with Server(tmp_path) as server:
        outcome = await server.publish("1", tags=("issues/acme",))

    assert (outcome, server.feed.subjects, server.stale) == (WebhookOutcome.PUBLISHED, ["1"], [])
    assert list(tmp_path.iterdir()) == []


async def test_webhooks_wait_for_the_broker_in_order(tmp_path):
    """Those that came while it was away, and those after them, are published once and in order when it is back."""
    async with Server(tmp_path) as server:
        server.feed.is_away = True
        outcomes = await asyncio.gather(*(server.publish(subject) for subject in subjects(0, 200)))
        server.feed.is_away = False
        later = [await server.publish(subject) for subject in subjects(200, 205)]
        await server.drained()
        last = await server.publish("205")

    assert set(outcomes) == {WebhookOutcome.JOURNALED}
    assert set(later) <= {WebhookOutcome.JOURNALED, WebhookOutcome.PUBLISHED}
    assert (last, server.feed.subjects) == (WebhookOutcome.PUBLISHED, subjects(0, 206))
    assert (server.count("written") >= 200, server.count("taken") == server.count("written")) == (True, True)


async def test_answers_do_not_wait_for_a_broker_that_is_known_to_be_away(tmp_path):
    """Only the first webhook tries it; the others follow into the journal."""
    server = Server(tmp_path)
    writer = asyncio.ensure_future(server.journal.write())
    server.feed.is_away = True
    for subject in subjects(0, 20):
        await server.publish(subject)

    assert server.feed.tries == 1
    writer.cancel()
    await server.publication.close()


async def test_cached_answers_are_stale_before_the_journal_has_the_webhook(tmp_path):
    """The webhook is verified: this replica does not answer with the old state until the broker is back."""
    async with Server(tmp_path) as server:
        server.feed.is_away = True
        await server.publish("1", tags=("issues/acme", "issue/1"))

        assert server.stale == [("issues/acme", "issue/1")]


async def test_webhooks_that_wait_share_a_write(tmp_path, monkeypatch):
    """One fsync for all that arrive while the one before is under way."""
    synced, fsync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(descriptor) or fsync(descriptor))
    server = Server(tmp_path)
    server.feed.is_away = True
    at_start = len(synced)
    writer = asyncio.ensure_future(server.journal.write())
    await asyncio.gather(*(server.publish(subject) for subject in subjects(0, 100)))

    assert len(synced) - at_start <= 3
    writer.cancel()
    await server.publication.close()


async def test_journal_survives_its_process(tmp_path):
    """What was answered before a SIGKILL is published by the next process, and the file is removed."""
    async with Server(tmp_path) as first:
        first.feed.is_away = True
        for subject in subjects(0, 50):
            await first.publish(subject)
        await first.kill()
        async with Server(tmp_path) as second:
            has_entries = second.journal.has_entries
            await second.drained()
            await second.publish("50")

    assert has_entries
    assert second.feed.subjects == subjects(0, 51)
    assert list(tmp_path.iterdir()) == []


async def test_killed_while_it_is_taken_out(tmp_path):
    """Entries that were published before the process ended are published once."""
    feed = Feed()
    async with Server(tmp_path, feed=feed) as first:
        feed.is_away = True
        for subject in subjects(0, 100):
            await first.publish(subject)
        await first.end_tasks()
        feed.is_away = False
        batch = await first.journal.next_batch(64)
        for report in batch.reports[:40]:
            await feed.publish(report.change, body_hash=report.body_hash)
        await first.kill()
        async with Server(tmp_path, feed=feed) as second:
            await second.drained()

    assert feed.subjects == subjects(0, 100)


async def test_regular_stop_keeps_what_is_not_published(tmp_path):
    """A server that is stopped while the broker is away leaves its journal to the next one."""
    async with Server(tmp_path) as first:
        first.feed.is_away = True
        await first.publish("1")
    async with Server(tmp_path) as second:
        await second.drained()

    assert second.feed.subjects == ["1"]


async def test_two_processes_share_a_folder(tmp_path):
    """Each has its own file; one takes over what the other left, when that has ended and not before."""
    async with Server(tmp_path) as first, Server(tmp_path) as second:
        first.feed.is_away = True
        await first.publish("1")
        await second.journal.adopt()
        before = second.journal.has_entries
        await first.kill()
        await second.journal.adopt()
        await second.drained()

    assert (before, second.feed.subjects) == (False, ["1"])


async def test_journals_of_ended_processes_are_looked_for(tmp_path):
    """Once a minute, because the process may never start again."""
    server = Server(tmp_path)
    looked = asyncio.Event()
    server.journal.adopt = lambda: asyncio.sleep(0, looked.set())
    task = asyncio.ensure_future(JournalPublisher(server.journal, server.feed, server.clock).adopt())
    await asyncio.wait_for(looked.wait(), 5)

    assert server.clock.passed >= ADOPT_S
    task.cancel()
    await server.publication.close()


async def test_full_journal_refuses(tmp_path):
    """Above its bound webhooks are refused, with the reason; below it they are taken again."""
    reason = r"Redis cannot be reached, and the journal is full \(DEXTER_JOURNAL_MIB\)"
    async with Server(tmp_path, max_bytes=3000) as server:
        server.feed.is_away = True
        for subject in subjects(0, 3):
            await server.publish(subject, object=b"x" * 100)
        with pytest.raises(NotPublished, match=reason):
            await server.publish("large", object=b"x" * 2000)
        server.feed.is_away = False
        await server.drained()

        assert await server.publish("large", object=b"x" * 2000) is WebhookOutcome.PUBLISHED
        assert server.feed.subjects == [*subjects(0, 3), "large"]
        assert server.count("refused") == 1


async def test_disk_that_takes_nothing_refuses(tmp_path, monkeypatch):
    """An error of the disk is an answer 503, and the next webhook tries again."""
    async with Server(tmp_path) as server:
        server.feed.is_away, fsync = True, os.fsync

        def fail(_descriptor):
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(NotPublished, match=r"the journal cannot be written \(DEXTER_JOURNAL\)"):
            await server.publish("1")
        monkeypatch.setattr(os, "fsync", fsync)

        assert await server.publish("2") is WebhookOutcome.JOURNALED
        server.feed.is_away = False
        await server.drained()
        assert server.feed.subjects == ["2"]


async def test_disk_that_cannot_be_read_is_tried_again(tmp_path, monkeypatch):
    """Entries are published when it can be read again."""
    async with Server(tmp_path) as server:
        server.feed.is_away, pread, failures = True, os.pread, []
        await server.publish("1")

        def fail_once(*arguments):
            if not failures:
                failures.append(arguments)
                raise OSError(5, "Input/output error")
            return pread(*arguments)

        monkeypatch.setattr(os, "pread", fail_once)
        server.feed.is_away = False
        await server.drained()

        assert (server.feed.subjects, len(failures)) == (["1"], 1)


async def test_without_a_journal_webhooks_are_refused(tmp_path):
    """The message names the setting."""
    feed = Feed()
    feed.is_away = True
    publication = DurablePublication(feed, list, QuickClock())

    with pytest.raises(NotPublished, match=r"Redis cannot be reached, and there is no journal \(DEXTER_JOURNAL\)"):
        await publication.publish(Report(make_change("1"), b"1"))
    assert publication.tasks == ()
    await publication.close()


async def test_webhook_whose_client_left_is_kept(tmp_path):
    """A cancelled request does not disturb the others in its group."""
    async with Server(tmp_path) as server:
        server.feed.is_away = True
        gone, other = (asyncio.ensure_future(server.publish(subject)) for subject in ("1", "2"))
        while not server.journal.has_entries:  # noqa: ASYNC110  # nothing else signals it
            await asyncio.sleep(0)
        gone.cancel()

        assert await other is WebhookOutcome.JOURNALED


async def test_slow_broker_gets_smaller_batches(tmp_path):
    """A broker that cannot take many at a time is not asked for the same again and again."""
    async with Server(tmp_path) as server:
        server.feed.is_away = True
        for subject in subjects(0, 70):
            await server.publish(subject)
        server.feed.largest, server.feed.is_away = 3, False
        await server.drained()

    assert sorted(server.feed.subjects, key=int) == subjects(0, 70)


async def test_entry_that_cannot_be_published_does_not_hold_up_the_others(tmp_path):
    """It is reported in the log and left out."""
    async with Server(tmp_path) as server:
        server.feed.is_away, server.feed.poison = True, "1"
        for subject in subjects(0, 3):
            await server.publish(subject)
        server.feed.is_away = False
        await server.drained()

    assert server.feed.subjects == ["0", "2"]


async def test_damaged_journal_is_kept_for_the_operator(tmp_path):
    """The entries that can be read are published; the file stays under another name."""
    async with Server(tmp_path) as first:
        first.feed.is_away = True
        for subject in subjects(0, 10):
            await first.publish(subject)
        await first.kill()
        [path] = tmp_path.glob("*.journal")
        content = bytearray(path.read_bytes())
        content[HEADER.size + 30] ^= 1
        path.write_bytes(content)
        async with Server(tmp_path) as second:
            await second.drained()

    assert second.feed.subjects == subjects(1, 10)
    assert [path.suffix for path in tmp_path.iterdir()] == [".damaged"]
    assert second.count("damaged") == 1


async def test_foreign_files_are_left_alone(tmp_path):
    """Files of another key, of another program, and of another version of an entry do not hinder the start."""
    (tmp_path / "text.journal").write_text("notes")
    async with Server(tmp_path, cipher=Cipher(b"other")) as first:
        first.feed.is_away = True
        await first.publish("1")
        await first.kill()
        before = sorted(tmp_path.glob("*.journal"))
        async with Server(tmp_path) as second:
            await second.publish("2")
            await second.journal.adopt()

    assert second.feed.subjects == ["2"]
    assert sorted(tmp_path.glob("*.journal")) == before


async def test_entry_of_another_version_counts_as_damaged(tmp_path):
    """A record that is authentic and no entry is left out."""
    async with Server(tmp_path) as server:
        server.journal._own.append([b"\x90", b"no entry"])
        server.feed.is_away = True
        await server.publish("1")
        server.feed.is_away = False
        await server.drained()

    assert (server.feed.subjects, server.count("damaged")) == (["1"], 2)


def test_folder_that_cannot_be_written_ends_the_start(tmp_path):
    """With the setting and the reason."""
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match=r"^DEXTER_JOURNAL: cannot write to .*file/journal \(Not a directory\)$"):
        Journal(tmp_path / "file" / "journal", CIPHER, MEBIBYTE)


async def test_size_is_a_metric(tmp_path):
    """What waits for the broker, in bytes; zero when it is empty."""
    async with Server(tmp_path) as server:
        server.feed.is_away = True
        await server.publish("1")
        [size, *_] = server.journal.collect()
        server.feed.is_away = False
        await server.drained()
        [empty, *_] = server.journal.collect()

    assert (size.name, size.value > 0, empty.value) == ("dexter_journal_bytes", True, 0)
