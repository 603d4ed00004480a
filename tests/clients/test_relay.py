"""Relay's compiler with the schema, and its generated operations on the server."""

import json
import re
import shutil

import pytest
import pytest_asyncio

from support.node import installed_scripts, run, run_script
from support.server import running_site

pytestmark = pytest.mark.asyncio(loop_scope="module")

COMPILED = {
    "IssueListPaginationQuery",
    "IssueListQuery",
    "IssueList_organization",
    "IssueNodeQuery",
    "IssueNodeSubscription",
    "IssueRowRefetchQuery",
    "IssueRow_issue",
}
TEXT = re.compile(r'^ *"text": ("(?:[^"\\]|\\.)*")', re.MULTILINE)


async def compiled(folder):
    """Exit code and output of the compiler in a folder."""
    compiler = installed_scripts() / "node_modules" / "relay-compiler" / "cli.js"
    code, out, err = await run(compiler, "relay.config.json", cwd=folder)
    return code, out + err


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def project(tmp_path_factory, graph):
    """A copy of the Relay project with the schema."""
    folder = tmp_path_factory.mktemp("relay") / "project"
    shutil.copytree(installed_scripts() / "relay", folder)
    (folder / "schema.graphql").write_text(graph.sdl())
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def artifacts(project):
    """Artifacts of the compiler by name."""
    code, said = await compiled(project)
    assert code == 0, said
    return {path.name.removesuffix(".graphql.js"): path.read_text() for path in project.rglob("*.graphql.js")}


def text_of(artifact):
    """The operation in an artifact."""
    return json.loads(TEXT.search(artifact)[1])


async def test_compiler_accepts_the_schema(artifacts):
    """Relay compiles fragments, a connection and a refetchable object."""
    assert set(artifacts) == COMPILED


async def test_pages_follow_one_another(site, artifacts):
    """The generated pagination query continues after the first page."""
    first = await site.data(text_of(artifacts["IssueListQuery"]), slug="acme", count=2)
    issues, id_ = first["organization"]["issues"], first["organization"]["id"]
    text = text_of(artifacts["IssueListPaginationQuery"])
    second = await site.data(text, id=id_, count=2, cursor=issues["pageInfo"]["endCursor"])
    both = await site.data(text_of(artifacts["IssueListQuery"]), slug="acme", count=4)

    pages = [page["issues"]["edges"] for page in (first["organization"], second["node"], both["organization"])]
    [first_ids, second_ids, both_ids] = [[edge["node"]["shortId"] for edge in page] for page in pages]
    assert (second["node"]["__typename"], second["node"]["id"]) == ("Organization", id_)
    assert (len(first_ids), len(second_ids), first_ids + second_ids) == (2, 2, both_ids)


async def test_object_is_fetched_again(site, artifacts):
    """The generated refetch query returns the same object by its id."""
    listed = await site.data(text_of(artifacts["IssueListQuery"]), slug="acme", count=1)
    [edge] = listed["organization"]["issues"]["edges"]
    again = await site.data(text_of(artifacts["IssueRowRefetchQuery"]), id=edge["node"]["id"])

    assert again["node"] == edge["node"]


async def test_unknown_field_is_not_compiled(project, tmp_path):
    """The compiler rejects a field that is not in the schema."""
    folder = shutil.copytree(project, tmp_path / "project")
    source = folder / "src" / "IssueRow.js"
    source.write_text(source.read_text().replace("shortId", "shorterId"))

    code, said = await compiled(folder)

    assert (code, "shorterId" in said) == (1, True)


async def test_persisted_operations_are_trusted_documents(project, tmp_path):
    """The file that the compiler writes is a manifest; the runtime sends ids, and nothing else is executed."""
    folder = shutil.copytree(project, tmp_path / "project", ignore=shutil.ignore_patterns("__generated__"))
    config = folder / "relay.config.json"
    settings = json.loads(config.read_text()) | {"persistConfig": {"file": "./persisted.json", "algorithm": "SHA256"}}
    config.write_text(json.dumps(settings))
    (folder / "persisted.json").write_text("{}")
    (folder / "package.json").write_text('{"type": "module"}')
    code, said = await compiled(folder)
    assert code == 0, said
    [artifact] = folder.rglob("IssueListQuery.graphql.js")

    async with running_site(documents=str(folder / "persisted.json"), documents_only=True) as strict:
        task = {"slug": "acme", "count": 2}
        outcome = await run_script("relay.mjs", strict.graphql, artifact, stdin=task)
        _, _, refused = await strict.post("{ __typename }")

    assert (outcome["sent"], outcome["text"]) == ([["doc_id", "variables"]], None)
    assert outcome["data"]["organization"]["__id"]
    assert refused["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_ALLOWED"
