"""Record classes made of shapes, and what becomes of answers that do not fit them."""

import msgspec
import pytest

from dexter_graphql.sentry.errors import BadResponse, InvalidValue
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
from support.upstream import a_kept

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
    """A record as a mapping of its members, a misfit as its message, and all within them."""
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
    """An issue of which only these members came."""
    nothing = {"extra": b"null", "owner": None, "roles": None, "share": None, "short_id": None, "users": None}
    return {"id": 1} | nothing | members


def test_a_record(classes):
    """A record holds its members, the place it came from, and says what noun and form it is."""
    record = classes.decode_one(b'{"id": "7", "shortId": "A-1", "other": {}}', ISSUE, (), ACME)

    assert plain(record) == issue(id="7", short_id="A-1")
    assert (record.parents, record.typename, record.representation) == (ACME, "Issue", "list")


@pytest.mark.parametrize(("text", "value"), [(b"1", 1), (b'"1"', "1"), (b"9" * 30, int("9" * 30)), (b'"x"', "x")])
def test_ids_are_numbers_or_text(classes, text, value):
    """An id decodes as what it is, however long."""
    assert rows(classes, b'[{"id": ' + text + b"}]") == [issue(id=value)]


def test_null_is_absent(classes):
    """A member that is null reads as one that is not there, an undecoded one as the bytes of null."""
    body = b'[{"id": 1, "shortId": null, "share": null, "extra": null, "owner": null, "users": null, "roles": null}]'

    record = classes.decode_list(body, ISSUE, (), ACME)[0]

    assert plain(record) == issue()
    assert record.extra == NULL


@pytest.mark.parametrize("is_salvaged", [False, True])
def test_nested_shapes(classes, is_salvaged):
    """Objects, lists and maps of objects hold records, the same whether or not a neighbour fits."""
    body = b"""[{"id": %s, "owner": {"name": "a"}, "users": [{"name": "b"}], "roles": {"x": {"name": "c", "age": 9}},
                 "extra": {"k": [1e999]}, "share": 1}]"""

    found = rows(classes, body % (b"[]" if is_salvaged else b"1"))

    expected = issue(
        owner={"age": None, "name": "a"},
        users=[{"age": None, "name": "b"}],
        roles={"x": {"age": 9, "name": "c"}},
        extra=b'{"k": [1e999]}',
        share=1.0,
    )
    invalid = "'id' in Sentry's answer does not fit: Expected `int | str`, got `array`"
    assert found == [expected | {"id": invalid if is_salvaged else 1}]


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        (b'"shortId": 5', {"short_id": "'shortId' in Sentry's answer does not fit: Expected `str`, got `int`"}),
        (b'"share": 1e999', {"share": "'share' in Sentry's answer does not fit: Number out of range"}),
        (b'"owner": 5', {"owner": "Expected an object for User, got a number"}),
        (b'"owner": []', {"owner": "Expected an object for User, got a list"}),
        (b'"owner": {}', {"owner": {"age": None, "name": "Sentry's answer lacks 'name'"}}),
        (b'"owner": {"name": null}', {"owner": {"age": None, "name": "Sentry's answer lacks 'name'"}}),
        (b'"users": {}', {"users": "Expected a list of User, got an object"}),
        (b'"users": true', {"users": "Expected a list of User, got a boolean"}),
        (b'"users": [false]', {"users": ["Expected an object for User, got a boolean"]}),
        (
            b'"users": [null, {"name": "b"}]',
            {"users": ["Expected an object for User, got null", {"age": None, "name": "b"}]},
        ),
        (b'"roles": "x"', {"roles": "Expected an object for User, got a string"}),
        (b'"roles": {"x": 1}', {"roles": {"x": "Expected an object for User, got a number"}}),
    ],
)
def test_misfits_stand_at_their_place(classes, member, expected):
    """One bad value costs itself: its neighbours, and the other rows, are read."""
    found = rows(classes, b'[{"id": 1}, {"id": 1, ' + member + b'}, {"id": 2}]')

    assert found == [issue(), issue(**expected), issue(id=2)]


def test_missing_members(classes):
    """A required member that is not there is a misfit at its place, an optional one is None."""
    assert rows(classes, b'[{}, {"id": null}]') == [issue(id="Sentry's answer lacks 'id'")] * 2


@pytest.mark.parametrize(
    ("row", "kind"), [(b"null", "null"), (b"[]", "a list"), (b'"x"', "a string"), (b"-1", "a number")]
)
def test_rows_that_are_no_objects(classes, row, kind):
    """A row that is no object is a misfit among the records."""
    assert rows(classes, b'[{"id": 1}, ' + row + b"]") == [issue(), f"Expected an object for Issue, got {kind}"]


def test_broken_text_costs_its_member(classes):
    """Bytes that are no UTF-8 spoil the member they stand in, and in a member nobody reads nothing."""
    found = rows(classes, b'[{"id": 1, "other": "\xff"}, {"id": 1, "shortId": "\xff"}]')

    assert found[0] == issue()
    assert found[1].pop("short_id").startswith("'shortId' in Sentry's answer does not fit: 'utf-8' codec")
    assert found[1] == {name: value for name, value in issue().items() if name != "short_id"}


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
    """An answer that cannot be read as a whole is refused as a whole, also after a misfit or nested without end."""
    with pytest.raises(BadResponse, match=r"^The answer is not JSON$"):
        classes.decode_list(body, ISSUE, (), ACME)
    with pytest.raises(BadResponse, match=r"^The answer is not JSON$"):
        classes.decode_one(body, ISSUE, (), ACME)


