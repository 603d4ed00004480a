"""The README's commands and queries, word for word, against a running server."""

import json
import re
import shlex
import shutil
import sys

import aiohttp
import pytest

from support.checkout import ROOT, run, start_command

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
BLOCKS = [(match[1], match[2]) for match in BLOCK.finditer(README)]
ADDRESS = "http://127.0.0.1:8000"
SERVE = (sys.executable, "-m", "dexter_graphql", "serve", "--sandbox", "--port", "0")


def blocks(kind):
    """Contents of all code blocks of a kind."""
    return [text for name, text in BLOCKS if name == kind]


async def answer_of(command, address):
    """The decoded answer to a curl command, run by a shell; without curl, the same request by other means."""
    command = command.replace(ADDRESS, address)
    if shutil.which("curl"):
        return json.loads(await run("bash", "-c", command.replace("curl ", "curl -sS ", 1), cwd=ROOT))
    _, url, method, option, data = shlex.split(command)
    assert (method, option) == ("--get", "--data-urlencode")
    name, _, value = data.partition("=")
    async with aiohttp.ClientSession() as session, session.get(url, params={name: value}) as answer:
        return await answer.json()


async def test_first_query_gives_the_shown_answer():
    """The first query, pasted into a shell, gives the answer that the README shows."""
    [command] = [text for text in blocks("sh") if text.startswith("curl ")]
    [shown] = blocks("json")
    async with start_command(*SERVE, cwd=ROOT) as server:
        address = (await server.until(r"GraphQL   (http://\S+)/graphql"))[1]
        answer = await answer_of(command, address)

    assert answer == json.loads(shown)


async def test_printed_query_is_answered():
    """The query that the server prints at its start works when it is pasted."""
    async with start_command(*SERVE, cwd=ROOT) as server:
        printed = (await server.until(r"(curl http://127\.0\.0\.1:\d+/graphql .*\\\n.*'\n)"))[1]
        words = shlex.split(printed.replace("\\\n", ""))
        async with aiohttp.ClientSession() as session:
            headers = {"content-type": "application/json"}
            async with session.post(words[1], data=words[-1], headers=headers) as answer:
                body = await answer.json()

    assert list(body) == ["data"]


async def test_mutation_and_subscription_work():
    """The mutation resolves the issue, and the subscription receives the change."""
    [text] = blocks("graphql")
    mutation, subscription = text.split("\n\n")
    async with start_command(*SERVE, cwd=ROOT) as server, aiohttp.ClientSession() as session:
        url = (await server.until(r"GraphQL   (http://\S+)"))[1]
        async with session.post(
            url,
            json={"query": subscription},
            headers={"accept": "text/event-stream"},
            timeout=aiohttp.ClientTimeout(20),
        ) as stream:
            async with session.post(url, json={"query": mutation}) as answer:
                resolved = (await answer.json())["data"]["resolveIssues"]
            change = json.loads((await stream.content.readuntil(b"\n\n")).partition(b"data: ")[2])

    assert (resolved["results"][0]["issue"]["status"], resolved["unmatched"]) == ("RESOLVED", [])
    issue = change["data"]["issueChanged"]["change"]["issue"]
    assert (issue["shortId"], issue["status"]) == ("WEB-1", "RESOLVED")


async def test_doctor_accepts_what_the_readme_sets():
    """The variables and commands for a real Sentry exist; without a reachable Sentry, doctor says what to do."""
    [text] = [block for block in blocks("sh") if "SENTRY_URL" in block]
    commands = re.findall(r"^\.venv/bin/dexter (\w+)", text, re.MULTILINE)

    assert commands == ["doctor", "serve"]
    assert re.findall(r"^export (\w+)=", text, re.MULTILINE) == ["SENTRY_URL", "SENTRY_AUTH_TOKEN"]
    for name in commands:
        assert "Usage:" in await run(sys.executable, "-m", "dexter_graphql", name, "--help", cwd=ROOT)


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make ([a-z-]+)", README))))
def test_make_targets_exist(target):
    """Every target that the README names is in the Makefile."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
