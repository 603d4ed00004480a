"""Search text in Sentry's syntax: quoting, and the parser's view of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.errors import BadUserInput
from dexter_graphql.loaders.search import Search, Term, any_of, quoted
from dexter_graphql.sandbox.issue_search import _pattern
from dexter_graphql.sandbox.issue_search_syntax import parse_search

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\\"*[](),:!<>=# \n\t'), max_size=12)
KEYS = st.sampled_from(["browser.name", "tags[is]", "tags[a:b]", "release"])


def quoted_or_none(text):
    """The literal of a text; None for one that the syntax cannot express."""
    try:
        return quoted(text)
    except BadUserInput:
        return None


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain", "plain"),
        ("a-b_c.d@1", "a-b_c.d@1"),
        ("star*", "star\\*"),
        ("back\\slash", "back\\slash"),
        ("", '""'),
        ("two words", '"two words"'),
        ('say "hi"', '"say \\"hi\\""'),
        ("a,b", '"a,b"'),
        ("[a]", '"[a]"'),
        ("(a)", '"(a)"'),
        ("a:b", '"a:b"'),
        (">5", '">5"'),
        ("tab\there", '"tab\there"'),
        ("x is:resolved", '"x is:resolved"'),
    ],
)
def test_value_stays_one_word(value, literal):
    """What the search would take apart is quoted, and a literal asterisk is no wildcard."""
    assert quoted(value) == literal


@pytest.mark.parametrize("value", ["a\\*b", "two words\\"])
def test_text_that_the_syntax_cannot_express_is_refused(value):
    """Sentry knows no escape for a backslash, so two kinds of text have no literal."""
    with pytest.raises(BadUserInput, match="cannot express"):
        quoted(value)


@given(key=KEYS, texts=st.lists(TEXTS, min_size=1, max_size=4), is_excluded=st.booleans(), rest=st.just("timeout"))
def test_any_text_is_one_value(key, texts, is_excluded, rest):
    """The parser reads exactly the values that were given: no text ends its value or adds a condition."""
    literals = [literal for text in texts if (literal := quoted_or_none(text)) is not None]
    search = Search(tuple(any_of(key, literals, is_excluded=is_excluded)), rest).text({})

    *terms, free_text = parse_search(search)

    assert free_text.values == ("*timeout*",)
    expected = list(dict.fromkeys(text for text in texts if quoted_or_none(text) is not None))
    assert [(term.negated, len(term.values)) for term in terms] == [(is_excluded, len(expected))] * bool(expected)
    for text, value in zip(expected, terms[0].values if terms else (), strict=True):
        assert _pattern(value).match(text)
        assert not _pattern(value).match(f"{text}x")


def test_terms_come_before_the_text_of_the_client():
    """A quotation mark that the client does not close cannot reach the terms of the filter."""
    search = Search((Term("level", ("error",)),), '"open').with_term(Term("release", ("1.0",)))

    assert search.text({}) == 'release:1.0 level:error "open'
