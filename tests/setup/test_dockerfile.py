"""The Dockerfile, executed without Docker, and the server of its last stage."""

import json
import re
import shutil

import aiohttp

from support.checkout import ROOT, clean_copy, fetch_page, free_port, run, start_command
from support.image import Builder, build_context, parse_steps

STEPS = parse_steps((ROOT / "Dockerfile").read_text())
RULES = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
CLUTTER = (
    ".env",
    ".git/config",
    ".venv/pyvenv.cfg",
    "dexter_graphql/__pycache__/a.pyc",
    "dexter_graphql/console/build/old.js",
    "web/more.mjs",
)
"""Files that must not be in the build context."""


def files_of(folder):
    """Relative paths of all files below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_context_is_what_is_copied(folder):
    """The build context has the package, its documentation and what else is copied, no tests, secrets and results."""
    project = clean_copy(folder / "project")
    package = {f"dexter_graphql/{name}" for name in files_of(project / "dexter_graphql")}
    for name in CLUTTER:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()

    seen = build_context(project, RULES)

    docs = {f"docs/{name}" for name in files_of(project / "docs")}
    single = {"constraints.txt", "pyproject.toml", "README.md", "LICENSE"}
    assert seen == package | docs | single | {"web/build.mjs"}


def test_image_runs_without_rights():
    """The image runs as a user with a fixed id and without a shell."""
    [added] = [value for name, value in STEPS if name == "RUN" and value.startswith("useradd")]
    [user] = [value for name, value in STEPS if name == "USER"]

    assert user == "10001:10001"
    assert "--uid 10001 --user-group" in added
    assert "--shell /usr/sbin/nologin" in added


def test_image_names_bases_and_no_other_host():
    """Stages use slim images of fixed versions, and the last two have the same Python; no host is named."""
    text = (ROOT / "Dockerfile").read_text()
    bases = [value.split()[0] for name, value in STEPS if name == "FROM"]

    assert all(re.fullmatch(r"(node:\d+|python:3\.\d+)-slim", base) for base in bases)
    assert (len(bases), bases[1]) == (3, bases[2])
    assert re.findall(r"https?://([\w.]+)", text) == ["127.0.0.1"]


async def test_steps_give_a_server(folder):
    """The server of the last stage is healthy, serves GraphiQL and requires authentication."""
    project = clean_copy(folder / "project")
    for name in files_of(project) - build_context(project, RULES):
        (project / name).unlink()
    builder, port = Builder(folder, project), free_port()
    await builder.build(STEPS)
    recorded, env = builder.stage.recorded, builder.environment(DEXTER_PORT=str(port))
    entry = [*json.loads(recorded["ENTRYPOINT"]), *json.loads(recorded["CMD"])]
    check = json.loads(recorded["HEALTHCHECK"].partition("CMD ")[2])
    entry[0], check[0] = (shutil.which(name, path=env["PATH"]) for name in (entry[0], check[0]))

    async with start_command(*entry, cwd=builder.stage.workdir, env=env) as command:
        await command.until(rf"GraphQL   http://0\.0\.0\.0:{port}/graphql")
        await run(*check, cwd=builder.stage.workdir, env=env)
        page, files = await fetch_page(f"http://127.0.0.1:{port}")
        status = await status_without_token(port)
        code, _ = await command.end()

    assert {path.name for path in builder.stage.root.iterdir()} == {"opt"}
    assert all(path.startswith(str(builder.stage.root / "opt" / "venv" / "bin")) for path in (entry[0], check[0]))
    assert recorded["EXPOSE"] == builder.stage.env["DEXTER_PORT"]
    assert (len(files), set(files.values())) == (7, {(200, True)})
    assert 'class="notice"' not in page
    assert (status, code) == (401, 0)


async def status_without_token(port):
    """Status of a request without a token."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}/graphql", json={"query": "{ __typename }"}) as answer,
    ):
        return answer.status
