"""Writes documents over a schema as Hypothesis draws them: mostly valid, mostly such that find something.

Fields that share a response key merge as the specification wants it, so that validation lets most documents through.
Knows the grammar, and of the schema what it says of itself.
"""

from dataclasses import dataclass
from typing import NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from support.known import ANY, Bare, plain, written

FIELDS_PER_SELECTION = 5
FIELDS_PER_DOCUMENT = 70
DEPTH = 5
ODD_ALIASES = ("id", "None", "self", "import", "__class__", "_x", "scope", "typename", "data", "f0", "__typename_")
"""Response keys that may mean something to whoever writes code or records."""
LIKELY = {
    "EventEntry": ("ExceptionEntry", "BreadcrumbsEntry", "RequestEntry", "MessageEntry"),
    "AlertAction": ("EmailAlertAction", "SlackAlertAction"),
    "AlertCondition": ("FirstSeenAlertCondition", "EventFrequencyAlertCondition", "LevelAlertCondition"),
}
"""Types that the sandbox has many of, for abstract types with many others."""
LIKELIHOOD = {"first": 80, "last": 1, "before": 2, "after": 3}
"""In how many of a hundred cases an argument is given that need not be, where not in fifteen."""
ODD = (
    *(Bare("9" * 250), Bare("1" * 4400), Bare("-0"), Bare("1e999"), Bare("-1e-999"), Bare("UNKNOWN_VALUE"), 1.5, True),
    *(-(2**63), 2**63, 2**128, -(2**31) - 1, "", " ", "x" * 5000, "\x00", "\ud83d", "\udc00\ud800", "\u202e", "a\nb"),
    *("http://[", "https://acme.sentry.io:99999/", "https://[::1", "//", "100/comments", "..", "../..", "%2e%2e%2f"),
    *("&" * 1000, "\N{UNICORN FACE}" * 300, "9" * 4400, "-1", "1e9", "NaN", "0001-01-01T00:00:00Z", "999999999999d"),
    *([], {}, None, [None], [[]], {"": 1}, {"a": {"a": {}}}),
)
"""Values that may surprise whatever reads them."""
WRONG = (None, 1, 1.5, "wrong", True, [], {}, [None], {"a": 1})
ROOTS = ("organization", "organization", "organization", "organization", "node", "nodes", "issue", "organizations")
INTROSPECTION = (
    "__schema { queryType { name } directives { name args { name defaultValue } } }",
    '__type(name: "Issue") { name kind interfaces { name } fields { name type { name ofType { name } } } }',
    '__type(name: "Nothing") { name }',
)


class Taken(NamedTuple):
    """What a response key stands for, and the response keys of the place below it."""

    name: str
    arguments: str
    representation: str
    below: dict[str, "Taken"]


@dataclass(frozen=True)
class Document:
    """A document with the variables to run it with."""

    text: str
    variables: dict | None

    def __repr__(self):
        return f"Document({self.text!r}, {self.variables!r})"


