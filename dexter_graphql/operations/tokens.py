"""Tokens, nesting and longest name of a document, counted in its text before it is parsed."""

import re
from dataclasses import dataclass

BLOCK_STRING = r'"""(?:[^"\\]|\\(?:""")?|"(?!""))*+"""'
STRING = r'"(?:[^"\\\r\n]|\\.)*+"'
TOKEN = re.compile(
    rf"(?P<ignored>[\s,\ufeff]+|#[^\r\n]*+)|(?P<open>[({{\[])|(?P<close>[)}}\]])|(?P<name>[A-Za-z_][A-Za-z0-9_]*+)"
    rf"|{BLOCK_STRING}|{STRING}|(?P<number>-?[0-9][A-Za-z0-9_.+-]*+)|\.\.\.|.",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class TextSize:
    """Size of a document's text."""

    tokens: int = 0
    nesting: int = 0
    """Deepest nesting of brackets."""
    name_length: int = 0
    """Characters of the longest name."""
    number_length: int = 0
    """Characters of the longest number."""


def measure_text(text: str, max_tokens: int) -> TextSize:
    """The size of a text, up to the first token above `max_tokens`. Broken texts are measured, too."""
    tokens = nesting = deepest = 0
    lengths = {"name": 0, "number": 0}
    for match in TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "ignored":
            continue
        tokens += 1
        if tokens > max_tokens:
            break
        if kind in lengths:
            lengths[kind] = max(lengths[kind], match.end() - match.start())
        elif kind == "open":
            nesting += 1
            deepest = max(deepest, nesting)
        elif kind == "close":
            nesting -= 1
    return TextSize(tokens, deepest, lengths["name"], lengths["number"])
