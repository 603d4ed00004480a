"""The documentation as web pages: Markdown text, which the page renders."""

import html
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from dexter_graphql.server.console import CONSOLE, Console

START = "console.md"


class Docs:
    """The pages of a folder of Markdown files, each with links to all others."""

    def __init__(self, console: Console, folder: Path = CONSOLE / "docs") -> None:
        self._console = console
        self._texts = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}

    def routes(self) -> list[Route]:
        """The routes of the pages."""
        return [Route("/docs", self._start), Route("/docs/{name}", self._page)]

    async def _start(self, _request: Request) -> Response:
        return RedirectResponse(f"/docs/{START}")

    async def _page(self, request: Request) -> Response:
        name = request.path_params["name"]
        text = self._texts.get(name)
        if text is None:
            return PlainTextResponse("Not found", HTTPStatus.NOT_FOUND)
        values = {"title": html.escape(_title(text)), "links": _links(self._texts, name), "text": html.escape(text)}
        return self._console.render("docs.html", values)


def _links(texts: Mapping[str, str], current: str) -> str:
    return "\n".join(
        f'<a href="/docs/{html.escape(name)}"{" aria-current=page" * (name == current)}>{html.escape(_title(text))}</a>'
        for name, text in texts.items()
    )


def _title(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# ")
