"""A guideline as a document: its HTML in sections, its headings as rules with addresses, its blocks for comparing.

A heading's address is its own words, or what its author wrote behind it: `## Hallucination {#hallucination}`. Several
names are several addresses: `## Flags {#sexual_content #violent_content}`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString, mark_safe
from markdown_it.token import Token

from .domain.addresses import name_of
from .domain.difference import Block, Word
from .markdown import READER, nest_headings, plain, safe_html, without_overrides

ANCHOR = "rule-"
_NAMES = re.compile(r"\s*\{\s*(#[\w.-]{1,80}(?:\s+#[\w.-]{1,80})*)\s*\}\s*$")
# Signs that join: Latin and such by words, writings without spaces by their signs.
_WORD = re.compile(
    r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+|[^\w\s]|\s+"
)
_MARKS = {"strong_open": "strong", "em_open": "em", "s_open": "s"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A heading: `anchor` in the page, `names` that its author wrote behind it, `level` as written: `##` is 2."""

    anchor: str
    title: str
    level: int
    names: tuple[str, ...]

    @property
    def address(self) -> str:
        """What questions and programs call it: the anchor without what keeps it from the page's own."""
        return self.anchor.removeprefix(ANCHOR)

    @property
    def called(self) -> tuple[str, ...]:
        """All that leads to it, so that it is found again when its author names it or gives it another title."""
        return (self.address, *self.names, name_of(self.title))


@dataclass(frozen=True, slots=True)
class Section:
    """From one heading to the next. `anchor` is empty for what stands before the first."""

    anchor: str
    html: SafeString


@dataclass(frozen=True, slots=True)
class Document:
    """`rules`: every heading but the title; `headings`: those of a table of contents."""

    sections: tuple[Section, ...]
    rules: tuple[Rule, ...]

    @property
    def html(self) -> SafeString:
        return mark_safe("".join(section.html for section in self.sections))  # noqa: S308  (each is cleaned)

    @property
    def headings(self) -> list[Rule]:
        return [rule for rule in self.rules if rule.level == 2]


@lru_cache(maxsize=16)
def render_document(text: str) -> Document:
    """Safe HTML of a guideline, below the h1 of its page. Kept for the texts in use: a published one never changes."""
    tokens = READER.parse(without_overrides(text))
    rules: list[Rule] = []
    anchored: list[tuple[str, list[Token]]] = []
    taken: set[str] = set()
    for part in _parts(tokens):
        anchor = ""
        if part[0].type == "heading_open":
            rule = _rule(part[0], part[1], taken)
            part[0].attrSet("id", anchor := rule.anchor)
            if part[0] is not tokens[0] or rule.level > 1:
                rules.append(rule)
        anchored.append((anchor, part))
    nest_headings(tokens, 1)
    spent: dict[str, Any] = {}
    return Document(tuple(Section(anchor, safe_html(part, spent)) for anchor, part in anchored), tuple(rules))


def _parts(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    part: list[Token] = []
    for token in tokens:
        if token.type == "heading_open" and token.level == 0 and part:
            yield part
            part = []
        part.append(token)
    if part:
        yield part


def _rule(opening: Token, inline: Token, taken: set[str]) -> Rule:
    names = _names_taken_off(inline)
    title = plain(inline).strip()
    # The page's own ids never begin so: a heading named "main" must not become the page's main part.
    base = anchor = f"{ANCHOR}{(names or [name_of(title)])[0] or 'part'}"
    number = 2
    while anchor in taken:
        anchor, number = f"{base}-{number}", number + 1
    taken.add(anchor)
    return Rule(anchor, title, int(opening.tag[1]), tuple(names))


def _names_taken_off(inline: Token) -> list[str]:
    """The names written behind a heading, which are then no part of its text any more."""
    last = inline.children[-1] if inline.children else None
    found = _NAMES.search(last.content) if last is not None and last.type == "text" else None
    if last is None or found is None:
        return []
    last.content = last.content[: found.start()]
    return [name for word in found[1].split() if (name := name_of(word))]


# --- blocks, for comparing --------------------------------------------------------------------------


@lru_cache(maxsize=16)
def blocks_of(text: str) -> tuple[Block, ...]:
    """A document as a list of blocks: headings, paragraphs, entries of lists, rows of tables, code."""
    return tuple(_blocks(READER.parse(without_overrides(text))))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    lists: list[str] = []
    heading, bullet = 0, ""
    row: list[Word] | None = None
    for token in tokens:
        match token.type:
            case "heading_open" | "heading_close":
                heading = int(token.tag[1]) if token.nesting == 1 else 0
            case "bullet_list_open" | "ordered_list_open":
                lists.append("•")
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                bullet = f"{token.info}." if token.info else lists[-1]
            case "tr_open":
                row = []
            case "tr_close":
                yield Block("row", tuple(row or ()))
                row = None
            case "inline" if row is not None:
                row += [*([Word(" | ")] if row else []), *_words(token)]
            case "inline":
                if heading:
                    _names_taken_off(token)
                kind = "heading" if heading else "item" if lists else "p"
                yield Block(kind, tuple(_words(token)), heading or len(lists), bullet)
                bullet = ""
            case "fence" | "code_block" | "math_block":
                yield Block("code", tuple(_split(token.content.rstrip("\n"), ())), len(lists))
            case "hr":
                yield Block("p", (Word("⁂"),))


def _words(inline: Token) -> Iterator[Word]:
    marks: list[str] = []
    links: list[str] = []
    for child in inline.children or []:
        if child.type in _MARKS:
            marks.append(_MARKS[child.type])
        elif child.nesting == -1 and child.tag in _MARKS.values():
            marks.remove(child.tag)
        elif child.type == "link_open":
            links.append(str(child.attrGet("href") or ""))
        elif child.type == "link_close":
            yield Word(f" ({links.pop()})")
        elif child.type in ("softbreak", "hardbreak"):
            yield Word("\n")
        elif child.type in ("code_inline", "math_inline"):
            yield Word(child.content, (*sorted(marks), "code"))
        else:
            yield from _split(child.content, tuple(sorted(marks)))


def _split(text: str, marks: tuple[str, ...]) -> Iterator[Word]:
    """Words with the space after them."""
    held = ""
    for part in _WORD.findall(text):
        if held and not part.isspace():
            yield Word(held, marks)
            held = ""
        held += part
    if held:
        yield Word(held, marks)
