"""Record classes of projections, and answers that do not fit them."""

import msgspec
import pytest

from dexter_graphql.sentry.errors import BadResponse, InvalidValue
from dexter_graphql.sentry.lenient import omitted_from
from dexter_graphql.sentry.parents import OrganizationRef, Parents
from dexter_graphql.sentry.projection import (
    NULL,
    Field,
    ParentRows,
    Projection,
    Record,
    RecordDecoder,
    TaggedUnion,
    first_invalid,
    only_records,
)
from support.upstream import a_cache_entry

ACME = Parents(OrganizationRef("1", "acme"))
OTHER = Parents(OrganizationRef("2", "other"))
USER = Projection("User", "nested", (Field("name", "name", str, is_required=True), Field("age", "age", int)))
ISSUE = Projection(
    "Issue",
    "list",
    (
        Field("id", "id", int | str, is_required=True),
        Field("short_id", "shortId", str),
        Field("share", "share", float),
        Field("extra", "extra", msgspec.Raw),
        Field("owner", "owner", USER),
        Field("users", "users", USER, container="list"),
        Field("roles", "roles", USER, container="map"),
    ),
)
ERROR = Projection("Error", "nested", (Field("text", "text", str),))
CRASH = Projection("Crash", "nested", (Field("code", "code", int),))
OTHERS = Projection("Other", "nested", (Field("text", "text", str),))
ENTRY = TaggedUnion("kind", (("error", ERROR), ("crash", CRASH)))
OPEN = TaggedUnion("kind", (("error", ERROR), ("crash", CRASH)), OTHERS)


@pytest.fixture
def classes():
    return RecordDecoder()


def plain(value):
    """A record as a mapping of its members, with invalid values as their messages."""
    if isinstance(value, Record):
        return {name: plain(getattr(value, name)) for name in sorted(value.members)}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    return str(value) if isinstance(value, InvalidValue) else bytes(value) if isinstance(value, msgspec.Raw) else value


def rows(classes, body, projection=ISSUE, envelope=()):
    return plain(classes.decode_list(body, projection, envelope, ACME))


def issue(**members):
    """An issue with these members only."""
    nothing = {"extra": b"null", "owner": None, "roles": None, "share": None, "short_id": None, "users": None}
    return {"id": 1} | nothing | members


def test_a_record(classes):
    """A record has its members, its parents, and the names of its type and representation."""
    record = classes.decode_one(b'{"id": "7", "shortId": "A-1", "other": {}}', ISSUE, (), ACME)

    assert plain(record) == issue(id="7", short_id="A-1")
    assert (record.parents, record.typename, record.representation) == (ACME, "Issue", "list")


@pytest.mark.parametrize(("text", "value"), [(b"1", 1), (b'"1"', "1"), (b"9" * 30, int("9" * 30)), (b'"x"', "x")])
def test_ids_are_numbers_or_text(classes, text, value):
    """An id is decoded as the type that it has, of any length."""
    assert rows(classes, b'[{"id": ' + text + b"}]") == [issue(id=value)]


def test_null_is_absent(classes):
    """A null member reads as a missing one, an undecoded one as the bytes of null."""
    body = b'[{"id": 1, "shortId": null, "share": null, "extra": null, "owner": null, "users": null, "roles": null}]'

    record = classes.decode_list(body, ISSUE, (), ACME)[0]

    assert plain(record) == issue()
    assert record.extra == NULL


