"""What on a page would stay English in another language, found with a pseudo-language.

Every translation is put into ⟦brackets⟧; whatever text or label a page then shows without them was never offered to
translators. What people and models wrote, names, numbers and code are nobody's to translate: they stand in an
element with `dir="auto"` or `translate="no"`, or in `code`, `kbd`, `time`, `pre`.
"""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from django.utils.translation import trans_real

OPEN, CLOSE = "⟦", "⟧"
_MEANT_FOR_PEOPLE = ("aria-label", "title", "placeholder", "alt", "data-confirm")
_NOT_OURS = {"code", "kbd", "time", "pre", "script", "style", "svg", "math", "textarea"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def speak_pseudo(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on every translation is its English text in brackets."""

    def one(real: Callable[..., str], which: Callable[..., str]) -> Callable[..., str]:
        return lambda *args: OPEN + which(*args) + CLOSE

    from django.utils.translation import _trans

    for name, which in {
        "gettext": lambda message: str(message),
        "ngettext": lambda singular, plural, number: singular if number == 1 else plural,
        "pgettext": lambda context, message: str(message),
        "npgettext": lambda context, singular, plural, number: singular if number == 1 else plural,
    }.items():
        monkeypatch.setattr(_trans, name, one(getattr(trans_real, name), which), raising=False)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.skipped: list[str] = []  # open elements from the outermost that is not ours
        self.depth = 0  # of brackets: a translated sentence may hold elements
        self.left: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        ours = not self.skipped
        if ours:
            labels = [(name, given.get(name)) for name in _MEANT_FOR_PEOPLE]
            self.left += [f"{name}={text}" for name, text in labels if text and plain(text)]
        foreign = tag in _NOT_OURS or given.get("dir") == "auto" or given.get("translate") == "no"
        if tag not in _VOID and (self.skipped or foreign):
            self.skipped.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.skipped:
            while self.skipped.pop() != tag:
                pass

    def handle_data(self, text: str) -> None:
        if self.skipped:
            return
        for piece in re.split(f"([{OPEN}{CLOSE}])", text):
            if piece == OPEN:
                self.depth += 1
            elif piece == CLOSE:
                self.depth -= 1
            elif self.depth == 0 and _LETTERS.search(piece):
                self.left.append(piece.strip())


def plain(text: str) -> bool:
    """Whether words stand in `text` outside of brackets."""
    return bool(_LETTERS.search(re.sub(f"{OPEN}.*{CLOSE}", "", text, flags=re.S)))


def left_in_english(answer: Any) -> list[str]:
    """The texts and labels of a page that no translator was offered."""
    reader = _Reader()
    reader.feed(answer.content.decode())
    return reader.left
