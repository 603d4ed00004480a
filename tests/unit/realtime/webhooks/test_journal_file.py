"""Files of the journal: what is read again after damage, cuts and ends of processes."""

import os

import pytest

from dexter_graphql.realtime.webhooks.journal_file import HEADER, JournalFile
from dexter_graphql.sentry.redis.encryption import Cipher

CIPHER = Cipher(b"key")
CONTENTS = [b"one", b"two" * 2000, b"three", b""]


@pytest.fixture
def file(tmp_path):
    """A file with all contents."""
    file = JournalFile.create(tmp_path, CIPHER)
    file.append(CONTENTS[:2])
    file.append(CONTENTS[2:])
    yield file
    file.close()


def read_all(file):
    """All contents that can be read, and the number of damaged places."""
    batch = file.read(100, 10**6)
    assert batch.end == file.size
    return list(batch.contents), batch.damaged


def reopened(file, content, cipher=CIPHER):
    """A file of an ended process with this content."""
    path = file.path.with_name("copy.journal")
    path.write_bytes(content)
    return JournalFile.adopt(path, cipher)


def test_records_are_read_in_order(file):
    """What was appended is read, with nothing in the file that is readable without the key."""
    assert read_all(file) == (CONTENTS, 0)
    assert b"two" not in file.path.read_bytes()
    assert file.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("max_records", "max_bytes", "number"), [(1, 10**6, 1), (2, 10**6, 2), (9, 1, 1), (9, 70, 2), (9, 10**6, 4)]
)
def test_batches_are_bounded(file, max_records, max_bytes, number):
    """At least one record is read, and no more than the bounds admit."""
    assert list(file.read(max_records, max_bytes).contents) == CONTENTS[:number]


def test_taken_records_are_not_read_again(file):
    """By this process and by the next one."""
    file.take(file.read(2, 10**6).end)

    copy = reopened(file, file.path.read_bytes())
    assert read_all(file) == read_all(copy) == (CONTENTS[2:], 0)
    copy.close()


def test_empty_file_shrinks(file):
    """When everything was taken out, the disk is free again, and the file takes new records."""
    file.take(file.size)
    size = file.path.stat().st_size
    is_empty = file.is_empty
    file.append([b"new"])

    assert (size, is_empty, read_all(file)) == (HEADER.size, True, ([b"new"], 0))


def test_file_belongs_to_one_process(file):
    """A second one does not open it, and may have it when the first has ended."""
    before = JournalFile.adopt(file.path, CIPHER)
    descriptor = os.dup(file._descriptor)
    file.close()
    os.close(descriptor)
    file._descriptor = os.open(os.devnull, os.O_RDONLY)
    after = JournalFile.adopt(file.path, CIPHER)

    assert before is None
    assert read_all(after) == (CONTENTS, 0)
    after.close()


def test_removed_file_is_not_adopted(file, monkeypatch):
    """Another process may have removed it between its opening and its locking."""
    path = file.path.with_name("other.journal")
    path.write_bytes(file.path.read_bytes())
    opened = os.open

    def open_and_remove(name, *arguments):
        descriptor = opened(name, *arguments)
        path.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", open_and_remove)

    assert JournalFile.adopt(path, CIPHER) is None


def test_cut_file_has_the_records_before_the_cut(file):
    """A process that is killed while it writes leaves a part of a record; wherever it ends, the others are read."""
    content = file.path.read_bytes()
    for end in range(HEADER.size, len(content)):
        copy = reopened(file, content[:end])
        contents, damaged = read_all(copy)
        copy.close()

        assert contents == CONTENTS[: len(contents)]
        assert damaged == 0
    assert len(contents) == len(CONTENTS) - 1


def test_damage_costs_the_records_that_it_touches(file):
    """A changed byte anywhere: at most one record is lost, and every other one is read in order."""
    content = file.path.read_bytes()
    for offset in range(HEADER.size, len(content)):
        damaged = content[:offset] + bytes([content[offset] ^ 0x55]) + content[offset + 1 :]
        copy = reopened(file, damaged)
        contents, _ = read_all(copy)
        copy.close()

        assert len(contents) == len(CONTENTS) - 1
        assert contents == [one for one in CONTENTS if one in contents]


@pytest.mark.parametrize("offset", range(HEADER.size - 16, HEADER.size))
def test_damaged_position_is_the_beginning(file, offset):
    """Records are then taken out again, which their broker recognizes."""
    content = file.path.read_bytes()
    copy = reopened(file, content[:offset] + b"\xff" + content[offset + 1 :])

    assert read_all(copy) == (CONTENTS, 0)
    copy.close()


@pytest.mark.parametrize("content", [b"", b"DXJOURN1", b"x" * 4096, bytes(HEADER.size)])
def test_foreign_file_is_refused(file, content):
    """A file that is no journal, or one that ends in its header."""
    with pytest.raises(ValueError, match="not a journal"):
        reopened(file, content)


def test_file_of_another_key_is_refused(file):
    """Another server may share the folder, and comes back for it."""
    with pytest.raises(ValueError, match="not a journal"):
        reopened(file, file.path.read_bytes(), Cipher(b"other"))


def test_records_of_another_file_are_not_read(file, tmp_path):
    """Records cannot be moved between files."""
    other = JournalFile.create(tmp_path, CIPHER)
    other.append([b"other"])
    copy = reopened(file, file.path.read_bytes() + other.path.read_bytes()[HEADER.size :])

    assert read_all(copy) == (CONTENTS, 1)
    other.close()
    copy.close()


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: path.symlink_to("elsewhere")])
def test_path_that_is_no_file_is_refused(tmp_path, make):
    """Folders, pipes and links are neither followed nor waited for."""
    make(tmp_path / "x.journal")

    with pytest.raises((OSError, ValueError)):
        JournalFile.adopt(tmp_path / "x.journal", CIPHER)


def test_full_disk_leaves_the_file_as_it_was(file, monkeypatch):
    """A record that does not fit is not in the file, not even a part of it."""
    written = []

    def write_a_part(descriptor, content, offset):
        if written:
            raise OSError(28, "No space left on device")
        written.append(pwrite(descriptor, content[:10], offset))
        return written[0]

    before, pwrite = file.path.read_bytes(), os.pwrite
    monkeypatch.setattr(os, "pwrite", write_a_part)
    with pytest.raises(OSError, match="No space"):
        file.append([b"more"])
    monkeypatch.setattr(os, "pwrite", pwrite)

    assert file.path.read_bytes() == before
    file.append([b"again"])
    assert read_all(file) == ([*CONTENTS, b"again"], 0)


def test_file_that_was_cut_while_it_is_open(file):
    """Nothing of it can be read, which counts as damage."""
    os.truncate(file.path, HEADER.size)

    assert file.read(9, 10**6) == ((), file.size, 1)


def test_file_that_is_put_aside_is_kept(file):
    """Under a name that no process opens; its content is for the operator."""
    copy = reopened(file, file.path.read_bytes())
    aside = copy.put_aside()

    assert (aside.suffix, aside.read_bytes()) == (".damaged", file.path.read_bytes())
    assert not copy.path.exists()
