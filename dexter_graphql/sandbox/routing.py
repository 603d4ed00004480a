"""Router over percent-encoded paths, since a release version may contain an encoded slash."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from dexter_graphql.sandbox.http import Route

PREFIX: Final = "/api/0"


@dataclass(frozen=True, slots=True)
class RouteMatch:
    """A route with its decoded path parameters."""

    route: Route
    path_params: dict[str, str]


class Router:
    """Routes by number of segments; templates with fewer parameters take precedence."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[int, list[tuple[list[str], Route]]] = {}
        for route in routes:
            segments = route.path.split("/")
            self._routes.setdefault(len(segments), []).append((segments, route))
        for candidates in self._routes.values():
            candidates.sort(key=lambda pair: sum(part.startswith("{") for part in pair[0]))

    def match(self, method: str, path: str) -> RouteMatch | None:
        """The route for a method and a raw path below `/api/0`."""
        segments = path.split("/")
        for template, route in self._routes.get(len(segments), ()):
            if route.method == method and (path_params := _match_segments(template, segments)) is not None:
                return RouteMatch(route, path_params)
        return None

    def methods(self, path: str) -> list[str]:
        """The methods with a route for the path."""
        segments = path.split("/")
        fitting = self._routes.get(len(segments), ())
        return [route.method for template, route in fitting if _match_segments(template, segments) is not None]


def _match_segments(template: list[str], segments: list[str]) -> dict[str, str] | None:
    path_params: dict[str, str] = {}
    for expected, actual in zip(template, segments, strict=True):
        if expected.startswith("{"):
            if not actual:
                return None
            path_params[expected[1:-1]] = unquote(actual)
        elif expected != actual:
            return None
    return path_params
