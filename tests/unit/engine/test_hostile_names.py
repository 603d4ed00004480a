"""Names and texts that mean something in Python or in generated code are nothing but names and texts."""

import builtins

import pytest

from support.small import agreed, small

NAMES = (
    *("class", "None", "import", "lambda", "self", "cls", "def", "return", "yield", "await", "exec", "eval"),
    *(
        "__class__",
        "__dict__",
        "__init__",
        "__slots__",
        "__struct_fields__",
        "__struct_config__",
        "__typename__",
        "___",
    ),
    *("__builtins__", "__import__", "__annotations__", "__post_init__", "__reduce__", "__del__", "__doc__", "__", "_"),
    *("f0", "f1", "f2", "names", "scope", "typename", "form", "members", "kept", "part", "row", "rows", "run", "out"),
    *("data", "errors", "extensions", "id", "type", "name", "rename", "tag", "gc", "eq", "int", "str", "list", "len"),
    *("x" * 5000, "_x", "X", "camelCase", "snake_case", "camel_case", "A1", "O0", "l1"),
)
TEXTS = (
    *(
        "');import builtins;builtins.hacked=True#",
        '"""\nimport builtins\nbuiltins.hacked=True\n"""',
        "{builtins.hacked}",
    ),
    *("%s", "%(name)s", "{0}", "{row.__class__}", "\\", "\\n", "\x00", "\N{SNOWMAN}", "\u202e", "\U0001f600", "\x7f"),
    *("$n", "${n}", "@skip(if: true)", "}", "{", "#", '"', "'", "`", "<script>", "a" * 20_000, "\ud83d", "\ufeff"),
)
FIELDS = [name for name in NAMES if not name.startswith("__")]
SDL = f"""
  type Query {{ item: Item, items: [Item], echo(text: String, list: [String]): String }}
  type Item {{ n: Int, text: String, item: Item, {", ".join(f"{name}: Int" for name in FIELDS)} }}
"""


@pytest.fixture(scope="module")
def schema():
    """A schema whose fields have such names, too."""
    inner = {"n": 2, "text": "y", **dict.fromkeys(NAMES, 4)}
    item = {"n": 1, "text": "x", "item": inner, **dict.fromkeys(NAMES, 3)}
    return small(SDL, item=item, items=[item, None, item], echo=lambda **given: repr(given))


async def test_response_keys(schema):
    """As aliases of leaves and of objects, side by side and below each other, in the order of the document."""
    leaves = " ".join(f"{name}: n" for name in NAMES)
    below = " ".join(f"{name}: items {{ {name}: item {{ {name}: n }} }}" for name in NAMES)

    result = await agreed(schema, f"{{ item {{ {leaves} }} {below} }}")

    assert list(result.data) == ["item", *NAMES]
    assert result.data["item"] == dict.fromkeys(NAMES, 1)
    assert result.data["class"] == [{"class": {"class": 2}}, None, {"class": {"class": 2}}]


async def test_fields(schema):
    """Fields may have names that are reserved in Python."""
    result = await agreed(schema, f"{{ items {{ {' '.join(FIELDS)} }} }}")

    assert result.data["items"][0] == dict.fromkeys(FIELDS, 3)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"True", "None"}])
async def test_operations_fragments_and_variables(schema, name):
    """Every kind of name that a client chooses."""
    text = f"""query {name}(${name}: String = "d", $if: Boolean!) {{
        echo(text: ${name}) items {{ ...{name} @include(if: $if) }} }} fragment {name} on Item {{ n {name}: text }}"""

    result = await agreed(schema, text, {name: "v", "if": True})

    assert result.data["echo"] == "{'text': 'v'}"
    assert result.data["items"][0] == {"n": 1, name: "x"}


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_texts(schema, text):
    """Texts in variables and in literals come back unchanged."""
    written = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    escaped = "".join(f"\\u{ord(one):04x}" if ord(one) < 0x10000 else one for one in written)
    document = f'query ($t: String, $l: [String]) {{ a: echo(text: "{escaped}") b: echo(text: $t, list: $l) }}'

    result = await agreed(schema, document, {"t": text, "l": [text, None]})

    if result.raised is None:
        assert result.data == {"a": repr({"text": written}), "b": repr({"text": text, "list": [text, None]})}
    assert not hasattr(builtins, "hacked")


@pytest.mark.parametrize(
    "document",
    [
        "{ item { n: text n } }",
        "{ item { a\ud800: n } }",
        "{ item { \N{SNOWMAN}: n } }",
        "{ item { a.b: n } }",
        "{ item { a-b: n } }",
        "{ item { 1a: n } }",
        "query ($__class__: Nothing) { item { n } }",
        "query A { item { n } } query A { item { n } }",
        "{ ...A } fragment A on Query { ...A }",
        "{ item { ...__class__ } }",
        "{ __class__ }",
        "{ item { __struct_fields__ } }",
        "{ item { n @__class__ } }",
        "",
    ],
)
async def test_invalid_and_unknown_names_are_refused(schema, document):
    """Before anything is planned."""
    result = await agreed(schema, document)

    assert result.data is None
    assert result.errors
