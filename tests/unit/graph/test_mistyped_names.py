"""Every name that an argument or an input takes, mistyped: it is answered by name, whatever the field."""

from typing import NamedTuple

import pytest
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
)

from dexter_graphql.graph.relay.global_ids import encode_id
from dexter_graphql.graph.schema import build_graph
from support.known_values import Unquoted, print_literal

SCHEMA = build_graph().schema
ACME = "100000"
NUMBER = "999999999"
WRONG = {
    ("OrganizationReference", "slug"): "acmee",
    ("ProjectReference", "slug"): "wbe",
    ("TeamReference", "slug"): "wbe",
    ("EnvironmentReference", "name"): "prodution",
    ("ReleaseReference", "version"): "web@1.8.22",
    ("UserReference", "email"): "pavel.brand@example.com",
    ("UserReference", "username"): "pavel.brand@example.com",
    ("RepositoryReference", "name"): "acme/wbe",
    ("IssueReference", "shortId"): "WEB-ZZZZ",
    ("CronMonitorReference", "slug"): "nightly-reports",
    ("AppInstallationReference", "uuid"): "00000000-0000-4000-8000-000000000001",
}
"""Mistyped names that are similar to existing ones, where there are any."""
RIGHT = {
    "OrganizationReference": {"slug": "acme"},
    "ProjectReference": {"slug": "web"},
    "TeamReference": {"slug": "web"},
    "EnvironmentReference": {"name": "production"},
    "ReleaseReference": {"latest": True},
    "UserReference": {"email": "pavel.brandt@example.com"},
    "RepositoryReference": {"name": "acme/web"},
    "IssueReference": {"shortId": "WEB-9"},
    "CronMonitorReference": {"slug": "nightly-report"},
    "IntegrationReference": {"sentryId": "100402"},
    "AppInstallationReference": {"uuid": "46e40990-30f9-4058-bf9d-52f90e8bec94"},
    "IssueSelection": {"ids": [encode_id("Issue", ACME, "1000009")]},
    "ResolutionInput": {"now": True},
    "IssueFilter": {"search": "timeout"},
    "AgeComparison": Unquoted("NEWER"),
    "AlertActionInput": {"plugins": True},
    "CodingAgentInput": {"provider": "github_copilot"},
    "MonitorSettingsInput": {
        "cron": {"schedule": {"crontab": "0 * * * *"}},
    },
    "MetricDetectInput": {"anomaly": {"sensitivity": Unquoted("LOW"), "direction": Unquoted("BOTH")}},
    "TimeRange": {"last": "24h"},
}
ACME_RELEASE = {"release": {"version": "web@1.8.2"}, "organization": {"slug": "acme"}}
RELEASE_WRITES = {f"{name}ReleaseInput" for name in ("Update", "Finalize", "Archive", "Restore", "Delete")}
RELEASE_ADDITIONS = {"CreateDeployInput", "SetReleaseCommitsInput", "UploadReleaseFileInput"}
ISSUE_WRITES = (
    "AddIssueCommentInput", "ContinueAutofixInput", "CreateExternalIssueInput", "ExecuteAppIssueActionInput",
    "HandOffAutofixInput", "LinkExternalIssueInput", "SetAppExternalIssueInput", "StartAutofixInput",
)  # fmt: skip
ACME_WRITE = {"organization": {"slug": "acme"}}
ALSO_GIVEN = {
    **dict.fromkeys(ISSUE_WRITES, ACME_WRITE),
    "DeleteAppExternalIssueInput": {"id": encode_id("ExternalIssue", ACME, "1000013", "10000137")},
    **dict.fromkeys(RELEASE_WRITES, ACME_RELEASE),
    "CreateDeployInput": ACME_RELEASE,
    "SetEnvironmentVisibilityInput": {"organization": {"slug": "acme"}},
    "SetServiceSpanStarInput": {"organization": {"slug": "acme"}},
    "SetReleaseCommitsInput": {**ACME_RELEASE, "commits": []},
    "UpdateIssueInput": {"status": Unquoted("RESOLVED"), "organization": {"slug": "acme"}},
    "CreateCronMonitorInput": {"organization": {"slug": "acme"}, "schedule": {"crontab": "0 * * * *"}},
    "UpdateCronMonitorInput": {"organization": {"slug": "acme"}},
    "DeleteCronMonitorInput": {"organization": {"slug": "acme"}},
    "DeleteReleaseFileInput": {"id": encode_id("ReleaseFile", ACME, "web@1.7.3", "1020079")},
    "UploadReleaseFileInput": ACME_RELEASE,
    "RenameReleaseFileInput": {"id": encode_id("ReleaseFile", ACME, "web@1.7.3", "1020079")},
    "ConnectMonitorsInput": {"id": encode_id("Alert", ACME, "100712")},
    "UpdateAlertInput": {"id": encode_id("Alert", ACME, "100712")},
    "UpdateMonitorInput": {"id": encode_id("Monitor", ACME, "100702")},
}
"""What other members of these inputs require."""
PARENTS = {
    "Query": "query {{ {} }}",
    "Viewer": "query {{ viewer {{ {} }} }}",
    "Organization": 'query {{ organization(slug: "acme") {{ {} }} }}',
    "Project": 'query {{ organization(slug: "acme") {{ project(slug: "web") {{ {} }} }} }}',
    "Release": 'query {{ organization(slug: "acme") {{ release(version: "web@1.8.2") {{ {} }} }} }}',
    "ReleaseComparison": (
        'query {{ organization(slug: "acme") {{ release(version: "web@1.8.2") {{ compare {{ {} }} }} }} }}'
    ),
    "Issue": 'query {{ organization(slug: "acme") {{ issue(shortId: "WEB-9") {{ {} }} }} }}',
    "Tag": 'query {{ organization(slug: "acme") {{ issue(shortId: "WEB-9") {{ tag(key: "browser") {{ {} }} }} }} }}',
    "AppInstallation": ('query {{ organization(slug: "acme") {{ appInstallations(first: 1) {{ nodes {{ {} }} }} }} }}'),
    "Mutation": "mutation {{ {} }}",
    "Subscription": "subscription {{ {} }}",
}
"""Type → document around a selection on it."""
CHECKED_BY_SENTRY = {
    ("AssigneeInput", "UserReference"),
    ("AssigneeInput", "TeamReference"),
    ("ResolutionInput", "ReleaseReference"),
    ("UpdateCronMonitorInput", "CronMonitorReference"),
    ("DeleteCronMonitorInput", "CronMonitorReference"),
    ("DeleteCronMonitorInput", "EnvironmentReference"),
    *((name, "ReleaseReference") for name in {*RELEASE_WRITES, *RELEASE_ADDITIONS}),
    ("CreateDeployInput", "EnvironmentReference"),
    ("SetEnvironmentVisibilityInput", "EnvironmentReference"),
    ("CreateDeployInput", "ProjectReference"),
    ("SetServiceSpanStarInput", "ProjectReference"),
    ("CreateReleaseInput", "ProjectReference"),
    ("CreateReleaseInput", "UserReference"),
    ("ReleaseCommitInput", "RepositoryReference"),
    ("ReleaseRefInput", "RepositoryReference"),
}
"""References that Sentry itself refuses when the issue is written; the refusal has the path of the input."""

