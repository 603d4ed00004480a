"""The place where audit lines go."""

import json
import os
import stat
import sys

import pytest
from structlog.testing import capture_logs

from dexter_graphql.errors import SettingsError
from dexter_graphql.server.audit import log as audit_log
from dexter_graphql.server.audit.log import MAX_TEXT, AuditLog
from dexter_graphql.telemetry.metrics import Metrics


@pytest.fixture
def metrics():
    """Metrics without anything else."""
    return Metrics()


@pytest.fixture
def path(tmp_path):
    """Path of the log."""
    return tmp_path / "audit.jsonl"


@pytest.fixture
def log(path, metrics):
    """A log in a file."""
    log = AuditLog(str(path), metrics)
    yield log
    log.close()


def lines(path):
    """The lines of a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_line_is_written_at_once(log, path):
    """The file is readable by its owner only, and is continued by the next server."""
    log.write({"event": "one"})
    first = lines(path)
    other = AuditLog(str(path), Metrics())
    other.write({"event": "two"})
    other.close()

    assert first == [{"event": "one"}]
    assert lines(path) == [{"event": "one"}, {"event": "two"}]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_moved_file_is_created_again(log, path):
    """Log rotation needs no signal."""
    log.write({"event": "old"})
    moved = path.rename(path.with_suffix(".1"))
    log.write({"event": "new"})

    assert (lines(moved), lines(path)) == ([{"event": "old"}], [{"event": "new"}])


def test_lines_are_bounded_and_have_no_secrets(log, path):
    """Texts are cut, a line break cannot start another line, and tokens are hidden."""
    log.write(
        {"a": "x" * 1000, "b": ["y\n" * 500], "c": {"key": "dxk_0123456789_" + "A" * 43, "t": "Bearer abcdefghij"}}
    )

    [line] = lines(path)
    assert (len(line["a"]), len(line["b"][0])) == (MAX_TEXT + 1, MAX_TEXT + 1)
    assert line["c"] == {"key": "[hidden]", "t": "[hidden]"}


def test_failed_lines_are_kept_and_written_later(log, path, metrics, monkeypatch):
    """While the file cannot be written, lines are pending, up to a bound; it is logged once, and counted."""
    monkeypatch.setattr(audit_log, "MAX_PENDING", 3)

    def fail(_descriptor, _line):
        raise OSError(28, "No space left on device")

    write = os.write
    monkeypatch.setattr(os, "write", fail)
    with capture_logs() as entries:
        for number in range(5):
            log.write({"number": number})
    could_flush = log.flush()
    monkeypatch.setattr(os, "write", write)

    assert (could_flush, log.flush()) == (False, True)
    assert [line["number"] for line in lines(path)] == [2, 3, 4]
    assert [entry["reason"] for entry in entries] == ["No space left on device"]
    assert 'dexter_audit_lines_total{outcome="lost"} 2.0' in metrics.text().decode()
    assert 'dexter_audit_lines_total{outcome="written"} 3.0' in metrics.text().decode()


def test_cut_line_is_a_failure(log, monkeypatch):
    """A disk that is nearly full takes a part of a line; the whole line is written again."""
    monkeypatch.setattr(os, "write", lambda _descriptor, line: len(line) - 1)

    log.write({"event": "one"})

    assert "1 lines pending" in repr(log)


def test_standard_output_is_possible(metrics, capfd):
    """Where a container's output is collected, no file is needed."""
    log = AuditLog("stdout", metrics)
    sys.stdout.flush()
    log.write({"event": "one"})
    log.close()

    assert capfd.readouterr().out == '{"event":"one"}\n'


def test_unusable_path_stops_the_start(tmp_path, metrics):
    """The message names the setting."""
    with pytest.raises(SettingsError, match=r"^DEXTER_AUDIT: .*Is a directory"):
        AuditLog(str(tmp_path), metrics)
