"""The code of docs/clients.md with that of examples/resume: compiled with its tools, and run where it is Python."""

import asyncio
import json
import re
import shutil
from contextlib import aclosing
from importlib.util import module_from_spec, spec_from_file_location

import aiohttp
import pytest
import pytest_asyncio

from support.checkout import ROOT, run
from support.live_changes import current_position
from support.node import FOLDER

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCUMENT = (ROOT / "docs" / "clients.md").read_text()
ADDRESS = "http://127.0.0.1:8000"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE_NAME = re.compile(r"(?://|#) (\S+)\n")
PACKAGES = [ROOT / "examples" / "triage" / "node_modules", FOLDER / "node_modules"]
COMPILER_OPTIONS = {
    "target": "ES2022",
    "module": "ESNext",
    "moduleResolution": "bundler",
    "lib": ["ES2023", "DOM", "DOM.Iterable"],
    "jsx": "react-jsx",
    "types": ["react"],
    "strict": True,
    "allowJs": True,
    "checkJs": True,
    "skipLibCheck": True,
    "noEmit": True,
}


def write_section(title, folder):
    """Write the files of a section; the first line of each block has the file's name."""
    [section] = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    for language, text in FENCE.findall(section):
        path = folder / ("relay.config.json" if language == "json" else FILE_NAME.match(text)[1])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def prepare(folder):
    """Give a folder the wrappers that resume, and the installed packages of the example and of these tests."""
    shutil.copytree(ROOT / "examples" / "resume", folder / "src" / "resume")
    for source in PACKAGES:
        for package in [*source.glob("[!.@]*"), *source.glob("@*/*")]:
            link = folder / "node_modules" / package.relative_to(source)
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(package)


async def compile_types(folder):
    """Check the types of all files below `src`."""
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": COMPILER_OPTIONS, "include": ["src"]}))
    await run("node", folder / "node_modules" / "typescript" / "bin" / "tsc", cwd=folder)


async def test_code_for_apollo_and_urql_has_right_types(site, tmp_path):
    """The configuration generates types from the served schema; the clients' files use them, and the wrappers."""
    prepare(tmp_path)
    for title in ("GraphQL Code Generator", "Apollo Client", "urql"):
        write_section(title, tmp_path)
    config = tmp_path / "codegen.ts"
    config.write_text(config.read_text().replace(ADDRESS, site.url))

    await run("node", tmp_path / "node_modules" / "@graphql-codegen" / "cli" / "cjs" / "bin.js", cwd=tmp_path)
    await compile_types(tmp_path)

    assert "issueChanged" in (tmp_path / "src" / "gql" / "graphql.ts").read_text()


async def test_code_for_relay_has_right_types(graph, tmp_path):
    """The compiler accepts the fragment, and the files use the types that it generates."""
    prepare(tmp_path)
    write_section("Relay", tmp_path)
    (tmp_path / "schema.graphql").write_text(graph.sdl())

    await run("node", tmp_path / "node_modules" / "relay-compiler" / "cli.js", "relay.config.json", cwd=tmp_path)
    await compile_types(tmp_path)

    assert (tmp_path / "src" / "__generated__" / "RelayIssuesPageQuery.graphql.ts").exists()


@pytest_asyncio.fixture(loop_scope="module")
async def triage(site, tmp_path):
    """The module for Python, set to the server under test."""
    write_section("Python", tmp_path)
    spec = spec_from_file_location("triage", tmp_path / "triage.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.URL = module.URL.replace(ADDRESS, site.url)
    return module


async def test_code_for_python_works(site, triage):
    """All pages of a list are read; a stream gives the change after a position, or the next one if it is refused."""
    position = await current_position(site)
    issue = site.upstream.simulation.open_issue()
    async with aiohttp.ClientSession() as session:
        listed = [node["shortId"] async for node in triage.all_issues(session, "acme")]
        async with aclosing(triage.changes(session, "acme", position)) as changes:
            item = await asyncio.wait_for(anext(changes), 10)
        async with aclosing(triage.changes(session, "acme", "of another server", pause_s=0)) as changes:
            coming = asyncio.ensure_future(anext(changes))
            await current_position(site)
            restarted = await asyncio.wait_for(coming, 10)

    assert len(listed) == len(set(listed)) > 100
    assert item["change"] == {"kind": "CREATED", "issue": {"shortId": issue.short_id}}
    assert restarted["position"] != item["position"]
