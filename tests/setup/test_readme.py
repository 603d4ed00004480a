"""The README's commands and queries, word for word, against a running server."""

import json
import re
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
    """The decoded answer to a curl command, run by a shell."""
    command = command.replace(ADDRESS, address).replace("curl ", "curl --silent --show-error ", 1)
    return json.loads(await run("bash", "-c", command, cwd=ROOT))


async def test_first_query_gives_the_shown_answer():
    """The first query, pasted into a shell, gives the answer that the README shows."""
    [command] = [text for text in blocks("sh") if text.startswith("curl ")]
    [shown] = blocks("json")
    async with start_command(*SERVE, cwd=ROOT) as server:
        address = (await server.until(r"GraphQL   (http://\S+)/graphql"))[1]
        answer = await answer_of(command, address)

    assert answer == json.loads(shown)


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
            data = await anext(line async for line in stream.content if line.startswith(b"data: "))
            change = json.loads(data.removeprefix(b"data: "))

    assert (resolved["results"][0]["issue"]["status"], resolved["unmatched"]) == ("RESOLVED", [])
    issue = change["data"]["issueChanged"]["change"]["issue"]
    assert (issue["shortId"], issue["status"]) == ("WEB-1", "RESOLVED")


def test_variables_are_those_of_sentry():
    """The block for a real Sentry sets its address and its token, then checks and serves."""
    [text] = [block for block in blocks("sh") if "SENTRY_URL" in block]

    assert re.findall(r"^export (\w+)=", text, re.MULTILINE) == ["SENTRY_URL", "SENTRY_AUTH_TOKEN"]
    assert re.findall(r"^\.venv/bin/dexter (\w+)", text, re.MULTILINE) == ["doctor", "serve"]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`?make ([a-z-]+)", README))))
def test_make_targets_exist(target):
    """Every target that the README names is in the Makefile."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
