"""Stored documents that are served as REST routes: their headers have the method and the path.

Besides the lines that every stored document has, a header has these:

- `route`: method and path, whose parts in braces are variables;
- `result`: path of the response's data in that of the operation;
- `operation`: for a document with several operations, the parameter that names the operation;
- `status`: status of a success, if it is not 200.
"""

import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from dexter_graphql.operations.library import Document, LibraryError, parse_document

ROUTE = re.compile(r"(GET|POST|PUT) (/api/v1(?:/[a-z-]+|/\{\w+\})+)")
PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class RouteDocument(Document):
    """A document and the route that serves it."""

    @property
    def id(self) -> str:
        """Its id among the stored documents."""
        return f"api/{super().id}"

    @property
    def method(self) -> str:
        """Method of the route."""
        return self.header["route"].partition(" ")[0]

    @property
    def path(self) -> str:
        """Path of the route, with variables in braces."""
        return self.header["route"].partition(" ")[2]

    @property
    def family(self) -> str:
        """First part of the path below the version."""
        return self.path.split("/")[3]

    @cached_property
    def path_variables(self) -> tuple[str, ...]:
        """Variables that are parts of the path."""
        return tuple(PLACE.findall(self.path))

    @property
    def result(self) -> tuple[str, ...]:
        """Path of the response's data in that of the operation."""
        return tuple(self.header["result"].split("."))

    @property
    def operation_parameter(self) -> str | None:
        """The parameter that names the operation; None for a document with one operation."""
        return self.header.get("operation")

    @property
    def status(self) -> int:
        """Status of a success."""
        return int(self.header.get("status", "200"))


@cache
def load_routes() -> tuple[RouteDocument, ...]:
    """All documents with a route, in the order of their file names."""
    items = sorted((item for item in files(__name__).iterdir() if item.name.endswith(".graphql")), key=lambda i: i.name)
    return tuple(parse_route(item.name, item.read_text("utf-8")) for item in items)


def parse_route(file: str, text: str) -> RouteDocument:
    """Read a document and its header; raises LibraryError for an incomplete one."""
    document = parse_document(file, text)
    if not ROUTE.fullmatch(document.header.get("route", "")) or "result" not in document.header:
        raise LibraryError(f"{file} has no header '# route: GET /api/v1/…' or no '# result: …'")
    return RouteDocument(document.file, document.text, document.header)
