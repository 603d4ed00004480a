"""Hypothesis strategy for documents over a schema: mostly valid, with mostly existing values.

Fields that share a response key can be merged as the specification requires, so that most documents are valid.
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

from support.known_values import ANY, Unquoted, print_literal, variable_value

FIELDS_PER_SELECTION = 5
FIELDS_PER_DOCUMENT = 70
DEPTH = 5
ODD_ALIASES = ("id", "None", "self", "import", "__class__", "_x", "scope", "typename", "data", "f0", "__typename_")
"""Response keys with a meaning in Python, in generated code or in records."""
LIKELY = {
    "EventEntry": ("ExceptionEntry", "BreadcrumbsEntry", "RequestEntry", "MessageEntry"),
    "AlertAction": ("EmailAlertAction", "SlackAlertAction"),
    "AlertCondition": ("FirstSeenAlertCondition", "EventFrequencyAlertCondition", "LevelAlertCondition"),
}
"""Types that are frequent in the sandbox, for abstract types with many possible types."""
LIKELIHOOD = {"first": 80, "last": 1, "before": 2, "after": 3}
"""Percentage of cases in which an optional argument is written; 15 for the others."""
ODD = (
    *(
        Unquoted("9" * 250),
        Unquoted("1" * 4400),
        Unquoted("-0"),
        Unquoted("1e999"),
        Unquoted("-1e-999"),
        Unquoted("UNKNOWN_VALUE"),
        1.5,
        True,
    ),
    *(-(2**63), 2**63, 2**128, -(2**31) - 1, "", " ", "x" * 5000, "\x00", "\ud83d", "\udc00\ud800", "\u202e", "a\nb"),
    *("http://[", "https://acme.sentry.io:99999/", "https://[::1", "//", "100/comments", "..", "../..", "%2e%2e%2f"),
    *("&" * 1000, "\N{UNICORN FACE}" * 300, "9" * 4400, "-1", "1e9", "NaN", "0001-01-01T00:00:00Z", "999999999999d"),
    *([], {}, None, [None], [[]], {"": 1}, {"a": {"a": {}}}),
)
"""Extreme and malformed values."""
WRONG = (None, 1, 1.5, "wrong", True, [], {}, [None], {"a": 1})
ROOTS = ("organization", "organization", "organization", "organization", "node", "nodes", "issue", "organizations")
INTROSPECTION = (
    "__schema { queryType { name } directives { name args { name defaultValue } } }",
    '__type(name: "Issue") { name kind interfaces { name } fields { name type { name ofType { name } } } }',
    '__type(name: "Nothing") { name }',
)


class Taken(NamedTuple):
    """The field behind a response key, and the response keys in its selection set."""

    name: str
    arguments: str
    signature: str
    children: dict[str, "Taken"]


@dataclass(frozen=True)
class Document:
    """A document with the variables to run it with."""

    text: str
    variables: dict | None

    def __repr__(self):
        return f"Document({self.text!r}, {self.variables!r})"


class DocumentWriter:
    """Writer of one document."""

    def __init__(self, draw, schema, known, odd_percent=0):
        self._draw, self._schema, self._known, self._odd_percent = draw, schema, known, odd_percent
        self._declared, self._values, self._fragments, self._shared = [], {}, [], []
        self._room, self._names = FIELDS_PER_DOCUMENT, 0
        self._id_types = []
        """Types of the ids that were written."""

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
        text = f"{'mutation' if is_mutation else 'query'} Generated{head} {{ {selection} }}"
        return Document(" ".join([text, *self._fragments]), self._values or None)

    def _root_field(self, root, parents):
        name = self._of(ROOTS) if root is self._schema.query_type and self._is(85) else self._of(sorted(root.fields))
        return self._field(root, name, parents, DEPTH)

    def _below(self, bound):
        return self._draw(st.integers(0, bound - 1)) if bound > 1 else 0

    def _is(self, percent):
        """True in that percentage of cases."""
        return self._draw(st.integers(0, 99)) >= 100 - percent

    def _of(self, options):
        return options[self._below(len(options))]

    def _new(self, letter):
        self._names += 1
        return f"{letter}{self._names}"

    # Fields

    def _field(self, parent, name, parents, depth, prefix=""):
        """One field; it may share a response key with a field that it merges with."""
        if parents and not prefix and self._is(12):
            key = self._of(list(parents))
            taken = parents[key]
            if taken.name in parent.fields and _signature(parent.fields[taken.name]) == taken.signature:
                return self._print_field(parent.fields[taken.name], key, taken, depth)
        definition = parent.fields[name]
        field = Taken(name, self._arguments(parent, name, definition), _signature(definition), {})
        key = f"{prefix}{name}" if prefix else self._key(name)
        if key in parents and parents[key][:3] != field[:3]:
            key = self._new("u")
        return self._print_field(definition, key, parents.setdefault(key, field), depth)

    def _key(self, name):
        choice = self._below(20)
        if choice < 14:
            return name
        return self._of(ODD_ALIASES) if choice == 19 else f"a{self._below(3)}"

    def _print_field(self, definition, key, taken, depth):
        self._room -= 1
        named = get_named_type(definition.type)
        selection = "" if is_leaf_type(named) else self._selection(named, taken.children, depth - 1)
        alias = "" if key == taken.name else f"{key}: "
        return f"{alias}{taken.name}{taken.arguments}{self._directives()} {selection}"

    def _directives(self):
        if not self._is(7):
            return ""
        directive = self._of(("skip", "include", "include"))
        return f" @{directive}(if: {print_literal(self._boolean())})"

    def _boolean(self):
        value = self._below(2) == 1
        if not self._is(50):
            return value
        if self._is(20):
            return self._variable("Boolean = true", None if self._is(10) else value)
        return self._variable("Boolean!", value)

    # Selections

    def _selection(self, kind, parents, depth):
        """A selection set on a type with at most that depth."""
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
        possible = sorted(possible_type.name for possible_type in self._schema.get_possible_types(kind))
        likely = self._id_types if kind.name == "Node" and self._id_types else LIKELY.get(kind.name)
        return self._schema.get_type(self._of(likely if likely and self._is(70) else possible))

    def _overlap(self, first, second):
        return bool(self._possible(first) & self._possible(second))

    def _possible(self, kind):
        if isinstance(kind, GraphQLObjectType):
            return {kind.name}
        return {possible_type.name for possible_type in self._schema.get_possible_types(kind)}

    # Arguments

    def _arguments(self, parent, name, definition):
        """Required arguments and some of the others."""
        values = {}
        for argument, of in definition.args.items():
            if isinstance(of.type, GraphQLNonNull) or self._is(LIKELIHOOD.get(argument, 15)):
                values[argument] = self._argument_value(of.type, f"{parent.name}.{name}", argument)
        pairs = ", ".join(f"{argument}: {print_literal(value)}" for argument, value in values.items())
        return f"({pairs})" if pairs else ""

    def _argument_value(self, kind, coordinate, name):
        """A value as a literal or a variable."""
        if not self._is(25):
            return self._value(kind, coordinate, name, is_literal=True)
        value = variable_value(self._value(kind, coordinate, name, is_literal=False))
        return self._variable(str(kind), value)

    def _variable(self, kind, value):
        """A new variable with that value; some have a wrong value and some have none."""
        name = self._new("v")
        self._declared.append(f"${name}: {kind}")
        luck = self._below(60)
        if luck == 59:
            self._values[name] = self._of(WRONG)
        elif luck < 57 or kind.endswith("!"):
            self._values[name] = value
        return Unquoted(f"${name}")

    def _value(self, kind, coordinate, name, *, is_literal):
        """A value of a type for an argument or input member of that name, mostly an existing one."""
        kind = get_nullable_type(kind)
        if self._odd_percent and self._is(self._odd_percent):
            return self._of(ODD)
        if isinstance(kind, GraphQLList):
            return [
                self._value(kind.of_type, coordinate, name, is_literal=is_literal) for _ in range(1 + self._below(2))
            ]
        if isinstance(kind, GraphQLEnumType):
            return Unquoted(self._of(sorted(kind.values)))
        if isinstance(kind, GraphQLInputObjectType):
            return self._input(kind, is_literal=is_literal)
        if kind.name == "ID" and (types := self._known.types(coordinate, name)) and self._is(97):
            self._id_types.append(self._of(types))
            return self._of(self._known.ids[self._id_types[-1]])
        existing = self._known.values(coordinate, name, kind.name)
        return self._of(existing) if existing and self._is(97) else self._draw(ANY[kind.name])

    def _input(self, kind, *, is_literal):
        """Members of an input object: exactly one for `@oneOf`."""
        fields = [(name, of.type) for name, of in kind.fields.items()]
        if kind.is_one_of:
            name, of = self._of(fields)
            members_given = [(name, GraphQLNonNull(of))]
        else:
            members_given = [(name, of) for name, of in fields if isinstance(of, GraphQLNonNull) or self._is(25)]
        members = {}
        for name, of in members_given:
            if is_literal and self._is(8):
                members[name] = self._argument_value(of, kind.name, name)
            else:
                members[name] = self._value(of, kind.name, name, is_literal=is_literal)
        return members


def _signature(definition):
    """Types of a field and its arguments; two fields of one name merge only when they are equal."""
    return f"{definition.type} {sorted((name, str(of.type)) for name, of in definition.args.items())}"


@st.composite
def documents(draw, schema, known, *, mutations=None, odd_percent=0):
    """A mostly valid document with its variables; `mutations` draws whether it is a mutation.

    `odd_percent` of its values are extreme or malformed.
    """
    return DocumentWriter(draw, schema, known, odd_percent).document(
        is_mutation=mutations is not None and draw(mutations)
    )
