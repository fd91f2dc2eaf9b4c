"""Texts of people and models, shown safely.

Candidate text is hostile until shown otherwise: Markdown is read with HTML off, the result is cleaned
again by an allow-list, and nothing in it can load from elsewhere (no images, no styles, no frames).
"""

import re
from collections.abc import Sequence
from typing import Any

import nh3
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from . import mathematics
from .math_rules import mathematics_plugin

# `breaks`: models mean their line breaks; plain CommonMark would run a poem together.
READER = (
    MarkdownIt("commonmark", {"html": False, "breaks": True})
    .enable(["table", "strikethrough"])
    .disable("image")
    .use(mathematics_plugin)
)
_TAGS = mathematics.TAGS | {
    "a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_HEADINGS = {f"h{level}" for level in range(1, 7)}
# Each of these finds its own direction: an Arabic paragraph beside an English one, a list of either.
_DIRECTED = _HEADINGS | {"p", "ol", "ul", "blockquote", "table"}
_ATTRIBUTES = {
    "a": {"href", "title"},
    **{tag: {"dir"} for tag in _DIRECTED},
    **{tag: {"dir", "id"} for tag in _HEADINGS},
    "ol": {"dir", "start"},
    **mathematics.ATTRIBUTES,
}
_CLASSES = {
    "div": {"scroll"},
    "span": {"formula", "inline"},
    "code": {"as-written"},
    "mrow": mathematics.CANCEL_CLASSES,
    "mtd": set(mathematics.STYLE_CLASSES.values()),
    "mtable": {"m-whole"},
}
# Candidates sit under the page's h1 to h3, so their own headings start at h4.
_HEADING_ABOVE = 3
# Overrides turn the reading order of plain letters around: a disguise, never needed in honest text.
_OVERRIDES = re.compile("[\u202d\u202e]")
# What the formulas of one text may cost together: characters of MathML, and ten for each character read.
_MATH_BUDGET = 1_000_000
# A longer formula inside a line scrolls by itself when there is no room for it.
_LONG_FORMULA = 40


def render_text(text: str, *, under: int = _HEADING_ABOVE) -> SafeString:
    """A prompt's or candidate's Markdown as safe HTML, its headings below those of level `under`."""
    tokens = READER.parse(without_overrides(text))
    nest_headings(tokens, under)
    return safe_html(tokens)


def nest_headings(tokens: list[Token], above: int) -> None:
    """Headings one below the other without a gap: a text that begins with `###` must not skip two levels."""
    open_levels: list[int] = []
    for token in tokens:
        if token.tag not in _HEADINGS:
            continue
        if token.nesting == 1:
            level = int(token.tag[1])
            while open_levels and open_levels[-1] >= level:
                open_levels.pop()
            open_levels.append(level)
        token.tag = f"h{min(above + len(open_levels), 6)}"


def show_raw(text: str) -> SafeString:
    """The text as it is, character by character."""
    return mark_safe(escape(without_overrides(text)))  # noqa: S308  (escaped on this line)


def without_overrides(text: str) -> str:
    """Direction overrides made visible instead of obeyed."""
    return _OVERRIDES.sub(lambda found: f"[U+{ord(found[0]):04X}]", text)


def plain(inline: Token) -> str:
    """The words of a heading or paragraph, without its marks."""
    return "".join(child.content for child in inline.children or [])


def _formula(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: dict[str, Any]) -> str:
    """A formula as MathML, or its source when it is not understood or the text has had its share."""
    token = tokens[index]
    display = token.markup in ("$$", r"\[")
    env["cost"] = env.get("cost", 0) + 200 + 10 * len(token.content)
    html = mathematics.mathml(token.content, display=display) if env["cost"] < _MATH_BUDGET else None
    if html is None:
        return _as_written(token)
    env["cost"] += len(html)
    if display:
        return f'<span class="formula">{html}</span>'
    return f'<span class="formula inline">{html}</span>' if len(token.content) > _LONG_FORMULA else html


def _as_written(token: Token) -> str:
    closer = {"\\(": "\\)", "\\[": "\\]"}.get(token.markup, token.markup)
    source = f'<code class="as-written">{escape(token.markup + token.content + closer)}</code>'
    return f"<p>{source}</p>" if token.block else source


def _table_open(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: dict[str, Any]) -> str:
    return f'<div class="scroll">{renderer.renderToken(tokens, index, options, env)}'


def _table_close(renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: dict[str, Any]) -> str:
    return f"{renderer.renderToken(tokens, index, options, env)}</div>"


for _name, _rule in (
    ("math_inline", _formula),
    ("math_block", _formula),
    ("table_open", _table_open),
    ("table_close", _table_close),
):
    READER.add_render_rule(_name, _rule)


def safe_html(tokens: Sequence[Token], spent: dict[str, Any] | None = None) -> SafeString:
    """`spent`: what the formulas of this text cost so far, where it is rendered in parts."""
    for token in tokens:
        if token.nesting == 1 and token.tag in _DIRECTED:
            token.attrSet("dir", "auto")
    html = nh3.clean(
        READER.renderer.render(tokens, READER.options, {} if spent is None else spent),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow ugc",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return mark_safe(html)  # noqa: S308  (cleaned by the allow-list above)
