"""The page of the routes: method, path, purpose and parameters of each, without scripts."""

import html
from collections.abc import Iterable, Sequence
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from dexter_graphql.server.console import Console
from dexter_graphql.server.rest.route import RestRoute


class RoutesPage:
    """Renders the routes by family."""

    def __init__(self, routes: Sequence[RestRoute], console: Console) -> None:
        self._routes = sorted(routes, key=lambda route: (route.document.family, route.document.path))
        self._console = console

    async def __call__(self, _request: Request) -> Response:
        """Send the page."""
        families = groupby(self._routes, key=lambda route: route.document.family)
        sections = "\n".join(_section(family, routes) for family, routes in families)
        return self._console.render("routes.html", {"routes": sections})


def _section(family: str, routes: Iterable[RestRoute]) -> str:
    return f"<h2>{html.escape(family)}</h2>\n" + "\n".join(map(_route, routes))


def _route(route: RestRoute) -> str:
    document = route.document
    parameters = {name: p for operation in route.operations.values() for name, p in operation.parameters.items()}
    choice = document.operation_parameter
    rows = [] if choice is None else [_row(choice, "body", " | ".join(route.operations), None)]
    rows += [_row(name, p.location, str(p.type), p.description) for name, p in parameters.items()]
    return (
        f"<details><summary><code>{document.method} {html.escape(document.path)}</code> "
        f"{html.escape(document.purpose)}</summary>"
        f"<table><tr><th>name</th><th>in</th><th>type</th><th>meaning</th></tr>{''.join(rows)}</table>"
        f"<pre>{html.escape(document.text)}</pre></details>"
    )


def _row(name: str, location: str, type_name: str, description: str | None) -> str:
    cells = (f"<code>{html.escape(name)}</code>", location, f"<code>{html.escape(type_name)}</code>")
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}<td>{html.escape(description or '')}</td></tr>"
