"""Route of links to source code: each project is mapped to the repository of its name."""

from typing import Any, Final

from dexter_graphql.sandbox.http import Request, Route, any_scope, raise_bad_request
from dexter_graphql.sandbox.world.model import Repository
from dexter_graphql.sandbox.world.stack_traces import LANGUAGES

_STACK_ROOT: Final = "~/"
_BRANCH: Final = "main"


def get_source_link(request: Request) -> object:
    """Get the URL of a file of the application, or the reason why there is none."""
    file = request.param("file")
    if not file:
        raise_bad_request("Filepath is required")
    repository = _find_repository(request)
    if repository is None:
        return {"config": None, "sourceUrl": None, "integrations": [], "error": "no_code_mappings_for_project"}
    path = file.removeprefix(_STACK_ROOT)
    url = f"{repository.url}/blob/{request.param('commitId') or _BRANCH}/{path}"
    answer: dict[str, Any] = {"config": _serialize_mapping(request, repository), "integrations": []}
    if file not in _own_files(request):
        return answer | {"sourceUrl": None, "sourcePath": path, "attemptedUrl": url, "error": "file_not_found"}
    line = request.param("lineNo")
    link = f"{url}#L{line}" if line else url
    return answer | {"sourceUrl": link, "sourcePath": path, "attemptedUrl": None, "error": None}


def _find_repository(request: Request) -> Repository | None:
    suffix = f"/{request.project.slug}"
    repositories = request.organization.repositories
    return next((each for each in repositories if each.name.endswith(suffix) and each.integration_id), None)


def _own_files(request: Request) -> set[str]:
    templates = LANGUAGES[request.project.language].templates
    return {frame.file for template in templates for frame in template.frames}


def _serialize_mapping(request: Request, repository: Repository) -> dict[str, object]:
    """The code mapping of the project."""
    project = request.project
    return {
        "id": project.id,
        "projectId": project.id,
        "projectSlug": project.slug,
        "projectName": project.name,
        "repoId": repository.id,
        "repoName": repository.name,
        "integrationId": repository.integration_id,
        "provider": {"key": "github", "slug": "github", "name": "GitHub"},
        "stackRoot": _STACK_ROOT,
        "sourceRoot": "",
        "defaultBranch": _BRANCH,
        "automaticallyGenerated": False,
    }


ROUTES = (
    Route(
        "GET",
        "/projects/{organization}/{project}/stacktrace-link/",
        get_source_link,
        any_scope("project:read", "project:write", "project:admin"),
    ),
)
