"""The catalogue of operations, against what is published and what is known to exist."""

import csv
from string import Formatter
from urllib.parse import unquote

import pytest
from published import CATALOGUE as LIST
from published import CORRECTED, Documents, directory, key_of

from dexter_graphql.sentry.catalogue import CATALOGUE, MODULES
from dexter_graphql.sentry.endpoint import Endpoint, Lifetime, Pagination, Silo, Source
from dexter_graphql.sentry.errors import InvalidParameter

ALL = [pytest.param(endpoint, id=endpoint.name) for endpoint in CATALOGUE.values()]
READS = [param for param in ALL if param.values[0].is_read]
WRITES = [param for param in ALL if not param.values[0].is_read]
METHODS = {"GET", "POST", "PUT", "DELETE"}


def of_source(source: Source) -> list:
    return [param for param in ALL if param.values[0].source is source]


def names(template: str) -> list[str]:
    """Parameters of a template in order."""
    return [name for _, name, _, _ in Formatter().parse(template) if name is not None]


@pytest.mark.parametrize("endpoint", of_source(Source.PUBLISHED))
def test_published(endpoint: Endpoint, documents: Documents):
    """The newest document has the operation, and the same scopes open it."""
    operation = documents.newest.get(key_of(endpoint.method, endpoint.path))

    assert operation is not None
    assert frozenset(endpoint.scopes) == operation.scopes


@pytest.mark.parametrize("endpoint", of_source(Source.LEGACY))
def test_legacy(endpoint: Endpoint, documents: Documents):
    """A retired operation was published once, is so no longer, and the same scopes opened it."""
    key = key_of(endpoint.method, endpoint.path)

    assert key not in documents.newest
    assert frozenset(endpoint.scopes) == documents.legacy[key].scopes


@pytest.mark.parametrize("endpoint", of_source(Source.OBSERVED))
def test_observed(endpoint: Endpoint, documents: Documents):
    """An operation that no document has is listed as existing, with scopes that overlap with ours if any are known."""
    key = key_of(endpoint.method, endpoint.path)

    assert documents.find(key) is None
    assert key in documents.catalogue
    known = documents.catalogue[key]
    assert not known or known & set(endpoint.scopes)


@pytest.mark.parametrize("endpoint", [param for param in READS if param.values[0].pages is not Pagination.NONE])
def test_pages(endpoint: Endpoint, documents: Documents):
    """A page's size goes by the name that is published, where one is."""
    operation = documents.find(key_of(endpoint.method, endpoint.path))
    published = {parameter["name"] for parameter in operation.body.get("parameters", [])} if operation else set()
    sizes = published & {"limit", "per_page"}

    assert (operation is None) is (endpoint.source is Source.OBSERVED)
    assert not sizes or endpoint.pages.value in sizes


@pytest.mark.parametrize("endpoint", ALL)
def test_scopes(endpoint: Endpoint):
    """Scopes are named once each; nothing but the models of Seer can be read without any."""
    assert bool(endpoint.scopes) is (endpoint.name != "seer.models")
    assert len(set(endpoint.scopes)) == len(endpoint.scopes)


@pytest.mark.parametrize("endpoint", ALL)
def test_paths(endpoint: Endpoint):
    """Paths begin and end with a slash, since a missing one costs a redirect; each parameter has a name of its own."""
    parameters = names(endpoint.path)

    assert endpoint.method in METHODS
    assert endpoint.path.startswith("/")
    assert endpoint.path.endswith("/")
    assert all(parameters)
    assert len(set(parameters)) == len(parameters)


@pytest.mark.parametrize("endpoint", ALL)
def test_tags_are_filled_from_the_path(endpoint: Endpoint):
    """A tag asks for no parameter that a call may not have."""
    known = set(names(endpoint.path))

    assert {name for tag in endpoint.tags for name in names(tag)} <= known


ONLY_TIME_ENDS = {
    # What SDKs report, and what is computed from it.
    "events.attachment",
    "events.attachments",
    "events.detail",
    "events.list",
    "events.source_map_debug",
    "events.stats",
    "events.tags",
    "events.time_series",
    "explore.attributes",
    "explore.conversation",
    "explore.conversations",
    "explore.distributions",
    "explore.dropped",
    "explore.metrics",
    "flags.detail",
    "flags.list",
    "monitors.check_ins",
    "monitors.project_check_ins",
    "projects.stats",
    "seer.models",
    "stats.sessions",
    "stats.summary",
    "stats.usage",
    "traces.detail",
    "traces.meta",
    # What other systems report.
    "events.source_link",
    "repositories.commits",
    # What spans organizations, of which none has a say over the whole.
    "organizations.list",
    "organizations.root",
}


@pytest.mark.parametrize("endpoint", READS)
def test_reads_have_tags(endpoint: Endpoint):
    """What a write or a webhook can change has tags; the rest is listed here, or is never cached."""
    assert bool(endpoint.tags) is (endpoint.name not in ONLY_TIME_ENDS and endpoint.lifetime is not Lifetime.NEVER)


