"""The GraphiQL page, from files that are built into the package or, without them, from the network.

Both are the same files, checked against the same hashes.
"""

import html
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dexter_graphql.operations.library import Document
from dexter_graphql.settings import Settings
from dexter_graphql.settings.identity import Mode

CONSOLE = Path(__file__).parent.parent / "console"
OWN_TYPES = {".js", ".css"}
"""Types of the files that were written for the page."""
PLACEHOLDER = re.compile(r"\{(\w+)\}")
NETWORK_NOTICE = (
    '<p class="notice">GraphiQL is loaded from the network, because it was not built here. '
    "Install Node.js and run <code>make console</code> to have it offline.</p>"
)


class Asset(msgspec.Struct, frozen=True):
    """A file of an npm package, and its hash."""

    kind: str
    package: str
    version: str
    file: str
    integrity: str

    @property
    def name(self) -> str:
        """File name of the local copy."""
        return self.file.rpartition("/")[2]


class Manifest(msgspec.Struct, frozen=True):
    """The files of GraphiQL, and the address that has them."""

    network: str
    assets: tuple[Asset, ...]


class ServerFacts(msgspec.Struct, frozen=True, rename="camel"):
    """What the page says about the server: its Sentry, whether it needs a token, and what operations may do."""

    sentry: str
    access: str
    is_sandbox: bool
    needs_token: bool

    @classmethod
    def of(cls, settings: Settings, *, is_sandbox: bool) -> "ServerFacts":
        """Return the facts of a server with these settings."""
        needs_token = Mode.OPEN not in settings.mode
        own = "reads and writes" if is_sandbox or settings.allow_writes else "read-only"
        credential = "token" if settings.mode == (Mode.PASSTHROUGH,) else "credential"
        return cls(
            sentry="sandbox" if is_sandbox else urlsplit(settings.sentry_url).netloc,
            access=f"permissions of your {credential}" if needs_token else own,
            is_sandbox=is_sandbox,
            needs_token=needs_token,
        )


@dataclass(frozen=True, slots=True)
class Console:
    """The pages and their files. `is_local` is False when GraphiQL was not built."""

    folder: Path
    manifest: Manifest
    is_local: bool

    @classmethod
    def load(cls, folder: Path = CONSOLE) -> "Console":
        """Read the manifest, and check whether the files were built."""
        manifest = msgspec.json.decode((folder / "assets.json").read_bytes(), type=Manifest)
        is_local = all((folder / "build" / asset.name).is_file() for asset in manifest.assets)
        return cls(folder, manifest, is_local)

    def page(self, facts: ServerFacts, examples: Sequence[Document]) -> Response:
        """Render GraphiQL with examples to open."""
        listed = [
            {"name": example.name, "purpose": example.purpose, "document": example.text, "variables": example.variables}
            for example in examples
        ]
        network = None if self.is_local else self.manifest.network
        content = msgspec.json.encode({"server": facts, "network": network, "examples": listed}).decode()
        values = {
            "sentry": html.escape(facts.sentry),
            "access": html.escape(facts.access),
            "notice": "" if self.is_local else NETWORK_NOTICE,
            # Inside a script element only `<` could end it.
            "content": content.replace("<", "\\u003c"),
        }
        return self.render("index.html", values)

    def render(self, template: str, values: Mapping[str, str], status: int = HTTPStatus.OK) -> Response:
        """Return a page with its placeholders replaced; values are HTML."""
        values = {"styles": self._tags("style"), "scripts": self._tags("script"), **values}
        text = (self.folder / template).read_text(encoding="utf-8")
        page = PLACEHOLDER.sub(lambda match: values[match[1]], text)
        return Response(page, status, self._headers(), "text/html; charset=utf-8")

    def routes(self) -> list[Route]:
        """The route of the pages' files."""
        return [Route("/console/assets/{name}", self._file)]

    async def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        if (path := self.folder / name).suffix in OWN_TYPES and path in self.folder.iterdir():
            return _file(path, "no-cache")
        if self.is_local and any(asset.name == name for asset in self.manifest.assets):
            # The URL contains the version, so a new version has a new URL.
            return _file(self.folder / "build" / name, "public, max-age=31536000, immutable")
        return PlainTextResponse("Not found", HTTPStatus.NOT_FOUND)

    def _tags(self, kind: str) -> str:
        return "\n    ".join(self._tag(asset) for asset in self.manifest.assets if asset.kind == kind)

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
"""The element that loads each kind of file."""


def _file(path: Path, cache_control: str) -> Response:
    media_type = mimetypes.types_map[path.suffix]
    headers = {"Cache-Control": cache_control, "X-Content-Type-Options": "nosniff"}
    return Response(path.read_bytes(), media_type=media_type, headers=headers)