class Writer:
    """Writes one document."""

    def __init__(self, draw, schema, known, odd_percent=0):
        self._draw, self._schema, self._known, self._odd_percent = draw, schema, known, odd_percent
        self._declared, self._values, self._fragments, self._shared = [], {}, [], []
        self._room, self._names = FIELDS_PER_DOCUMENT, 0
        self._asked = []
        """Types of the things whose ids were written."""

    def document(self, *, is_mutation):
        """An operation with one to three fields at its root."""
        root = self._schema.mutation_type if is_mutation else self._schema.query_type
        parents = {}
        fields = [self._root_field(root, parents) for _ in range(1 + self._below(3) * self._is(50))]
        if not is_mutation and self._is(5):
            fields.append(self._of(INTROSPECTION))
        selection = " ".join(fields)
        if self._is(10):
            selection = f"... on {root.name} {{ {selection} }} __typename"
        head = f"({', '.join(self._declared)})" if self._declared else ""
        text = f"{'mutation' if is_mutation else 'query'} Asked{head} {{ {selection} }}"
        return Document(" ".join([text, *self._fragments]), self._values or None)

    def _root_field(self, root, parents):
        name = self._of(ROOTS) if root is self._schema.query_type and self._is(85) else self._of(sorted(root.fields))
        return self._field(root, name, parents, DEPTH)

    def _below(self, bound):
        return self._draw(st.integers(0, bound - 1)) if bound > 1 else 0

    def _is(self, percent):
        """True in so many of a hundred cases."""
        return self._draw(st.integers(0, 99)) >= 100 - percent

    def _of(self, options):
        return options[self._below(len(options))]

    def _new(self, letter):
        self._names += 1
        return f"{letter}{self._names}"

    # Fields

    def _field(self, parent, name, parents, depth, prefix=""):
        """One field with all that belongs to it; its response key may be taken by one that it merges with."""
        if parents and not prefix and self._is(12):
            key = self._of(list(parents))
            taken = parents[key]
            if taken.name in parent.fields and _form(parent.fields[taken.name]) == taken.representation:
                return self._written(parent.fields[taken.name], key, taken, depth)
        definition = parent.fields[name]
        wanted = Taken(name, self._arguments(parent, name, definition), _form(definition), {})
        key = f"{prefix}{name}" if prefix else self._key(name)
        if key in parents and parents[key][:3] != wanted[:3]:
            key = self._new("u")
        return self._written(definition, key, parents.setdefault(key, wanted), depth)

    def _key(self, name):
        choice = self._below(20)
        if choice < 14:
            return name
        return self._of(ODD_ALIASES) if choice == 19 else f"a{self._below(3)}"

    def _written(self, definition, key, taken, depth):
        self._room -= 1
        named = get_named_type(definition.type)
        selection = "" if is_leaf_type(named) else self._selection(named, taken.below, depth - 1)
        alias = "" if key == taken.name else f"{key}: "
        return f"{alias}{taken.name}{taken.arguments}{self._directives()} {selection}"

    def _directives(self):
        if not self._is(7):
            return ""
        found = self._of(("skip", "include", "include"))
        return f" @{found}(if: {written(self._boolean())})"

    def _boolean(self):
        value = self._below(2) == 1
        if not self._is(50):
            return value
        if self._is(20):
            return self._variable("Boolean = true", None if self._is(10) else value)
        return self._variable("Boolean!", value)

    # Selections

    def _selection(self, kind, parents, depth):
        """What is selected on a type, at most so deep."""
        parts = list(self._parts(kind, parents, depth))
        return f"{{ {' '.join(parts or ['__typename'])} }}"

    def _parts(self, kind, parents, depth, prefix=""):
        if self._is(40):
            yield "__typename"
        is_abstract = isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType))
        names = [] if isinstance(kind, GraphQLUnionType) else self._names_of(kind, depth)
        for _ in range(self._below(FIELDS_PER_SELECTION if not is_abstract else 3) + (not is_abstract)):
            if names and self._room > 0:
                name = self._of(names[self._below(len(names))])
                yield self._field(kind, name, parents, depth, prefix)
        for _ in range(1 + self._below(3) if is_abstract else self._is(15)):
            if self._room > 0:
                yield self._fragment(kind, parents, depth, prefix)

    def _names_of(self, kind, depth):
        """Names of the leaves of a type and of its other fields, as two lists of which one may be missing."""
        leaves = [name for name, of in kind.fields.items() if is_leaf_type(get_named_type(of.type))]
        nested = [name for name in kind.fields if name not in leaves] if depth > 0 else []
        return [names for names in (leaves, nested) if names]

    def _fragment(self, kind, parents, depth, prefix):
        """A fragment, inline or named, of a type that overlaps with this one."""
        condition = self._condition(kind)
        if not prefix and self._shared and self._is(30):
            fitting = [name for name, of in self._shared if self._overlap(self._schema.get_type(of), kind)]
            if fitting:
                return f"...{self._of(fitting)}{self._directives()}"
        choice = self._below(10)
        if choice == 9 and not prefix and depth > 1:
            return self._shared_fragment(condition, depth - 1)
        body = " ".join(list(self._parts(condition, parents, depth - 1, prefix)) or ["__typename"])
        if choice > 6:
            name = self._new("F")
            self._fragments.append(f"fragment {name} on {condition.name} {{ {body} }}")
            return f"...{name}{self._directives()}" + (f" ...{name}" if choice == 8 else "")
        head = "" if condition is kind and choice < 2 else f" on {condition.name}"
        return f"...{head}{self._directives()} {{ {body} }}"

    def _shared_fragment(self, condition, depth):
        """A fragment that may be spread anywhere, since its response keys are its own."""
        name = self._new("S")
        body = " ".join(list(self._parts(condition, {}, depth, f"{name.lower()}_")) or ["__typename"])
        self._fragments.append(f"fragment {name} on {condition.name} {{ {body} }}")
        self._shared.append((name, condition.name))
        return f"...{name}"

    def _condition(self, kind):
        """The type that a fragment names: this one, one of its possible types, or another that overlaps."""
        if isinstance(kind, GraphQLObjectType):
            return self._of([kind, *kind.interfaces])
        if self._is(10):
            others = [of for of in self._schema.type_map.values() if isinstance(of, GraphQLInterfaceType)]
            return self._of([kind, *(of for of in others if self._overlap(of, kind))])
        possible = sorted(one.name for one in self._schema.get_possible_types(kind))
        likely = self._asked if kind.name == "Node" and self._asked else LIKELY.get(kind.name)
        return self._schema.get_type(self._of(likely if likely and self._is(70) else possible))

    def _overlap(self, one, other):
        return bool(self._possible(one) & self._possible(other))

    def _possible(self, kind):
        if isinstance(kind, GraphQLObjectType):
            return {kind.name}
        return {one.name for one in self._schema.get_possible_types(kind)}

    # Arguments

    def _arguments(self, parent, name, definition):
        """Required arguments and some of the others."""
        given = {}
        for argument, of in definition.args.items():
            if isinstance(of.type, GraphQLNonNull) or self._is(LIKELIHOOD.get(argument, 15)):
                given[argument] = self._given(of.type, f"{parent.name}.{name}", argument)
        pairs = ", ".join(f"{argument}: {written(value)}" for argument, value in given.items())
        return f"({pairs})" if pairs else ""

    def _given(self, kind, place, name):
        """A value as a literal or as a variable."""
        if not self._is(25):
            return self._value(kind, place, name, is_literal=True)
        value = plain(self._value(kind, place, name, is_literal=False))
        return self._variable(str(kind), value)

    def _variable(self, kind, value):
        """A new variable with that value; some are wrong, and some are not there."""
        name = self._new("v")
        self._declared.append(f"${name}: {kind}")
        luck = self._below(60)
        if luck == 59:
            self._values[name] = self._of(WRONG)
        elif luck < 57 or kind.endswith("!"):
            self._values[name] = value
        return Bare(f"${name}")

    def _value(self, kind, place, name, *, is_literal):
        """A value of a type for an argument or a member of that name, mostly one that exists."""
        kind = get_nullable_type(kind)
        if self._odd_percent and self._is(self._odd_percent):
            return self._of(ODD)
        if isinstance(kind, GraphQLList):
            return [self._value(kind.of_type, place, name, is_literal=is_literal) for _ in range(1 + self._below(2))]
        if isinstance(kind, GraphQLEnumType):
            return Bare(self._of(sorted(kind.values)))
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind, is_literal=is_literal)
        if kind.name == "ID" and (types := self._known.types(place, name)) and self._is(97):
            self._asked.append(self._of(types))
            return self._of(self._known.ids[self._asked[-1]])
        existing = self._known.values(place, name, kind.name)
        return self._of(existing) if existing and self._is(97) else self._draw(ANY[kind.name])

    def _input(self, kind, *, is_literal):
        """Members of an input object: exactly one where only one may be."""
        fields = [(name, of.type) for name, of in kind.fields.items()]
        if kind.is_one_of:
            name, of = self._of(fields)
            chosen = [(name, GraphQLNonNull(of))]
        else:
            chosen = [(name, of) for name, of in fields if isinstance(of, GraphQLNonNull) or self._is(25)]
        members = {}
        for name, of in chosen:
            if is_literal and self._is(8):
                members[name] = self._given(of, kind.name, name)
            else:
                members[name] = self._value(of, kind.name, name, is_literal=is_literal)
        return members


def _form(definition):
    """What two fields of one name must share to stand under one response key: their type and that of each argument."""
    return f"{definition.type} {sorted((name, str(of.type)) for name, of in definition.args.items())}"


@st.composite
def documents(draw, schema, known, *, mutations=None, odd_percent=0):
    """A document that is mostly valid, with its variables; `mutations` draws whether it changes something.

    Of its values, `odd_percent` are odd ones.
    """
    return Writer(draw, schema, known, odd_percent).document(is_mutation=mutations is not None and draw(mutations))
