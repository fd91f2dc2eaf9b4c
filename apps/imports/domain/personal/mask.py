"""A text without what was found in it."""

import re
from collections import Counter
from dataclasses import dataclass

from .patterns import FAMILIES, Pattern

KINDS = tuple(dict.fromkeys(pattern.kind for family in FAMILIES for pattern in family.patterns))


@dataclass(frozen=True, slots=True)
class Masked:
    """`found` counts by kind; empty where `text` is as it was."""

    text: str
    found: Counter[str]


def mask(text: str) -> Masked:
    """Each find becomes its kind in brackets, like `[email]`. Equal texts give equal ones; a masked text is clean."""
    found = Counter[str]()
    # Once more after a find: what stood beside it, like a second number after a space, may be seen only then.
    while (cleaner := _pass(text, found)) != text:
        text = cleaner
    return Masked(text, found)


def _pass(text: str, found: Counter[str]) -> str:
    for family in FAMILIES:
        if family.hint(text):
            for pattern in family.patterns:
                text = _without(pattern, text, found)
    return text


def _without(pattern: Pattern, text: str, found: Counter[str]) -> str:
    return pattern.expression.sub(lambda match: _replaced(match, pattern, found), text)


def _replaced(match: re.Match[str], pattern: Pattern, found: Counter[str]) -> str:
    whole = match[0]
    secret = match["secret"] if "secret" in pattern.expression.groupindex else whole
    if not pattern.check(_in_ascii(secret)):
        return whole
    found[pattern.kind] += 1
    return whole.removesuffix(secret) + f"[{pattern.kind}]"


def _in_ascii(text: str) -> str:
    """With the digits that the checks count by: a number may be written in Arabic or Devanagari ones."""
    if text.isascii():
        return text
    return "".join(str(int(character)) if character.isdecimal() else character for character in text)