LOOKUPS = {("Organization", "alert"), ("Organization", "monitor"), ("Organization", "savedQuery")}
"""Fields that answer whether an object exists: null without an error."""

REVERSED = {"startsAt": "2027-01-01T00:00:00Z", "endsAt": "2026-01-01T00:00:00Z"}
BAD_VALUES = (
    ("after", "x", ["after"]),
    ("before", "x", ["before"]),
    ("first", -1, ["first"]),
    ("id", "x", ["id"]),
    ("ids", ["x"], ["ids", "0"]),
    ("last", 1, ["last"]),
    ("range", {"last": "x"}, ["range", "last"]),
    ("range", {"exactly": "x"}, ["range", "exactly"]),
    ("range", {"between": REVERSED}, ["range", "between"]),
    ("url", "x", ["url"]),
)
"""Arguments with values that are invalid wherever they stand, and the path of the error."""


NEEDED = {("Organization", "discover"): {"fields": ["title"]}}
"""Arguments without which a field is refused before its names are looked up."""


class Mistake(NamedTuple):
    """A field with arguments of which one reference has a mistyped name at a path."""

    parent: str
    field: str
    arguments: dict
    path: tuple[str, ...]
    name: str
    is_checked_by_sentry: bool

    @property
    def label(self):
        """The schema coordinate and the path."""
        return f"{self.parent}.{self.field}({'.'.join(self.path)})"


def wrong_names(kind):
    """The members of a reference with a mistyped name each."""
    typename = kind.name.removesuffix("Reference")
    for name, field in kind.fields.items():
        if name == "id":
            typename = {"Environment": "OrganizationEnvironment", "CronMonitor": "Monitor"}.get(typename, typename)
            yield name, encode_id(typename, *([NUMBER] if typename == "Organization" else [ACME, NUMBER]))
        elif name == "sentryId":
            yield name, NUMBER
        elif field.type.name == "String":
            yield name, WRONG[kind.name, name]


