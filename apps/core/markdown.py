"""Texts of people and models, shown safely.

Candidate text is hostile until shown otherwise: Markdown is read with HTML off, the result is cleaned
again by an allow-list, and nothing in it can load from elsewhere (no images, no styles, no frames).
"""

import re
from dataclasses import dataclass
from itertools import pairwise

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

# `breaks`: models mean their line breaks; plain CommonMark would run a poem together.
_READER = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"]).disable("image")
_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_HEADINGS = {f"h{level}" for level in range(1, 7)}
# Candidates sit under the page's h1 to h3, so their own headings start at h4.
_DEEPER = 3
# Overrides turn the reading order of plain letters around: a disguise, never needed in honest text.
_OVERRIDES = re.compile("[\u202d\u202e]")


@dataclass(frozen=True, slots=True)
class Heading:
    anchor: str
    title: str


@dataclass(frozen=True, slots=True)
class Document:
    """A guideline as HTML, and its `## ` headings for a table of contents."""

    html: SafeString
    headings: list[Heading]


def render_text(text: str) -> SafeString:
    """A prompt's or candidate's Markdown as safe HTML."""
    tokens = _READER.parse(without_overrides(text))
    for token in tokens:
        if token.tag in _HEADINGS:
            token.tag = f"h{min(int(token.tag[1]) + _DEEPER, 6)}"
    return _safe_html(tokens)


def render_document(text: str) -> Document:
    """A guideline: as `render_text`, with an anchor on each `## ` heading."""
    tokens = _READER.parse(without_overrides(text))
    headings: list[Heading] = []
    for token, inner in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h2":
            headings.append(Heading(f"part-{len(headings) + 1}", _plain(inner)))
            token.attrSet("id", headings[-1].anchor)
    return Document(_safe_html(tokens), headings)


def show_raw(text: str) -> SafeString:
    """The text as it is, character by character."""
    return mark_safe(escape(without_overrides(text)))  # noqa: S308  (escaped on this line)


def without_overrides(text: str) -> str:
    """Direction overrides made visible instead of obeyed."""
    return _OVERRIDES.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def word_count(text: str) -> int:
    return len(text.split())


def _plain(inline: Token) -> str:
    return "".join(child.content for child in inline.children or [])


def _safe_html(tokens: list[Token]) -> SafeString:
    html = nh3.clean(
        _READER.renderer.render(tokens, _READER.options, {}),
        tags=_TAGS,
        attributes={"a": {"href", "title"}, "h2": {"id"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return mark_safe(html)  # noqa: S308  (cleaned by the allow-list above)
