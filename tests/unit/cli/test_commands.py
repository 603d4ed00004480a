"""Commands inside of this process: exit codes and what is said."""

import asyncio
import json
import os
import re
import subprocess
import sys
from importlib import import_module

import pytest
import structlog
from click.testing import CliRunner

from dexter_graphql import __version__
from dexter_graphql.cli import SUMMARIES, commands, main
from dexter_graphql.cli.running import listen
from dexter_graphql.cli.serve import FIRST_QUERY, _welcome
from dexter_graphql.errors import SettingsError
from dexter_graphql.sandbox import Fault, Vintage
from dexter_graphql.settings import load_settings
from support.command import command_environment
from support.sandbox import running_sandbox

TOKEN = "sntryu_" + "0" * 64


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch):
    """No setting of whoever runs the tests is seen by them."""
    for name in os.environ.keys() - command_environment().keys():
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _logs_as_before():
    """Commands configure the logs of the process."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


async def invoked(*arguments, **settings):
    """The result of a command; it has a thread, because it brings its own event loop."""
    return await asyncio.to_thread(CliRunner().invoke, commands, arguments, env=settings)


class TestParity:
    """`dexter parity`."""

    async def test_writes_all_forms(self, tmp_path):
        """JSON is printed; the HTML page and the page of the documentation are written."""
        document, page, markdown = (tmp_path / name for name in ("openapi.json", "parity.html", "parity.md"))
        document.write_text('{"paths": {"/api/0/organizations/": {"get": {"tags": ["Users"]}}}}')
        files = ("--openapi", str(document), "--html", str(page), "--markdown", str(markdown))

        result = await invoked("parity", "--no-run", "--json", *files)

        assert result.exit_code == 0
        assert json.loads(result.stdout)["coverage"][0]["operations"][0]["status"] == "declared"
        assert "GET /organizations/" in page.read_text()
        assert "| declared | `GET /organizations/` |" in markdown.read_text()


class TestSchema:
    """`dexter schema`."""

    async def test_prints_the_schema(self, graph):
        """Without options the text goes to standard output, as it would be written."""
        result = await invoked("schema")

        assert (result.exit_code, result.stdout) == (0, graph.sdl())

    async def test_written_schema_is_the_same(self, tmp_path):
        """What --output wrote, --check takes; the file is not changed by looking."""
        path = tmp_path / "schema.graphql"

        written = await invoked("schema", "--output", str(path))
        before = path.read_bytes()
        checked = await invoked("schema", "--check", "--output", str(path))

        assert [(one.exit_code, one.output) for one in (written, checked)] == [(0, ""), (0, "")]
        assert path.read_bytes() == before

    @pytest.mark.parametrize("before", [None, "", "type Query {\n  old: Int\n}\n"])
    async def test_difference_is_shown(self, tmp_path, before):
        """A file that is old or missing is a failure: the lines, and the command that mends it; nothing is written."""
        path = tmp_path / "schema.graphql"
        if before is not None:
            path.write_text(before)

        result = await invoked("schema", "--check", "--output", str(path))

        assert result.exit_code == 1
        assert result.stdout.splitlines()[1] == "+++ the code"
        assert ("-  old: Int" in result.stdout) is bool(before)
        assert f"dexter schema --output {path}" in result.stderr
        assert (path.read_text() if path.exists() else None) == before


class TestDoctor:
    """`dexter doctor`."""

    async def test_good_token_is_well(self):
        """Everything that is in order is said line by line; exit code 0."""
        async with running_sandbox() as sandbox:
            address = {"SENTRY_URL": sandbox.url, "DEXTER_ADMIN_LISTEN": "off"}
            result = await invoked("doctor", SENTRY_AUTH_TOKEN=sandbox.token, **address)

        assert result.exit_code == 0
        assert result.output.splitlines() == [
            f"ok    settings: mode open, Sentry at {sandbox.url}",
            "ok    Sentry answers; organizations: acme, globex",
            "live  acme: no integration of Sentry sends webhooks to /webhooks/sentry",
            "live  globex: no integration of Sentry sends webhooks to /webhooks/sentry",
            "who   open: everybody on this machine reads with the server's token",
            "live  the server has no admin address (DEXTER_ADMIN_LISTEN) that would say when webhooks arrived",
        ]

    @pytest.mark.parametrize("vintage", [Vintage.V20_12, Vintage.V23_7, Vintage.V26_7], ids=str)
    async def test_missing_endpoints_are_notes(self, vintage):
        """Each endpoint that a release lacks has a line with the fields that use it; the exit code stays 0."""
        async with running_sandbox(vintage=vintage) as sandbox:
            result = await invoked("doctor", SENTRY_URL=sandbox.url, SENTRY_AUTH_TOKEN=sandbox.token)

        notes = [line for line in result.output.splitlines() if line.startswith("note")]
        assert result.exit_code == 0
        lacked = [re.search(r"lacks GET (/organizations/{organization}/\S+/),", note)[1] for note in notes]
        assert ("/organizations/{organization}/workflows/" in lacked) is (vintage is not Vintage.V26_7)
        assert not any(map(vintage.serves, lacked))
        assert all(re.search(r"used by \w+\.\w+(, [\w., ]+)?( and \d+ more)?\.$", note) for note in notes)

    async def test_missing_scopes_are_notes(self):
        """A token that may only read has a line for each set of scopes of which it holds none."""
        async with running_sandbox() as sandbox:
            token = sandbox.world.tokens.reader.text
            result = await invoked("doctor", SENTRY_URL=sandbox.url, SENTRY_AUTH_TOKEN=token)

        notes = [line for line in result.output.splitlines() if line.startswith("note")]
        assert result.exit_code == 0
        [needed] = [note for note in notes if note.startswith("note  The token lacks event:admin, needed by ")]
        assert "Mutation.deleteIssues" in needed
        assert all(note.startswith("note  The token lacks ") for note in notes)
        assert token not in result.output

    @pytest.mark.parametrize("has_all", [False, True])
    async def test_older_releases_are_refused_in_one_sentence(self, has_all):
        """A server without everything that came with 20.12 is too old; one without some of it is not."""
        async with running_sandbox(vintage=Vintage.V20_12) as sandbox:
            for route in ("/issues-stats/", "/sessions/", *(() if has_all else ("/stats_v2/",))):
                sandbox.faults.add(Fault(status=404, body="", route=route, times=None))
            result = await invoked("doctor", SENTRY_URL=sandbox.url, SENTRY_AUTH_TOKEN=sandbox.token)

        sentence = "FAIL  This Sentry is older than 20.12, the oldest release that is supported; upgrade it."
        assert (sentence in result.output.splitlines()) is not has_all
        assert result.exit_code == (0 if has_all else 1)

    async def test_wrong_token_is_told_with_advice(self):
        """The remedy stands beside the failure, and the token in neither."""
        async with running_sandbox() as sandbox:
            result = await invoked("doctor", SENTRY_URL=sandbox.url, SENTRY_AUTH_TOKEN=TOKEN)

        assert result.exit_code == 1
        assert result.output.splitlines()[-1] == (
            "FAIL  Sentry: Invalid token. "
            "Create a token at Sentry (Settings, Custom Integrations) and set SENTRY_AUTH_TOKEN."
        )
        assert TOKEN not in result.output

    async def test_missing_scope_is_told_with_advice(self):
        """A token that may not list organizations lacks one scope, which is named."""
        async with running_sandbox() as sandbox:
            sandbox.faults.add(Fault(status=403, body={"detail": "You do not have permission"}, times=None))
            result = await invoked("doctor", SENTRY_URL=sandbox.url, SENTRY_AUTH_TOKEN=sandbox.token)

        assert result.exit_code == 1
        assert result.output.splitlines()[-1].endswith("Give the token the scope org:read.")

    async def test_unreachable_sentry_is_told_with_advice(self):
        """Where nobody listens, the address is what to look at."""
        with listen("127.0.0.1", 0) as free:
            port = free.getsockname()[1]

        result = await invoked("doctor", SENTRY_URL=f"http://127.0.0.1:{port}", SENTRY_AUTH_TOKEN=TOKEN)

        assert result.exit_code == 1
        assert result.output.splitlines()[-1].startswith("FAIL  Sentry: ")
        assert result.output.endswith("Check SENTRY_URL and the network.\n")

    async def test_region_outside_the_allowed_hosts_is_a_note(self):
        """A self-hosted Sentry that names its public address is called at the configured one."""
        async with running_sandbox() as sandbox:
            body = [{"id": "1", "slug": "acme", "links": {"regionUrl": "https://eu.example"}}]
            headers = {"Content-Type": "application/json"}
            sandbox.faults.add(Fault(status=200, body=body, headers=headers))
            result = await invoked("doctor", SENTRY_URL=sandbox.url, SENTRY_AUTH_TOKEN=sandbox.token)

        assert result.exit_code == 0
        assert f"note  Sentry names https://eu.example as its address; {sandbox.url} is used instead." in result.output

    @pytest.mark.parametrize(("mode", "code", "lines"), [("open", 1, 4), ("passthrough", 0, 3)])
    async def test_token_is_needed_in_mode_open_alone(self, mode, code, lines):
        """Where clients bring their own tokens, the server needs none."""
        result = await invoked("doctor", DEXTER_MODE=mode)

        assert (result.exit_code, len(result.output.splitlines())) == (code, lines)
        assert ("dexter serve --sandbox" in result.output) is (mode == "open")


class TestMain:
    """The way in."""

    @pytest.mark.parametrize(
        ("arguments", "settings", "words"),
        [
            (["serve"], {"DEXTER_HOST": "0.0.0.0"}, "DEXTER_HOST=127.0.0.1"),  # noqa: S104  # refused
            (["serve", "--host", "0.0.0.0"], {}, "DEXTER_MODE"),  # noqa: S104  # refused
            (["serve"], {"SENTRY_URL": "https://u:hunter2@x.example"}, "SENTRY_URL"),
            (["serve"], {"DEXTER_WEBHOOK_SECRETS": "hunter2"}, "DEXTER_WEBHOOK_SECRETS"),
            (["serve", "--mode", "closed"], {}, "DEXTER_MODE"),
            (["serve", "--port", "http"], {}, "--port"),
            (["doctor"], {"DEXTER_MAX_DEPTH": "0"}, "DEXTER_MAX_DEPTH"),
            (["sandbox", "--seed", "x"], {}, "--seed"),
            (["fly"], {}, "No such command"),
        ],
    )
    def test_mistake_is_named(self, monkeypatch, capsys, arguments, settings, words):
        """A wrong setting or option ends the command with 2 and names itself; no traceback, no secret."""
        monkeypatch.setattr(sys, "argv", ["dexter", *arguments])
        for name, text in settings.items():
            monkeypatch.setenv(name, text)

        with pytest.raises(SystemExit) as ended:
            main()

        err = capsys.readouterr().err
        assert ended.value.code == 2
        assert words in err
        assert "Traceback" not in err
        assert "hunter2" not in err

    async def test_version_and_help_are_shown(self):
        """Every command is listed with the first line of its own help."""
        version, shown = await invoked("--version"), await invoked("-h")

        assert version.output == f"dexter, version {__version__}\n"
        for name, summary in SUMMARIES.items():
            assert name in shown.output
            assert import_module(f"dexter_graphql.cli.{name}").__dict__[name].help.splitlines()[0] == summary

    def test_help_imports_no_command(self):
        """`dexter --help` needs no graph, no server and no client."""
        code = (
            "import sys; from dexter_graphql.cli import commands; commands(['--help'], standalone_mode=False); "
            "print(sorted({'strawberry', 'graphql', 'aiohttp', 'starlette', 'pydantic'} & set(sys.modules)))"
        )
        shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

        assert shown.stdout.splitlines()[-1] == "[]"


class TestListen:
    """The socket that is served."""

    @pytest.mark.parametrize(("host", "name"), [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("[::1]", "::1")])
    def test_port_0_is_a_free_one(self, host, name):
        """An address of IPv6 may stand in brackets."""
        with listen(host, 0) as listener:
            found, port, *_ = listener.getsockname()

        assert found == name
        assert port > 0

    @pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.1"])
    def test_address_that_cannot_be_had_is_named(self, host):
        """A taken port and an address of another machine are mistakes of the settings."""
        with listen("127.0.0.1", 0) as taken:
            port = taken.getsockname()[1]

            with pytest.raises(SettingsError, match=rf"DEXTER_PORT: cannot listen on {host}:{port} .*--port or --host"):
                listen(host, port)


class TestWelcome:
    """What is printed at the start."""

    def test_passthrough_asks_for_a_token(self):
        """The first query has a place for the token where one is needed."""
        opened = _welcome("http://localhost:1", None, load_settings())
        asked = _welcome("http://localhost:1", None, load_settings(mode="passthrough"))

        assert ("YOUR_TOKEN" in opened, "YOUR_TOKEN" in asked) == (False, True)
        assert FIRST_QUERY in opened