@pytest.mark.parametrize("is_salvaged", [False, True])
def test_nested_projections(classes, is_salvaged):
    """Objects, lists and maps of objects hold records, whether or not a neighbour is valid."""
    body = b"""[{"id": %s, "owner": {"name": "a"}, "users": [{"name": "b"}], "roles": {"x": {"name": "c", "age": 9}},
                 "extra": {"k": [1e999]}, "share": 1}]"""

    decoded = rows(classes, body % (b"[]" if is_salvaged else b"1"))

    expected = issue(
        owner={"age": None, "name": "a"},
        users=[{"age": None, "name": "b"}],
        roles={"x": {"age": 9, "name": "c"}},
        extra=b'{"k": [1e999]}',
        share=1.0,
    )
    invalid = "'id' in Sentry's answer does not fit: Expected `int | str`, got `array`"
    assert decoded == [expected | {"id": invalid if is_salvaged else 1}]


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        (b'"shortId": 5', {"short_id": "5"}),
        (b'"shortId": []', {"short_id": "'shortId' in Sentry's answer does not fit: Expected `str`, got `array`"}),
        (b'"share": 1e999', {"share": "'share' in Sentry's answer does not fit: Number out of range"}),
        (b'"owner": 5', {"owner": "Expected an object for User, got a number"}),
        (b'"owner": []', {"owner": "Expected an object for User, got a list"}),
        (b'"owner": {}', {"owner": {"age": None, "name": "Sentry's answer lacks 'name'"}}),
        (b'"owner": {"name": null}', {"owner": {"age": None, "name": "Sentry's answer lacks 'name'"}}),
        (b'"users": {}', {"users": "Expected a list of User, got an object"}),
        (b'"users": true', {"users": "Expected a list of User, got a boolean"}),
        (b'"users": [false]', {"users": []}),
        (b'"users": [null, {"name": "b"}]', {"users": [{"age": None, "name": "b"}]}),
        (b'"roles": "x"', {"roles": "Expected an object for User, got a string"}),
        (b'"roles": {"x": 1}', {"roles": {"x": "Expected an object for User, got a number"}}),
    ],
)
def test_invalid_values_replace_themselves(classes, member, expected):
    """One invalid value costs itself only: its neighbours and the other rows are read."""
    decoded = rows(classes, b'[{"id": 1}, {"id": 1, ' + member + b'}, {"id": 2}]')

    assert decoded == [issue(), issue(**expected), issue(id=2)]


def test_missing_members(classes):
    """A missing required member is an InvalidValue, an optional one None."""
    assert rows(classes, b'[{}, {"id": null}]') == [issue(id="Sentry's answer lacks 'id'")] * 2


@pytest.mark.parametrize(
    ("row", "kind"), [(b"null", "null"), (b"[]", "a list"), (b'"x"', "a string"), (b"-1", "a number")]
)
def test_rows_that_are_no_objects(classes, row, kind):
    """A row that is no object is an InvalidValue among the records."""
    assert rows(classes, b'[{"id": 1}, ' + row + b"]") == [issue(), f"Expected an object for Issue, got {kind}"]


def test_broken_text_costs_its_member(classes):
    """Invalid UTF-8 costs the member that it is in, and nothing in a member that is not read."""
    decoded = rows(classes, b'[{"id": 1, "other": "\xff"}, {"id": 1, "shortId": "\xff"}]')

    assert decoded[0] == issue()
    assert decoded[1].pop("short_id").startswith("'shortId' in Sentry's answer does not fit: 'utf-8' codec")
    assert decoded[1] == {name: value for name, value in issue().items() if name != "short_id"}