def right(kind):
    """A value of an input type in which every name exists."""
    kind = get_nullable_type(kind)
    if is_list_type(kind):
        return [right(kind.of_type)]
    if kind.name in RIGHT:
        return RIGHT[kind.name]
    if isinstance(kind, GraphQLInputObjectType):
        required = {name: field for name, field in kind.fields.items() if is_required_input_field(field)}
        return {name: right(field.type) for name, field in required.items()}
    if kind.name in {"Int", "Boolean"}:
        return 1 if kind.name == "Int" else True
    return Unquoted(next(iter(kind.values))) if hasattr(kind, "values") else "WEB-9"


def mistakes_in(kind, around=""):
    """Values of an input type with one mistyped name, with the path and the name."""
    kind = get_nullable_type(kind)
    if is_list_type(kind):
        for value, path, name, checked in mistakes_in(kind.of_type, around):
            yield [value], ("0", *path), name, checked
    elif isinstance(kind, GraphQLInputObjectType) and kind.name.endswith("Reference"):
        for name, value in wrong_names(kind):
            yield {name: value}, (name,), value, (around, kind.name) in CHECKED_BY_SENTRY
    elif isinstance(kind, GraphQLInputObjectType):
        base = {} if kind.is_one_of else right(kind)
        base |= ALSO_GIVEN.get(kind.name, {})
        for member, field in kind.fields.items():
            for value, path, name, checked in mistakes_in(field.type, kind.name):
                yield base | {member: value}, (member, *path), name, checked


def mistakes():
    """Every reference in the arguments of every field."""
    for parent in SCHEMA.type_map.values():
        if not isinstance(parent, GraphQLObjectType) or parent.name.startswith("__"):
            continue
        for field_name, field in parent.fields.items():
            if (parent.name, field_name) in LOOKUPS:
                continue
            base = {name: right(of.type) for name, of in field.args.items() if is_required_argument(of)}
            base |= NEEDED.get((parent.name, field_name), {})
            for argument, of in field.args.items():
                if parent.name == "Subscription":
                    base = {} if argument == "organizations" else {"organization": {"slug": "acme"}}
                for value, path, name, checked in mistakes_in(of.type):
                    if (parent.name, path[0]) == ("Project", "projects"):
                        continue  # the issues of a project take no filter on projects
                    arguments = base | {argument: value}
                    yield Mistake(parent.name, field_name, arguments, (argument, *path), name, checked)


ALL = [*mistakes()]


def document(mistake):
    """The document that makes the mistake."""
    kind = get_named_type(SCHEMA.type_map[mistake.parent].fields[mistake.field].type)
    pairs = ", ".join(f"{name}: {print_literal(value)}" for name, value in mistake.arguments.items())
    results = " results { userErrors { field message code } }" if "results" in kind.fields else ""
    errors = f"userErrors {{ field message code }}{results}" if mistake.parent == "Mutation" else "__typename"
    return PARENTS[mistake.parent].format(f"{mistake.field}({pairs}) {{ {errors} }}")


def user_errors(payload):
    """The user errors of a payload and of its results."""
    results = payload.get("results") or []
    return [*payload["userErrors"], *(error for result in results for error in result["userErrors"])]


def test_every_parent_is_known():
    """A field with references is on a type that the documents of this test reach."""
    assert {mistake.parent for mistake in ALL} <= PARENTS.keys()
    assert len({(mistake.parent, mistake.field) for mistake in ALL}) > 20
    assert len({mistake.path for mistake in ALL}) > 100


@pytest.mark.parametrize("parent", sorted({"Query", *(mistake.parent for mistake in ALL)} - {"Subscription", "Query"}))
async def test_mistyped_name_is_answered_by_name(asker, parent):
    """The error names what was mistyped, at the field in queries and at the path of the value in mutations."""
    await asker.read_names()
    # All bulk mutations have the same selection: one of them stands for the others.
    seen = set()
    for mistake in [one for one in ALL if one.parent == parent]:
        if "issues" in mistake.path[:2] and (mistake.path, parent) in seen:
            continue
        seen.add((mistake.path, parent))
        answer = await asker.ask(document(mistake))

        if parent == "Mutation":
            assert answer.errors == [], mistake.label
            [payload] = answer.data.values()
            errors = [error for error in user_errors(payload) if error["field"]]
            paths = [tuple(error["field"]) for error in errors]
            expected = ("input", *paths[0])[: len(mistake.path)] if paths else ()
            assert mistake.path[: len(expected)] == expected, (mistake.label, errors)
            assert errors or mistake.is_checked_by_sentry, (mistake.label, payload)
            if not mistake.is_checked_by_sentry:
                assert mistake.name in errors[0]["message"] or "issue" in paths[0], (mistake.label, errors)
        else:
            [error] = answer.errors
            assert error["extensions"]["code"] == "BAD_USER_INPUT", mistake.label
            assert mistake.name[:40] in error["message"], (mistake.label, error["message"])
            assert error["extensions"].get("argument") == list(mistake.path), mistake.label
        # Whether an object of that ID exists is found out by the write.
        may_write = mistake.is_checked_by_sentry or mistake.path[-1] == "id" or "issue" in mistake.path
        assert may_write or {call.method for call in answer.calls} <= {"GET"}, mistake.label