def test_an_object_instead_of_a_list(classes):
    """A list that is none is refused as a whole; one record that is none is its misfit."""
    with pytest.raises(InvalidValue, match=r"^Expected a list of Issue, got an object$"):
        classes.decode_list(b"{}", ISSUE, (), ACME)

    assert plain(classes.decode_one(b"[]", ISSUE, (), ACME)) == "Expected an object for Issue, got a list"


def test_envelopes(classes):
    """The payload may lie a few keys deep, and other keys beside it."""
    body = b'{"meta": {}, "data": {"rows": [{"id": 1}, {"id": []}]}}'

    found = rows(classes, body, envelope=("data", "rows"))

    assert [row["id"] for row in found] == [
        1,
        "'id' in Sentry's answer does not fit: Expected `int | str`, got `array`",
    ]


@pytest.mark.parametrize("body", [b"{}", b"[]", b'"data"', b'{"other": []}', b""])
def test_missing_envelopes(classes, body):
    """An answer without the key that leads to its payload says which."""
    with pytest.raises(InvalidValue, match=r"^Sentry's answer lacks 'data'$"):
        classes.decode_list(body, ISSUE, ("data",), ACME)
    with pytest.raises(InvalidValue, match=r"^Sentry's answer lacks 'data'$"):
        classes.decode_one(body, ISSUE, ("data",), ACME)


@pytest.mark.parametrize("projection", [ENTRY, OPEN])
def test_variants(classes, projection):
    """Each object takes the shape that its tag names."""
    found = classes.decode_list(b'[{"kind": "error", "text": "a"}, {"code": 1, "kind": "crash"}]', projection, (), ACME)

    assert [(row.typename, plain(row)) for row in found] == [("Error", {"text": "a"}), ("Crash", {"code": 1})]


@pytest.mark.parametrize("row", [b'{"kind": "new", "text": "a"}', b'{"text": "a"}', b'{"kind": 5, "text": "a"}'])
def test_unknown_variants(classes, row):
    """A tag that nobody lists goes to the fallback, else it is a misfit; its neighbours do not mind."""
    body = b'[{"kind": "error", "text": "a"}, ' + row + b"]"

    closed = classes.decode_list(body, ENTRY, (), ACME)
    opened = classes.decode_list(body, OPEN, (), ACME)

    assert plain(closed) == [{"text": "a"}, "Expected an object for Error or Crash, got one of another kind"]
    assert [(row.typename, row.text) for row in opened] == [("Error", "a"), ("Other", "a")]


def test_variants_in_members(classes):
    """Variants stand wherever shapes do."""
    projection = Projection("Event", "list", (Field("entries", "entries", OPEN, container="list"),))

    found = rows(classes, b'[{"entries": [{"kind": "crash", "code": "x"}, {"kind": "new", "text": "b"}]}]', projection)

    invalid = "'code' in Sentry's answer does not fit: Expected `int`, got `str`"
    assert found == [{"entries": [{"code": invalid}, {"text": "b"}]}]


def test_sound_records(classes):
    """A record that was decoded says that all in it has the declared types; one with a misfit in it does not."""
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


def test_sound_variants(classes):
    """An object whose tag nobody lists is as sound as others when it fits."""
    known, unknown, unfit = classes.decode_list(
        b'[{"kind": "error", "text": "a"}, {"kind": "new", "text": "b"}, {"kind": "new", "text": 1}]', OPEN, (), ACME
    )

    assert [row.is_validated for row in (known, unknown, unfit)] == [True, True, False]


def test_records_of_others_are_not_sound():
    """Who builds a record has checked nothing."""
    assert not Record.is_validated


def test_equal_shapes_share_a_class(classes):
    """A class is made once for each shape, whoever asks for it."""
    again = Projection(USER.typename, USER.representation, tuple(USER.members))

    assert classes.record_class(USER) is classes.record_class(again)
    assert classes.record_class(USER) is not classes.record_class(USER, ("kind", "user"))


def test_classes_are_bounded():
    """The class that was not used for longest goes; its records stay what they are."""
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


def test_answers_cannot_choose_their_scope(classes):
    """A key of the name under which the scope is held does not become the scope."""
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
    cache_entry = a_kept()

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


def test_misfits_in_rows(classes):
    """The misfit that stands for a row or for one of the named members is found, others are not."""
    good, bad, none = classes.decode_list(b'[{"id": 1, "share": "x"}, {"id": []}, 5]', ISSUE, (), ACME)

    assert first_invalid(good, "id", "owner") is None
    assert first_invalid(good, "id", "share") is good.share
    assert first_invalid(bad, "owner", "id") is bad.id
    assert first_invalid(none, "id") is none
    assert only_records([good, bad, none]) == [good, bad]