def test_huge_numbers(classes):
    """A number with more digits than Python reads costs its member."""
    assert rows(classes, b'[{"id": ' + b"9" * 5000 + b"}]") == [
        issue(id="'id' in Sentry's answer does not fit: Integer value out of range")
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[",
        b"nonsense",
        b'[{"id": 1}',
        b'[{"id": []}, {"id":',
        b'[{"id": []}] trailing',
        b'[{"id": 1, "other": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    ],
)
def test_answers_that_are_no_json(classes, body):
    """An answer that is not JSON is refused as a whole, also after an invalid value or when nested too deeply."""
    with pytest.raises(BadResponse, match=r"^The answer is not JSON$"):
        classes.decode_list(body, ISSUE, (), ACME)
    with pytest.raises(BadResponse, match=r"^The answer is not JSON$"):
        classes.decode_one(body, ISSUE, (), ACME)


def test_an_object_instead_of_a_list(classes):
    """An object instead of a list is refused; a list instead of an object is an InvalidValue."""
    with pytest.raises(InvalidValue, match=r"^Expected a list of Issue, got an object$"):
        classes.decode_list(b"{}", ISSUE, (), ACME)

    assert plain(classes.decode_one(b"[]", ISSUE, (), ACME)) == "Expected an object for Issue, got a list"


def test_envelopes(classes):
    """The payload may be a few keys deep, with other keys beside it."""
    body = b'{"meta": {}, "data": {"rows": [{"id": 1}, {"id": []}]}}'

    decoded = rows(classes, body, envelope=("data", "rows"))

    assert [row["id"] for row in decoded] == [
        1,
        "'id' in Sentry's answer does not fit: Expected `int | str`, got `array`",
    ]


@pytest.mark.parametrize("body", [b"{}", b"[]", b'"data"', b'{"other": []}', b""])
def test_missing_envelopes(classes, body):
    """An answer without the key of its payload names the key."""
    with pytest.raises(InvalidValue, match=r"^Sentry's answer lacks 'data'$"):
        classes.decode_list(body, ISSUE, ("data",), ACME)
    with pytest.raises(InvalidValue, match=r"^Sentry's answer lacks 'data'$"):
        classes.decode_one(body, ISSUE, ("data",), ACME)


@pytest.mark.parametrize("projection", [ENTRY, OPEN])
def test_variants(classes, projection):
    """Each object is decoded with the projection of its tag."""
    decoded = classes.decode_list(
        b'[{"kind": "error", "text": "a"}, {"code": 1, "kind": "crash"}]', projection, (), ACME
    )

    assert [(row.typename, plain(row)) for row in decoded] == [("Error", {"text": "a"}), ("Crash", {"code": 1})]


OTHER_KIND = "Expected an object for Error or Crash, got one of another kind"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b'{"kind": "new", "text": "a"}', OTHER_KIND),
        (b'{"text": "a"}', OTHER_KIND),
        (b'{"kind": 5, "text": "a"}', "Expected a string for 'kind' of Error or Crash, got a number"),
    ],
)
def test_unknown_variants(classes, row, message):
    """An object with an unknown tag gets the fallback, else it is invalid; its neighbours are read."""
    body = b'[{"kind": "error", "text": "a"}, ' + row + b"]"

    closed = classes.decode_list(body, ENTRY, (), ACME)
    opened = classes.decode_list(body, OPEN, (), ACME)

    assert plain(closed) == [{"text": "a"}, message]
    assert [(row.typename, row.text) for row in opened] == [("Error", "a"), ("Other", "a")]


def test_lists_have_the_errors_of_rows_that_they_lack(classes):
    """Nulls and objects of other kinds are left out without an error, other rows with one."""
    projection = Projection("Event", "list", (Field("entries", "entries", ENTRY, container="list"),))
    body = b'[{"entries": [{"kind": "error", "text": "a"}, null, 7, {"kind": "new"}, {"kind": {}}]}]'

    [event] = classes.decode_list(body, projection, (), ACME)

    assert [entry.text for entry in event.entries] == ["a"]
    assert [str(error) for error in omitted_from(event.entries)] == [
        "Expected an object for Error or Crash, got a number",
        "Expected a string for 'kind' of Error or Crash, got an object",
    ]


def test_variants_in_members(classes):
    """Tagged unions are possible wherever projections are."""
    projection = Projection("Event", "list", (Field("entries", "entries", OPEN, container="list"),))

    decoded = rows(
        classes, b'[{"entries": [{"kind": "crash", "code": "x"}, {"kind": "new", "text": "b"}]}]', projection
    )

    invalid = "'code' in Sentry's answer does not fit: Expected `int`, got `str`"
    assert decoded == [{"entries": [{"code": invalid}, {"text": "b"}]}]


def test_validated_records(classes):
    """A decoded record is validated; one with an invalid value in it is not."""
    body = b"""[{"id": 1, "owner": {"name": "a"}}, {"id": 2, "owner": {"name": 5}, "users": [{"name": "b"}]}]"""

    good, bad = classes.decode_list(body, ISSUE, (), ACME)

    sound = [row.is_validated for row in (good, good.owner, bad, bad.owner, bad.users[0])]
    assert sound == [True, True, False, False, True]
    assert type(good) is classes.record_class(ISSUE)
    assert (type(bad).__base__, type(bad).__name__, bad.typename, bad.representation) == (
        type(good),
        "Issue_list",
        "Issue",
        "list",
    )
    assert msgspec.structs.fields(type(bad)) == msgspec.structs.fields(type(good))


