"""Cases of the files of releases."""

from parity.case import Case, acme, global_id, mutation

VERSION = "web@1.7.3"
FILES = f"/organizations/acme/releases/{VERSION}/files/"
PROJECT_FILES = f"/projects/acme/101000/releases/{VERSION}/files/"
NAMED_PROJECT_FILES = f"/projects/acme/web/releases/{VERSION}/files/"
FILE = "1020079"
FILE_ID = global_id("ReleaseFile", VERSION, FILE)
SHA1 = "0" * 40
CONTENT = b"// web@1.7.3\nconsole.log('web');\n"
FILE_FIELDS = "name dist headers { key value } sizeBytes sha1 createdAt release { version }"
RELEASE = {"release": {"version": VERSION}, "organization": {"slug": "acme"}}
PROJECT = {"project": {"slug": "web"}}


def in_project(selection, **variables):
    """A query of a selection on the first project of the release."""
    projects = f"projects(first: 1) {{ edges {{ inRelease {{ {selection} }} }} }}"
    return acme(f'release(version: "{VERSION}") {{ {projects} }}', **variables)


CASES = (
    Case(
        "listOrganizationReleaseFiles",
        acme(
            f"""release(version: "{VERSION}") {{
              files(first: 2, names: ["app", "main"], checksums: ["{SHA1}"]) {{ nodes {{ {FILE_FIELDS} }} }}
            }}"""
        ),
        f"GET {FILES}",
        query={"query": ["app", "main"], "checksum": SHA1, "per_page": "2"},
    ),
    Case(
        "getOrganizationReleaseFile",
        f"query ($id: ID!) {{ node(id: $id) {{ ... on ReleaseFile {{ {FILE_FIELDS} }} }} }}",
        f"GET {FILES}{FILE}/",
        {"id": FILE_ID},
    ),
    Case(
        "getOrganizationReleaseFile",
        "query ($id: ID!) { node(id: $id) { ... on ReleaseFile { downloadUrl } } }",
        f"GET {FILES}{FILE}/",
        {"id": FILE_ID},
        query={"download": "1"},
        download=CONTENT,
    ),
    Case(
        "uploadOrganizationReleaseFile",
        mutation("uploadReleaseFile", "upload { url expiresAt maxBytes }"),
        f"POST {FILES}",
        {"input": {**RELEASE, "name": "~/main.js", "dist": "7", "headers": [{"key": "X-A", "value": "b"}]}},
        body={"name": ["~/main.js"], "dist": ["7"], "header": ["X-A:b"], "file": ["content"]},
        upload=b"content",
    ),
    Case(
        "updateOrganizationReleaseFile",
        mutation("renameReleaseFile", f"file {{ {FILE_FIELDS} }}"),
        f"PUT {FILES}{FILE}/",
        {"input": {"id": FILE_ID, "name": "~/main.js"}},
        body={"name": "~/main.js"},
    ),
    Case(
        "deleteOrganizationReleaseFile",
        mutation("deleteReleaseFile", "deletedId"),
        f"DELETE {FILES}{FILE}/",
        {"input": {"id": FILE_ID}},
    ),
    Case(
        "listProjectReleaseFiles",
        in_project(f'files(first: 2, names: ["app"], checksums: ["{SHA1}"]) {{ nodes {{ {FILE_FIELDS} }} }}'),
        f"GET {PROJECT_FILES}",
        query={"query": "app", "checksum": SHA1, "per_page": "2"},
    ),
    Case(
        "getProjectReleaseFile",
        in_project(f"file(id: $id) {{ {FILE_FIELDS} }}", id="ID!"),
        f"GET {PROJECT_FILES}{FILE}/",
        {"id": FILE_ID},
    ),
    Case(
        "getProjectReleaseFile",
        in_project("files { nodes { downloadUrl } }"),
        f"GET {PROJECT_FILES}{FILE}/",
        query={"download": "1"},
        download=CONTENT,
    ),
    Case(
        "uploadProjectReleaseFile",
        mutation("uploadReleaseFile", "upload { url }"),
        f"POST {NAMED_PROJECT_FILES}",
        {"input": {**RELEASE, **PROJECT, "name": "~/main.js"}},
        body={"name": ["~/main.js"], "file": ["content"]},
        upload=b"content",
    ),
    Case(
        "updateProjectReleaseFile",
        mutation("renameReleaseFile", "file { name }"),
        f"PUT {NAMED_PROJECT_FILES}{FILE}/",
        {"input": {"id": FILE_ID, "name": "~/main.js", **PROJECT}},
        body={"name": "~/main.js"},
    ),
    Case(
        "deleteProjectReleaseFile",
        mutation("deleteReleaseFile", "deletedId"),
        f"DELETE {NAMED_PROJECT_FILES}{FILE}/",
        {"input": {"id": FILE_ID, **PROJECT}},
    ),
)