def bad_documents():
    """A document for every field with one of these arguments, with the path of the error."""
    for parent in PARENTS.keys() - {"Mutation", "Subscription"}:
        for name, field in SCHEMA.type_map[parent].fields.items():
            base = {key: right(of.type) for key, of in field.args.items() if is_required_argument(of)}
            for argument, value, path in BAD_VALUES:
                if argument in field.args:
                    pairs = ", ".join(f"{key}: {print_literal(of)}" for key, of in {**base, argument: value}.items())
                    yield PARENTS[parent].format(f"{name}({pairs}) {{ __typename }}"), path


async def test_error_says_which_argument_is_invalid(asker):
    """Also for values that are no names: page sizes, cursors, IDs, time ranges."""
    for text, path in bad_documents():
        [error] = (await asker.ask(text)).errors
        assert (error["extensions"]["code"], error["extensions"].get("argument")) == ("BAD_USER_INPUT", path), text


async def test_mistyped_name_in_a_subscription_is_refused(asker):
    """The stream does not start, and the error names what was mistyped."""
    await asker.read_names()
    for mistake in [one for one in ALL if one.parent == "Subscription"]:
        text = document(mistake).replace("__typename", "position")
        async with asker.following(text) as items:
            answer = await items.next()

        [error] = answer["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT", mistake.label
        assert error["extensions"].get("argument") == list(mistake.path), mistake.label
        assert mistake.name[:40] in error["message"], (mistake.label, error["message"])


@pytest.mark.parametrize(
    "selection",
    [
        'organization(slug: "acmee") { id }',
        'organization(slug: "acme") { project(slug: "wbe") { id } }',
        'organization(slug: "acme") { team(slug: "wbe") { id } }',
        'organization(slug: "acme") { release(version: "web@1.8.22") { id } }',
        'organization(slug: "acme") { issue(shortId: "WEB-ZZZZ") { id } }',
        f'issue(id: "{encode_id("Issue", ACME, NUMBER)}") {{ id }}',
        f'node(id: "{encode_id("Project", ACME, NUMBER)}") {{ id }}',
        *(
            f'organization(slug: "acme") {{ {field}(reference: {{ {name} }}) {{ id }} }}'
            for field, typename in (("alert", "Alert"), ("monitor", "Monitor"), ("savedQuery", "SavedQuery"))
            for name in (
                f'sentryId: "{NUMBER}"',
                f'id: "{encode_id(typename, ACME, NUMBER)}"',
                f'id: "{encode_id(typename, "1", NUMBER)}"',
            )
        ),
    ],
)
async def test_lookup_of_a_mistyped_name_is_null(asker, selection):
    """A lookup answers whether something exists: null without an error."""
    answer = await asker.ask(f"{{ {selection} }}")

    value = next(iter(answer.data.values()))
    assert (answer.errors, value if value is None else next(iter(value.values()))) == ([], None)


@pytest.mark.parametrize(
    ("selection", "advice"),
    [
        ('issue(id: "WEB-9") { id }', "'WEB-9' is a short ID, not a global ID"),
        ('node(id: "1000009") { id }', "is a numeric ID of Sentry's API, not a global ID"),
        ('nodes(ids: ["web-app"]) { id }', "is a slug, not a global ID"),
        (f'issue(id: "{encode_id("Project", ACME, "101000")}") {{ id }}', "Expected the ID of type Issue"),
        (f'organization(slug: "{encode_id("Organization", ACME)}") {{ id }}', "is the global ID of type Organization"),
        (
            f'organization(slug: "acme") {{ project(slug: "{encode_id("Project", ACME, "101000")}") {{ id }} }}',
            "is the global ID of type Project, not a slug",
        ),
        ('organization(slug: "acme") { issue(shortId: "1000009") { id } }', "is a numeric ID, not a short ID"),
        (
            f'organization(slug: "acme") {{ issue(shortId: "{encode_id("Issue", ACME, "1000009")}") {{ id }} }}',
            "is the global ID of type Issue, not a shortId",
        ),
    ],
)
async def test_value_of_another_kind_is_explained(asker, selection, advice):
    """A value that is a name of another kind is refused with what it is."""
    answer = await asker.ask(f"{{ {selection} }}")

    [error] = answer.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert advice in error["message"]