@pytest.mark.parametrize("endpoint", WRITES)
def test_writes(endpoint: Endpoint):
    """A write is never kept, is not paged, and makes something stale that is read."""
    read = {_root(tag) for param in READS for tag in param.values[0].tags}

    assert endpoint.lifetime is Lifetime.NEVER
    assert endpoint.pages is Pagination.NONE
    assert endpoint.tags
    assert {_root(tag) for tag in endpoint.tags} <= read


@pytest.mark.parametrize("endpoint", ALL)
def test_only_posts_must_not_be_repeated(endpoint: Endpoint):
    """The wire sends any other method once more when a kept connection turns out dead."""
    assert endpoint.is_idempotent is (endpoint.method != "POST")


@pytest.mark.parametrize("endpoint", ALL)
def test_names(endpoint: Endpoint):
    """An endpoint's name begins with its module's, and the module's constant is the rest of it."""
    found = [
        f"{module.__name__.rpartition('.')[2]}.{constant.lower()}"
        for module in MODULES
        for constant, value in vars(module).items()
        if value is endpoint
    ]

    assert found == [endpoint.name]


BAD_VALUES = [
    "",
    ".",
    "..",
    "../..",
    "a/b",
    "100/comments",
    "100?x=1",
    "100#x",
    "100 ",
    " 100",
    "100\n",
    "\0",
    "a\x7f",
    "a\x85b",
    "\ud800",
    "a\udfff",
    "%2e%2e",
    "{issue}",
    "\uff11\uff10\uff10",
    "é" * 300,
    "9" * 5000,
    "a" * 513,
]
TEXT_PARAMETERS = {"conversation id", "environment name", "release version", "tag key"}
BAD_TEXTS = ["", ".", "..", "\0", "a\n", "\x7f", "a\x85b", "\ud800", "a\udfff", "é" * 300, "9" * 5000]
GOOD_TEXTS = ["web@1.0.0", "1.0/beta", "a b", "é", "...", "{x}", "?a=b&c#d", "%2e%2e"]
PARAMETERS = [
    pytest.param(endpoint, name, id=f"{endpoint.name}-{name}")
    for endpoint in CATALOGUE.values()
    for name in endpoint.path_parameters
]


def values_of(endpoint: Endpoint, **changes: str) -> dict[str, str]:
    """A valid value for each path parameter, with some replaced."""
    candidates = ["100", "0" * 32, "00000000-0000-4000-8000-000000000001"]
    return {
        name: next(value for value in candidates if kind.is_valid(value))
        for name, kind in endpoint.path_parameters.items()
    } | changes


@pytest.mark.parametrize(("endpoint", "name"), PARAMETERS)
def test_bad_path_parameters_are_refused(endpoint: Endpoint, name: str):
    """A value that cannot be valid is refused by every parameter of every endpoint, and nothing is encoded."""
    bad_values = BAD_TEXTS if endpoint.path_parameters[name].label in TEXT_PARAMETERS else BAD_VALUES

    for value in bad_values:
        with pytest.raises(InvalidParameter) as refused:
            endpoint.encode_path(values_of(endpoint, **{name: value}))
        assert refused.value.title == endpoint.title
        assert str(refused.value).isascii()


@pytest.mark.parametrize(("endpoint", "name"), PARAMETERS)
def test_path_parameters_stay_in_their_segment(endpoint: Endpoint, name: str):
    """Whatever a parameter accepts stays one segment of the path."""
    kind = endpoint.path_parameters[name]

    for value in filter(kind.is_valid, [*GOOD_TEXTS, *BAD_VALUES, "100", "0" * 32, "web-1_x", "latest", "me"]):
        path = endpoint.encode_path(values_of(endpoint, **{name: value}))
        assert path.count("/") == endpoint.path.count("/")
        segment = unquote(path.split("/")[endpoint.path.split("/").index(f"{{{name}}}")])
        assert (unquote(segment) if kind.is_decoded_twice else segment) == value


def test_texts_are_accepted():
    """Versions and tag keys may have any printable character."""
    kinds = {kind.label: kind for endpoint in CATALOGUE.values() for kind in endpoint.path_parameters.values()}

    assert all(kinds[label].is_valid(text) for label in TEXT_PARAMETERS for text in GOOD_TEXTS)


def test_names_are_unique():
    """Names are unique, and no two endpoints are the same operation with the same lifetime."""
    declared = [value for module in MODULES for value in vars(module).values() if isinstance(value, Endpoint)]
    keys = [(key_of(endpoint.method, endpoint.path), endpoint.lifetime) for endpoint in declared]

    assert len({endpoint.name for endpoint in declared}) == len(declared) == len(CATALOGUE)
    assert len(set(keys)) == len(keys)


def test_control_silo(documents: Documents):
    """What the control host serves is asked there, and nothing else."""
    with (directory() / LIST).open(newline="", encoding="utf-8") as rows:
        listed = {key_of(row["method"], row["path"]) for row in csv.DictReader(rows) if row["silo"] == "control"}
    listed |= CORRECTED

    control = {endpoint.name for endpoint in CATALOGUE.values() if endpoint.silo is Silo.CONTROL}

    assert control == {
        endpoint.name for endpoint in CATALOGUE.values() if key_of(endpoint.method, endpoint.path) in listed
    }


def _root(tag: str) -> str:
    return tag.partition("/")[0]
