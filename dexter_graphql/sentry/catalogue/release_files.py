"""Endpoints of the files of releases, in an organization and in one of its projects."""

from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination
from dexter_graphql.sentry.restriction import AccessLevel, by_parent, by_path

READ = ("org:ci", "project:admin", "project:read", "project:releases", "project:write")
WRITE = ("org:ci", "project:admin", "project:releases", "project:write")
DELETE_SCOPES = ("project:admin", "project:releases")
TAGS = ("release_files/{organization}",)
FILES = "/organizations/{organization}/releases/{release}/files/"
PROJECT_FILES = "/projects/{organization}/{project}/releases/{release}/files/"

LIST = Endpoint(
    "release_files.list",
    "GET",
    FILES,
    READ,
    restriction=by_parent(AccessLevel.READ, "release"),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=(*TAGS, "releases/{organization}"),
)
DETAIL = Endpoint(
    "release_files.detail",
    "GET",
    FILES + "{file}/",
    READ,
    restriction=by_parent(AccessLevel.READ, "release"),
    lifetime=Lifetime.STABLE,
    tags=(*TAGS, "releases/{organization}"),
)
UPLOAD = Endpoint(
    "release_files.upload",
    "POST",
    FILES,
    WRITE,
    restriction=by_parent(AccessLevel.ADMIN, "release"),
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=TAGS,
)
RENAME = Endpoint(
    "release_files.rename",
    "PUT",
    FILES + "{file}/",
    WRITE,
    restriction=by_parent(AccessLevel.ADMIN, "release"),
    lifetime=Lifetime.NEVER,
    tags=TAGS,
)
DELETE = Endpoint(
    "release_files.delete",
    "DELETE",
    FILES + "{file}/",
    DELETE_SCOPES,
    restriction=by_parent(AccessLevel.ADMIN, "release"),
    lifetime=Lifetime.NEVER,
    tags=TAGS,
)
PROJECT_LIST = Endpoint(
    "release_files.project_list",
    "GET",
    PROJECT_FILES,
    READ,
    restriction=by_path(AccessLevel.READ),
    pages=Pagination.PER_PAGE,
    lifetime=Lifetime.STABLE,
    tags=(*TAGS, "releases/{organization}"),
)
PROJECT_DETAIL = Endpoint(
    "release_files.project_detail",
    "GET",
    PROJECT_FILES + "{file}/",
    READ,
    restriction=by_path(AccessLevel.READ),
    lifetime=Lifetime.STABLE,
    tags=(*TAGS, "releases/{organization}"),
)
PROJECT_UPLOAD = Endpoint(
    "release_files.project_upload",
    "POST",
    PROJECT_FILES,
    WRITE,
    restriction=by_path(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    is_idempotent=False,
    tags=TAGS,
)
PROJECT_RENAME = Endpoint(
    "release_files.project_rename",
    "PUT",
    PROJECT_FILES + "{file}/",
    WRITE,
    restriction=by_path(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    tags=TAGS,
)
PROJECT_DELETE = Endpoint(
    "release_files.project_delete",
    "DELETE",
    PROJECT_FILES + "{file}/",
    DELETE_SCOPES,
    restriction=by_path(AccessLevel.ADMIN),
    lifetime=Lifetime.NEVER,
    tags=TAGS,
)
