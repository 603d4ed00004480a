"""Knows how the GraphiQL page is put together, from files beside the package or, without them, from the network.

Both are the same files, held against the same hashes.
"""

import html
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dexter_graphql.operations.library import Document

CONSOLE = Path(__file__).parent.parent / "console"
OWN_FILES = ("console.js", "console.css")
NOTICE = (
    '<p class="notice">GraphiQL is loaded from the network, because it was not built here. '
    "Install Node.js and run <code>make console</code> to have it offline.</p>"
)


class Asset(msgspec.Struct, frozen=True):
    """A file of a package, and the hash that it must have."""

    kind: str
    package: str
    version: str
    file: str
    integrity: str

    @property
    def name(self) -> str:
        """Name of the local copy."""
        return self.file.rpartition("/")[2]


class Manifest(msgspec.Struct, frozen=True):
    """What GraphiQL is made of, and where the network has it."""

    network: str
    assets: tuple[Asset, ...]


@dataclass(frozen=True, slots=True)
class Console:
    """The page and its files. `is_local` is false when the files were not built."""

    folder: Path
    manifest: Manifest
    is_local: bool

    @classmethod
    def load(cls, folder: Path = CONSOLE) -> "Console":
        """The console as it stands on the disk."""
        manifest = msgspec.json.decode((folder / "assets.json").read_bytes(), type=Manifest)
        is_local = all((folder / "build" / asset.name).is_file() for asset in manifest.assets)
        return cls(folder, manifest, is_local)

    def page(self, examples: Sequence[Document]) -> Response:
        """The page, with examples to open."""
        tags = {kind: "\n    ".join(self._tag(a) for a in self.manifest.assets if a.kind == kind) for kind in TAGS}
        listed = [
            {"name": e.name, "purpose": e.purpose, "document": e.text, "variables": e.variables} for e in examples
        ]
        values = {
            "styles": tags["style"],
            "scripts": tags["script"],
            "notice": "" if self.is_local else NOTICE,
            # Inside of a script element only `<` could end it.
            "examples": msgspec.json.encode(listed).decode().replace("<", "\\u003c"),
        }
        page = (self.folder / "index.html").read_text(encoding="utf-8")
        for name, value in values.items():
            page = page.replace("{" + name + "}", value)
        return Response(page, media_type="text/html; charset=utf-8", headers=self._headers())

    def routes(self) -> list[Route]:
        """The page's files."""
        return [Route("/console/assets/{name}", self._file)]

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name in OWN_FILES:
            return _file(self.folder / name, "no-cache")
        if self.is_local and any(asset.name == name for asset in self.manifest.assets):
            # The address carries the version, so that a new version has a new address.
            return _file(self.folder / "build" / name, "public, max-age=31536000, immutable")
        return PlainTextResponse("Not found", 404)

    def _tag(self, asset: Asset) -> str:
        if self.is_local:
            address = f"/console/assets/{asset.name}?v={asset.version}"
        else:
            address = f"{self.manifest.network}/{asset.package}@{asset.version}/{asset.file}"
        return TAGS[asset.kind].format(address=html.escape(address), integrity=html.escape(asset.integrity))

    def _headers(self) -> dict[str, str]:
        sources = "'self'" if self.is_local else f"'self' {self.manifest.network}"
        policy = (
            f"default-src 'none'; script-src {sources}; style-src {sources} 'unsafe-inline'; img-src 'self' data:; "
            "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        return {
            "Content-Security-Policy": policy,
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept",
        }


TAGS = {
    "style": '<link rel="stylesheet" href="{address}" integrity="{integrity}" crossorigin="anonymous" />',
    "script": '<script src="{address}" integrity="{integrity}" crossorigin="anonymous" defer></script>',
}
"""How a page loads each kind of file."""


def _file(path: Path, cache_control: str) -> Response:
    media_type = mimetypes.types_map[path.suffix]
    headers = {"Cache-Control": cache_control, "X-Content-Type-Options": "nosniff"}
    return Response(path.read_bytes(), media_type=media_type, headers=headers)
