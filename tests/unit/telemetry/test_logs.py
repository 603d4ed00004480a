"""Log lines in both forms, ours and the libraries', without secrets."""

import json
import logging

import pytest
import structlog

from dexter_graphql.telemetry.logs import configure_logs, get_log

TOKEN = "sntryu_" + "0123456789abcdef" * 4


@pytest.fixture(autouse=True)
def _logging_as_before():
    """What a test sets up for the whole process is taken back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    yield

    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def _lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_json_line_has_event_level_time_and_facts(capsys):
    """Machines read one object per line; facts keep their types."""
    configure_logs("info", "json")

    get_log("dexter.test").info("asked", calls=2, routes=["a", "b"], request=None)

    [line] = _lines(capsys)
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "asked", "level": "info", "calls": 2, "routes": ["a", "b"], "request": None}


def test_text_line_is_for_people(capsys):
    """A terminal that is none gets no colours."""
    configure_logs("info", "text")

    get_log("dexter.test").warning("cannot reach Sentry", again_in_s=5.0)

    line = capsys.readouterr().err
    assert "[warning  ] cannot reach Sentry" in line
    assert "again_in_s=5.0" in line
    assert "\x1b" not in line


def test_text_cannot_be_forged(capsys):
    """A value with spaces, signs of equality or ends of lines is quoted, so that nobody writes lines of their own."""
    configure_logs("info", "text")

    get_log("dexter.test").info("request", path="/x status=200\nfake", operation="Triage", ms=1.5)

    facts = capsys.readouterr().err.partition("request ")[2]
    assert facts.lstrip() == "path='/x status=200\\nfake' operation=Triage ms=1.5\n"


@pytest.mark.parametrize(("level", "events"), [("debug", 4), ("info", 3), ("WARNING", 2), ("error", 1)])
def test_level_holds_for_all_logs(capsys, level, events):
    """Lines below the level are not written."""
    configure_logs(level, "json")
    log = get_log("dexter.test")

    for write in (log.debug, log.info, log.warning, log.error):
        write("something")

    assert len(_lines(capsys)) == events


@pytest.mark.parametrize("style", ["json", "text"])
def test_no_token_is_written(capsys, style):
    """Messages, arguments, facts, headers and exceptions, of ours and of libraries, show no token."""
    configure_logs("debug", style)
    log, library = get_log("dexter.test"), logging.getLogger("library")
    message = f"asked with {TOKEN}"

    structlog.contextvars.bind_contextvars(caller=TOKEN)
    log.info(message, token=TOKEN, headers=[(b"authorization", b"short")], error=ValueError(TOKEN))
    log.info("stack", stack_info=True, nested={"a": [{"b": (TOKEN.encode(),)}]})
    library.warning("token %s of %r", TOKEN, {"token": TOKEN})
    try:
        int(TOKEN)
    except ValueError:
        log.exception("failed")
        library.exception("failed too")

    written = capsys.readouterr().err
    assert TOKEN not in written
    assert "short" not in written
    assert written.count("ValueError: invalid literal") == 2
    assert written.count("[hidden]") >= 10


def test_libraries_write_in_the_same_form(capsys):
    """A library's record has level and time as ours have."""
    configure_logs("info", "json")

    logging.getLogger("library").error("broken %s", "pipe")

    [line] = _lines(capsys)
    assert (line["event"], line["level"]) == ("broken pipe", "error")


def test_configuring_again_replaces(capsys):
    """One line is written once, however often logs were configured."""
    configure_logs("info", "json")
    configure_logs("info", "json")

    get_log("dexter.test").info("once")

    assert len(_lines(capsys)) == 1


@pytest.mark.parametrize("library", ["websockets.server", "uvicorn.error", "aiohttp.client", "asyncio", "anything"])
@pytest.mark.parametrize("level", ["debug", "info", "error"])
def test_debug_output_of_libraries_is_never_written(capsys, library, level):
    """At every level of ours, libraries write warnings and errors only: no frame and no header of a client."""
    configure_logs(level, "json")

    for write in (logging.getLogger(library).debug, logging.getLogger(library).info):
        write("< TEXT %s", "of a client")

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("style", ["json", "text"])
def test_client_text_is_cut(capsys, style):
    """Texts are cut at 200 characters wherever they stand: values, lists, keys, arguments, exceptions."""
    configure_logs("info", style)
    long = "client " * 10_000
    log, library = get_log("dexter.test"), logging.getLogger("library")

    log.info("request", path=long, items=[{"a": long}], nested={long: 1}, data=long.encode())
    library.error("refused %s", long)
    try:
        int(long)
    except ValueError:
        log.exception("failed")
        library.exception("failed too")

    lines = capsys.readouterr().err
    assert max(map(len, lines.split("client client")), default=0) < 10_000
    assert "client " * 30 not in lines
    assert len(lines) < 10_000


def test_long_tracebacks_keep_their_end(capsys):
    """A traceback of thousands of lines is cut to its last ones, where the exception is."""
    configure_logs("info", "json")

    get_log("dexter.test").error("failed", exception="line\n" * 5000 + "ValueError: last")

    [line] = _lines(capsys)
    assert line["exception"].endswith("ValueError: last")
    assert line["exception"].count("\n") < 200


def test_no_half_of_a_secret_is_left(capsys):
    """A secret that crosses the end of a cut text is hidden as a whole."""
    configure_logs("info", "json")

    get_log("dexter.test").info("request", path="x" * 190 + TOKEN)

    assert TOKEN[:9] not in capsys.readouterr().err
