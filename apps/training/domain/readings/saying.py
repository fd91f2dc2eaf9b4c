"""Sentences about numbers: English as they stand, and translatable where they are shown.

Rules know no framework, so a sentence keeps the pattern it was made of and the values in it; a template filter looks the
pattern up in the reader's language. `_` and `ngettext` are the names that collectors of texts look for.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any


class Sentence(str):
    """The English text. `pattern` and `many` (where there is a plural) are what translators see."""

    pattern: str
    many: str
    number: int
    values: Mapping[str, Any]

    def __new__(cls, pattern: str, values: Mapping[str, Any], many: str = "", number: int = 1) -> "Sentence":
        chosen = many if many and number != 1 else pattern
        sentence = super().__new__(cls, chosen.format_map(values) if values else chosen)
        sentence.pattern, sentence.many, sentence.number, sentence.values = pattern, many, number, values
        return sentence

    def translated(self, one: Callable[[str], str], plural: Callable[[str, str, int], str]) -> str:
        """In the language of `one` and `plural` (gettext and ngettext); sentences within it, too."""
        pattern = plural(self.pattern, self.many, self.number) if self.many else one(self.pattern)
        if not self.values:
            return pattern
        return pattern.format_map({name: translate(value, one, plural) for name, value in self.values.items()})


def translate(value: Any, one: Callable[[str], str], plural: Callable[[str, str, int], str]) -> Any:
    """A sentence in the language of `one` and `plural`; everything else as it is."""
    return value.translated(one, plural) if isinstance(value, Sentence) else value


def said(pattern: str, **values: Any) -> Sentence:
    return Sentence(pattern, values)


def said_of(one: str, many: str, number: int, **values: Any) -> Sentence:
    return Sentence(one, values, many, number)


def listed(parts: Sequence[str]) -> Sentence:
    """`a, b, c`, each still to be translated."""
    names = [f"part{n}" for n in range(len(parts))]
    return Sentence(", ".join(f"{{{name}}}" for name in names), dict(zip(names, parts, strict=True)))


def as_it_is(text: str) -> Sentence:
    """What others wrote: not ours to translate."""
    return Sentence("{text}", {"text": text})