def test_validated_variants(classes):
    """An object with an unknown tag is validated when it fits the fallback."""
    known, unknown, unfit = classes.decode_list(
        b'[{"kind": "error", "text": "a"}, {"kind": "new", "text": "b"}, {"kind": "new", "text": 1}]', OPEN, (), ACME
    )

    assert [row.is_validated for row in (known, unknown, unfit)] == [True, True, False]


def test_other_records_are_not_validated():
    """A record that was not decoded is not validated."""
    assert not Record.is_validated


def test_equal_projections_share_a_class(classes):
    """Equal projections share one record class."""
    again = Projection(USER.typename, USER.representation, tuple(USER.members))

    assert classes.record_class(USER) is classes.record_class(again)
    assert classes.record_class(USER) is not classes.record_class(USER, ("kind", "user"))


def test_classes_are_bounded():
    """The least recently used class is removed; its records are not affected."""
    classes = RecordDecoder(limit=2)
    first, second, third = (Projection("Noun", f"form{n}", (Field("id", "id", int),)) for n in range(3))
    cache_entry, record = classes.record_class(first), classes.decode_one(b'{"id": 1}', second, (), ACME)

    classes.record_class(first)
    classes.record_class(third)

    assert (classes._strict.cache_info().currsize, classes.record_class(first) is cache_entry, record.id) == (
        2,
        True,
        1,
    )
    assert classes.record_class(second) is not type(record)


def test_answers_cannot_choose_their_parents(classes):
    """A key with the name of the attribute does not set the parents."""
    record = classes.decode_one(b'{"id": 1, "(scope)": {"organization": 5}, "scope": 6}', ISSUE, (), ACME)

    assert record.parents is ACME


def test_parents_of_nested_records(classes):
    """Nested records have the parents of their row from the beginning, also beside invalid values."""
    body = b'{"id": 1, "owner": {"name": "a"}, "users": [{"name": "b"}, 5], "roles": {"x": {"name": "c"}}}'

    record = classes.decode_one(body, ISSUE, (), ACME)

    assert [nested.parents for nested in (record.owner, record.users[0], record.roles["x"])] == [ACME] * 3


def test_rows_with_their_own_parents(classes):
    """A row may be the parent of what it embeds; the same answer with other parents is decoded separately."""
    body = b'[{"id": 1, "owner": {"name": "a"}}, {"id": 2}]'
    cache_entry = a_cache_entry()

    def own_parents(row, parents):
        return parents.within(issue=str(row.id))

    projection = ParentRows(ISSUE, own_parents)
    rows, plain = (classes.decode_list(body, each, (), ACME, cache_entry=cache_entry) for each in (projection, ISSUE))

    assert [row.parents.issue for row in (*rows, rows[0].owner)] == ["1", "2", "1"]
    assert [row.parents for row in (*plain, plain[0].owner)] == [ACME] * 3
    assert classes.decode_list(body, projection, (), ACME, cache_entry=cache_entry) is rows


def test_records_are_immutable(classes):
    """Rows are shared between operations, so that nothing can be written to them."""
    row = classes.decode_one(b'{"id": 1}', ISSUE, (), ACME)

    for attr in ("id", "parents"):
        with pytest.raises(AttributeError):
            setattr(row, attr, None)


def test_first_invalid(classes):
    """The InvalidValue that replaces a row or one of the named members is found."""
    good, bad, none = classes.decode_list(b'[{"id": 1, "share": "x"}, {"id": []}, 5]', ISSUE, (), ACME)

    assert first_invalid(good, "id", "owner") is None
    assert first_invalid(good, "id", "share") is good.share
    assert first_invalid(bad, "owner", "id") is bad.id
    assert first_invalid(none, "id") is none
    assert only_records([good, bad, none]) == [good, bad]
