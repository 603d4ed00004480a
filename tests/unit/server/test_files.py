"""Ranges, file names, and the limits of a download, without a network."""

import asyncio
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from dexter_graphql.sentry.call import FileContent
from dexter_graphql.server.byte_ranges import RangeNotSatisfiable, parse_range
from dexter_graphql.server.file_downloads import Download
from dexter_graphql.server.file_limits import Outcome, TransferCut, TransferLimits
from dexter_graphql.server.file_responses import MAX_NAME_CHARACTERS, disposition, safe_file_name
from dexter_graphql.server.quotas import Quota

NAMES = [
    ("app.log", "app.log"),
    ("~/static/js/app.min.js", "app.min.js"),
    ("..\\..\\boot.ini", "boot.ini"),
    ("..", "file"),
    ("", "file"),
    ("a\r\nSet-Cookie: b", "aSet-Cookie: b"),
    ("invoice\u202egpj.exe", "invoicegpj.exe"),
    (".bashrc", "bashrc"),
    ("x" * 500, "x" * MAX_NAME_CHARACTERS),
]


@settings(max_examples=50)
@given(st.binary(max_size=40), st.integers(1, 7), st.integers(0, 50), st.integers(0, 50))
def test_range_cuts_chunks(content, chunk_bytes, first, last):
    """The parts that are cut out of the chunks of a file are together its range."""
    try:
        part = parse_range(f"bytes={first}-{last}", len(content))
    except RangeNotSatisfiable:
        assert first >= len(content)
        return
    chunks = [(start, content[start : start + chunk_bytes]) for start in range(0, len(content), chunk_bytes)]

    if last < first:
        assert part is None
    else:
        assert b"".join(part.cut(chunk, start) for start, chunk in chunks) == content[first : last + 1]


@pytest.mark.parametrize(("name", "expected"), NAMES, ids=range(len(NAMES)))
def test_safe_names(name, expected):
    """A file is saved under the last part of its name, without invisible characters and dots at the ends."""
    assert safe_file_name(name) == expected


@settings(max_examples=30)
@given(st.text())
def test_disposition_is_one_plain_header(name):
    """For every name the header is one line of ASCII, and a quoted part that cannot end early."""
    value = disposition(name)

    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    assert all(unicodedata.category(character)[0] != "C" for character in safe_file_name(name))


async def chunks_of(*chunks):
    """The chunks of a file as they arrive."""
    for chunk in chunks:
        await asyncio.sleep(0)
        yield chunk


def a_download(send, **limits):
    """A download of a whole file with these limits."""
    request = Request({"type": "http", "method": "GET", "headers": []})
    given_limits = {"size_bytes": 100, "duration_s": 5.0, "stall_s": 5.0} | limits
    return Download(request, send, "a", TransferLimits(**given_limits), Quota("transfers", 1, 1).acquire("a"))


async def outcome_of(send, content, **limits):
    """How a download is cut."""
    with pytest.raises(TransferCut) as raised:
        await a_download(send, **limits).run(content)
    return raised.value.outcome


async def test_file_without_a_size_is_cut_at_the_limit():
    """What is sent of a file of unknown size stays within the limit."""
    sent = []

    async def send(message):
        sent.append(message.get("body", b""))

    outcome = await outcome_of(send, FileContent(None, "text/plain", {}, chunks_of(b"a" * 60, b"b" * 60)))

    assert (outcome, b"".join(sent)) == (Outcome.TOO_LARGE, b"a" * 60)


@pytest.mark.parametrize("limit", ["duration_s", "stall_s"])
async def test_client_that_does_not_read(limit):
    """A transfer ends when its client takes nothing for too long, and when its whole time is over."""

    async def send(message):
        if message.get("body"):
            await asyncio.Event().wait()

    content = FileContent(3, "text/plain", {}, chunks_of(b"abc"))

    assert await outcome_of(send, content, **{limit: 0.01}) is Outcome.TIMED_OUT


async def test_odd_media_type():
    """A media type that is no such type is replaced."""
    sent = []

    async def send(message):
        sent.append(message)

    await a_download(send).run(FileContent(3, "text/html\x00; charset", {}, chunks_of(b"abc")))

    assert dict(sent[0]["headers"])[b"content-type"] == b"application/octet-stream"
