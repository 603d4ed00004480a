"""Tokens counted in a text: as graphql-core's lexer counts them."""

import pytest
from graphql import Lexer, Source, TokenKind
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.operations.library import load_library
from dexter_graphql.operations.tokens import TextSize, measure_text

PARTS = st.sampled_from(
    [
        *("{", "}", "(", ")", "[", "]", "$", "!", ":", "=", "@", "&", "|", "...", "a", "_b1", "query", "1", "-2.5e+3"),
        *('"a"', '""', '"\\"x"', '"a#{"', '"""block " "" x"""', '""""""', '"""\\"""x"""', "# comment {", "#"),
        *("\n", " ", ",", "\ufeff", "\t", "\r\n"),
    ]
)


def lexed(text):
    """Number of tokens that graphql-core's lexer finds, without comments."""
    lexer = Lexer(Source(text))
    count = 0
    while lexer.advance().kind is not TokenKind.EOF:
        count += 1
    return count


@given(parts=st.lists(PARTS, max_size=30))
def test_tokens_are_those_of_the_lexer(parts):
    """Strings, block strings and comments hide what is in them; blanks and commas count nothing."""
    text = " ".join(part if not part.startswith("#") else f"{part}\n" for part in parts)

    assert measure_text(text, 10_000).tokens == lexed(text)


@pytest.mark.parametrize("text", [document.text for document in load_library()])
def test_library_is_counted_as_by_the_lexer(text):
    """Real documents."""
    assert measure_text(text, 10_000).tokens == lexed(text)


@given(text=st.text(alphabet='"\\{}[]()#\n a1.', max_size=60))
def test_broken_text_is_measured(text):
    """Unfinished strings and characters that no document has count as something, and end."""
    size = measure_text(text, 10_000)

    assert size.tokens <= len(text)
    assert size.nesting <= len(text)


def test_sizes_are_those_of_the_longest():
    """Nesting is that of the deepest bracket; a name in a string is no name."""
    assert measure_text('{ abc(x: [{ y: -12 }]) "longer name" z { z } }', 100) == TextSize(19, 4, 3, 3)


def test_counting_stops_above_the_limit():
    """What comes after the first token too many is not looked at."""
    assert measure_text("a " * 10 + "{" * 10, 5) == TextSize(6, 0, 1)
