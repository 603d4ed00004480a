"""Interfaces and unions: the object type of a value, by a type resolver, by `is_type_of`, or unknown."""

from dataclasses import dataclass

import pytest

from support.small import agreed, small

SDL = """
  interface Named { name: String }
  interface Being implements Named { name: String, mother: Being, friends: [Named] }
  type Dog implements Named & Being { name: String, mother: Being, friends: [Named], barks: Boolean }
  type Cat implements Named & Being { name: String, mother: Being, friends: [Named], meows: Boolean! }
  type Robot implements Named { name: String }
  type Rock { weight: Int }
  union Pet = Dog | Cat
  union Thing = Rock | Robot
  type Query { pet: Pet, pets: [Pet], named: Named, beings: [Being!], thing: Thing, dog: Dog }
"""


@dataclass(eq=False)
class Dog:
    """A dog with siblings."""

    name: str = "Rex"
    barks: object = True
    mother: object = None
    friends: object = ()


@dataclass(eq=False)
class Cat:
    """A cat."""

    name: str = "Tom"
    meows: object = False
    mother: object = None
    friends: object = ()


@dataclass(eq=False)
class Robot:
    """Neither a dog nor a cat."""

    name: str = "R2"


def by_class(value, _info, _type):
    """The name of the object type, synchronously."""
    return type(value).__name__


async def by_class_later(value, _info, _type):
    """The name of the object type, asynchronously."""
    return type(value).__name__


def resolving(resolve):
    """Changes that give the abstract types a resolver."""

    def change(kind):
        kind.resolve_type = resolve

    return dict.fromkeys(["Named", "Being", "Pet", "Thing"], change)


def asking(*, is_later):
    """Changes that give the object types a test."""

    def change(kind):
        async def later(value, _info):
            return type(value).__name__ == kind.name

        kind.is_type_of = later if is_later else lambda value, _info: type(value).__name__ == kind.name

    return dict.fromkeys(["Dog", "Cat", "Robot", "Rock"], change)


SURE = {
    "resolver": resolving(by_class),
    "later resolver": resolving(by_class_later),
    "test": asking(is_later=False),
    "later test": asking(is_later=True),
    "resolver and test": {**resolving(by_class), **asking(is_later=False)},
}
"""Ways to find the type of a value."""
ODD = {
    "nothing": {},
    "wrong name": resolving(lambda *_: "Nobody"),
    "no name": resolving(lambda *_: None),
    "no object type": resolving(lambda *_: "Named"),
    "another type": resolving(lambda *_: "Rock"),
    "no text": resolving(lambda *_: 7),
    "raising": resolving(lambda *_: 1 / 0),
    "contradiction": {**resolving(lambda *_: "Dog"), **asking(is_later=False)},
}
"""Ways that find no type, or a wrong one."""
TEXTS = [
    "{ pet { __typename } }",
    "{ pet { __typename ... on Dog { name barks } ... on Cat { name meows } } }",
    "{ pets { ... on Dog { barks } ... on Cat { meows } ... on Being { name } } }",
    "{ named { name __typename ... on Being { mother { name } } ... on Robot { again: name } } }",
    "{ beings { name mother { name friends { __typename name ... on Cat { mews: meows } } } } }",
    "{ thing { ... on Rock { weight } ... on Robot { name } ... on Named { __typename } } }",
    "{ dog { name ...F } } fragment F on Being { mother { ...G } friends { name } } fragment G on Named { name }",
    "{ pet { ... on Dog { x: name } ... on Cat { x: name } } pets { ... on Dog { y: name } ... on Cat { y: name } } }",
]


def world(how, **changed):
    """A schema over some animals."""
    family = [Dog("Rex", mother=Dog("Ada", friends=[Cat()])), Cat("Tom", meows=None), None, Cat("Kit"), Robot()]
    roots = {
        "pet": family[0],
        "pets": family,
        "named": Robot(),
        "beings": family[:1],
        "thing": Robot(),
        "dog": family[0],
    }
    return small(SDL, types=how, **roots | changed)


@pytest.mark.parametrize("how", SURE)
@pytest.mark.parametrize("text", TEXTS)
async def test_type_of_a_value(how, text):
    """The result is the same for every way to find the type."""
    await agreed(world(SURE[how]), text)
    await agreed(world(SURE[how]), text, typename_of=name_of)


@pytest.mark.parametrize("how", ODD)
@pytest.mark.parametrize("text", TEXTS)
async def test_unknown_type(how, text):
    """The value is null with an error."""
    await agreed(world(ODD[how]), text)


@pytest.mark.parametrize("how", [*SURE, *ODD])
async def test_each_value_of_a_list_has_its_own_type(how):
    """An item of an unknown type is null with an error; the others are not affected."""
    pets = [Dog(), 7, Cat(), {"name": "x"}, ValueError("no pet"), Robot()]

    await agreed(world((SURE | ODD)[how], pets=pets), "{ pets { __typename } }")


@pytest.mark.parametrize("how", [*SURE, *ODD])
async def test_object_type_of_another_object(how):
    """The `is_type_of` of a concrete type is checked as well."""
    await agreed(world((SURE | ODD)[how], dog=Cat()), "{ dog { name barks __typename } }")


def name_of(row_class):
    """The name of the object type of a class of rows."""
    return row_class.__name__ if row_class in {Dog, Cat, Robot} else None
