"""Contents of the wheel, and the installed command outside of the project's folder."""

import os
import sys
import sysconfig
import venv
import zipfile

import pytest
import pytest_asyncio

from dexter_graphql import __version__
from dexter_graphql.operations.library import load_library
from dexter_graphql.operations.routes import load_routes
from support.checkout import CONSOLE_BUILD, ROOT, clean_copy, fetch_page, run, start_command

pytestmark = pytest.mark.asyncio(loop_scope="module")

PACKAGE = ROOT / "dexter_graphql"
WHEEL = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def wheel(tmp_path_factory):
    """A wheel of a clean copy with GraphiQL's files, built without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = clean_copy(folder / "copy", with_console=True)
    await run(sys.executable, *WHEEL, folder, copy, cwd=copy)
    [built] = folder.glob("*.whl")
    return built


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def installed(wheel, tmp_path_factory):
    """The `dexter` command of a new virtual environment with the wheel and its dependencies."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    python = folder / "bin" / "python"
    await run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel),
        cwd=folder,
    )
    [packages] = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    location = await run(python, "-c", "import dexter_graphql; print(dexter_graphql.__file__)", cwd=folder)
    assert location.startswith(str(packages))
    return folder / "bin" / "dexter"


async def test_wheel_has_exactly_the_files_of_the_package(wheel):
    """Modules, `py.typed`, stored documents, pages, GraphiQL's files and the documentation, and nothing else."""
    modules = {path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts}
    stored = {PACKAGE / "operations" / "library" / document.file for document in load_library()}
    stored |= {PACKAGE / "operations" / "routes" / document.file for document in load_routes()}
    page = {path for path in (PACKAGE / "console").iterdir() if path.suffix in {".css", ".html", ".js", ".json"}}
    docs = {PACKAGE / "console" / "docs" / path.name for path in (ROOT / "docs").glob("*.md")}
    console = {path for path in CONSOLE_BUILD.iterdir() if path.suffix}
    expected = modules | stored | page | docs | console | {PACKAGE / "py.typed"}

    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert len(stored) == len(load_library()) + len(load_routes())
    assert len(console) == 5
    assert names == {path.relative_to(ROOT).as_posix() for path in expected}


async def test_wheel_metadata(wheel):
    """The metadata has name, version, licence and the command."""
    archive = zipfile.ZipFile(wheel)
    info = f"dexter_graphql-{__version__}.dist-info"

    metadata = archive.read(f"{info}/METADATA").decode().splitlines()

    assert {"Name: dexter-graphql", f"Version: {__version__}", "License-Expression: Apache-2.0"} <= set(metadata)
    assert archive.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
    assert "dexter = dexter_graphql.cli:main" in archive.read(f"{info}/entry_points.txt").decode().splitlines()


async def test_installed_command_prints_the_schema(installed, tmp_path):
    """The schema of the installed command is that of the code."""
    printed = await run(installed, "schema", cwd=tmp_path)

    assert printed == (await run(sys.executable, "-m", "dexter_graphql", "schema", cwd=ROOT))


async def test_installed_command_serves_graphiql(installed, tmp_path):
    """The server of the wheel serves the page with all its files and the examples."""
    async with start_command(installed, "serve", "--sandbox", "--port", "0", cwd=tmp_path) as command:
        address = (await command.until(r"GraphQL   (http://\S+)/graphql"))[1]
        page, files = await fetch_page(address)
        code, _ = await command.end()

    assert code == 0
    assert len(files) == 7
    assert set(files.values()) == {(200, True)}
    assert "https://" not in page.partition("<body>")[0]
    assert [document.name for document in load_library() if f'"{document.name}"' not in page] == []
