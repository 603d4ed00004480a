"""Routes of the files of releases, in an organization and in one of its projects."""

import hashlib
import re
from typing import Final

from dexter_graphql.sandbox.http import (
    HTTPError,
    Request,
    Response,
    Route,
    any_scope,
    find_or_404,
    raise_bad_request,
    raise_validation_error,
)
from dexter_graphql.sandbox.pagination import paginate
from dexter_graphql.sandbox.path_lookups import get_release_in_path
from dexter_graphql.sandbox.routes.releases import READ
from dexter_graphql.sandbox.serializers.releases import serialize_release_file
from dexter_graphql.sandbox.world.model import ReleaseFile

_WRITE = any_scope("org:ci", "project:admin", "project:releases", "project:write")
_DELETE = any_scope("project:admin", "project:releases")
_MAX_NAME: Final = 200
_LINE_BREAKS = re.compile(r"[\n\t\r\f\v\\]")


def list_files(request: Request) -> object:
    """List the files of a release, filtered by part of the name (`query`) and by checksum."""
    parts, sums = request.param_list("query"), request.param_list("checksum")
    rows = [
        file
        for file in get_release_in_path(request).files
        if (not parts or any(part in file.name for part in parts)) and (not sums or file.sha1 in sums)
    ]
    return paginate(request, rows, serialize_release_file)


def get_file(request: Request) -> object:
    """Get a file of a release, or its content with `download`."""
    file = _file_in_path(request)
    if request.param("download") is None:
        return serialize_release_file(file)
    name = file.name.rpartition("/")[2]
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(file.content, headers={"Content-Type": "application/octet-stream", **disposition})


def upload_file(request: Request) -> Response:
    """Add a file to a release; 409 when it has one of this name and distribution."""
    release, form = get_release_in_path(request), request.form
    upload = next((part for part in form if part.name == "file"), None)
    if upload is None:
        raise_bad_request("Missing uploaded file")
    fields = {part.name: part.text for part in form if part is not upload}
    name, dist = fields.get("name") or upload.file_name, fields.get("dist") or None
    if _LINE_BREAKS.search(name):
        raise_bad_request("File name must not contain special whitespace characters")
    if any((file.name, file.dist) == (name, dist) for file in release.files):
        raise HTTPError(409, {"detail": "A file matching this one already exists for the given release"})
    headers = _parse_headers([part.text for part in form if part.name == "header"])
    sha1 = hashlib.sha1(upload.content, usedforsecurity=False).hexdigest()
    world = request.world
    file = ReleaseFile(world.new_id(), name, dist, headers, sha1, upload.content, world.now())
    release.files.append(file)
    return Response(serialize_release_file(file), 201)


def rename_file(request: Request) -> object:
    """Change the name of a file."""
    file, name = _file_in_path(request), request.json_object().get("name")
    if not isinstance(name, str) or not name:
        raise_validation_error({"name": ["This field is required."]})
    if len(name) > _MAX_NAME:
        raise_validation_error({"name": [f"Ensure this field has no more than {_MAX_NAME} characters."]})
    file.name = name
    return serialize_release_file(file)


def delete_file(request: Request) -> Response:
    """Delete a file."""
    get_release_in_path(request).files.remove(_file_in_path(request))
    return Response(None, 204)


def _file_in_path(request: Request) -> ReleaseFile:
    return find_or_404(get_release_in_path(request).files, request.path_params["file"])


def _parse_headers(values: list[str]) -> dict[str, str]:
    if any(":" not in value for value in values):
        raise_bad_request("header value was not formatted correctly")
    pairs = [value.partition(":") for value in values]
    return {"Content-Type": "application/octet-stream"} | {name: value.strip() for name, _, value in pairs}


_FILES = "/organizations/{organization}/releases/{version}/files/"
_PROJECT_FILES = "/projects/{organization}/{project}/releases/{version}/files/"

ROUTES = tuple(
    route
    for path in (_FILES, _PROJECT_FILES)
    for route in (
        Route("GET", path, list_files, READ),
        Route("POST", path, upload_file, _WRITE),
        Route("GET", path + "{file}/", get_file, READ),
        Route("PUT", path + "{file}/", rename_file, _WRITE),
        Route("DELETE", path + "{file}/", delete_file, _DELETE),
    )
)
