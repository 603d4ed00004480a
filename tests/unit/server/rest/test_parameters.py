"""Parameters of routes: texts and members of bodies as values of variables."""

import pytest
from graphql import GraphQLInt, GraphQLList, GraphQLNonNull, GraphQLString

from dexter_graphql.server.rest.parameters import Location, Parameter, variables_of
from dexter_graphql.server.rest.problems import ParameterInvalid


@pytest.fixture(scope="module")
def type_of(graph):
    """A type of the schema by name."""
    return graph.schema.type_map.__getitem__


def parameter(input_type, **values):
    """A parameter of a query string."""
    given = {"location": Location.QUERY, "default": None, "has_default": False} | values
    return Parameter("name", input_type, **given)


@pytest.mark.parametrize(
    ("type_name", "text", "value"),
    [
        ("String", "5", "5"),
        ("ID", "5", "5"),
        ("Int", "-5", -5),
        ("BigInt", "12345678901", 12345678901),
        ("Float", "0.5", 0.5),
        ("Float", "1e3", 1000.0),
        ("Boolean", "true", True),
        ("Boolean", "False", False),
        ("Boolean", "0", False),
        ("IssueSort", "last-seen", "LAST_SEEN"),
        ("IssueSort", "FREQUENCY", "FREQUENCY"),
        ("DateTime", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z"),
    ],
)
def test_text_is_converted_by_its_type(type_of, type_name, text, value):
    """Numbers, booleans and enum values are written as in other URLs."""
    assert parameter(type_of(type_name)).from_texts([text]) == value


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("Int", "five"),
        ("Int", "5.5"),
        ("Int", "99999999999"),
        ("Int", "\u0665"),
        ("Int", ""),
        ("Float", "nan"),
        ("Float", "1_0"),
        ("BigInt", "9" * 30),
        ("Boolean", "yes"),
        ("IssueSort", "worst"),
        ("IssueSort", "UNKNOWN"),
        ("DateTime", "yesterday"),
        ("TimeRange", "{"),
        ("TimeRange", '{"since": "24h"}'),
        ("TimeRange", '{"last": "24h", "exactly": "24h"}'),
        ("TimeRange", "24h"),
    ],
)
def test_invalid_text_names_the_parameter(type_of, type_name, text):
    """A text that is no value of the type is refused before anything is executed."""
    with pytest.raises(ParameterInvalid, match=r"^'name' (must|has)") as refused:
        parameter(type_of(type_name)).from_texts([text])

    assert refused.value.name == "name"


def test_text_may_stand_for_a_member_of_an_object(type_of):
    """Plain text is one member of an input object, and a JSON object may have the others."""
    projects = parameter(GraphQLList(GraphQLNonNull(type_of("ProjectReference"))), member="slug")

    assert projects.from_texts(["web", '{"sentryId": "7"}']) == [{"slug": "web"}, {"sentryId": "7"}]


def test_only_lists_are_repeated():
    """A list has one value for each time that it is given; anything else is given once."""
    assert parameter(GraphQLList(GraphQLInt)).from_texts(["1", "2"]) == [1, 2]
    with pytest.raises(ParameterInvalid, match=r"^'name' may be given once$"):
        parameter(GraphQLInt).from_texts(["1", "2"])


PARAMETERS = {
    "id": Parameter("id", GraphQLNonNull(GraphQLString), Location.PATH, None, has_default=False),
    "word": Parameter("word", GraphQLNonNull(GraphQLString), Location.BODY, None, has_default=False),
    "count": Parameter("count", GraphQLNonNull(GraphQLInt), Location.BODY, 5, has_default=True),
}


def test_defaults_may_be_left_out():
    """What is not given is left to the document's default."""
    assert variables_of(PARAMETERS, {"id": ["a"]}, {"word": "b"}) == {"id": "a", "word": "b"}


@pytest.mark.parametrize(
    ("texts", "body", "message"),
    [
        ({"id": ["a"]}, {}, "'word' is required"),
        ({"id": ["a"]}, {"word": None}, "'word' has an invalid value"),
        ({"id": ["a"]}, {"word": "b", "count": None}, "'count' has an invalid value"),
        ({"id": ["a"]}, {"word": 7}, "'word' has an invalid value"),
        ({"id": ["a"]}, {"word": "b", "other": 1}, "'other' is not a parameter"),
        ({"id": ["a"], "word": ["b"]}, {}, "'word' is not a parameter"),
        ({"id": ["a"]}, {"id": "a", "word": "b"}, "'id' is not a parameter"),
    ],
)
def test_wrong_parameters_are_refused(texts, body, message):
    """Missing and unknown ones, ones in another place, null and other types."""
    with pytest.raises(ParameterInvalid, match=f"^{message}"):
        variables_of(PARAMETERS, texts, body)
