"""Template tags every page uses."""

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from apps.core import markdown
from apps.core.domain import reading

register = template.Library()


@register.filter
def grouped(count: int) -> str:
    """`2,912`, as the reader's language groups digits."""
    return number_format(count, use_l10n=True, force_grouping=True)


@register.filter
def rendered(text: str, under: int = 3) -> SafeString:
    """Markdown of people and models, as safe HTML; `text|rendered:2` where the heading above is an h2."""
    return markdown.render_text(text, under=under)


@register.filter
def raw(text: str) -> SafeString:
    return markdown.show_raw(text)


@register.filter
def words(text: str) -> str:
    """`142 words`."""
    count = reading.word_count(text)
    return ngettext("%(n)s word", "%(n)s words", count) % {"n": grouped(count)}


@register.filter
def size(text: str) -> str:
    """`2,912 words`, or characters where a writing has no spaces between words."""
    if not reading.is_counted_in_characters(text):
        return words(text)
    return ngettext("%(n)s character", "%(n)s characters", len(text)) % {"n": grouped(len(text))}


@register.filter
def is_long(text: str) -> bool:
    """So long that only its beginning is shown until the rest is asked for."""
    return reading.is_long(text)


@register.filter
def opening(text: str) -> str:
    """The first lines of a long text."""
    return reading.opening_of(text)


@register.filter
def gist(text: str, count: int) -> str:
    """The first words of a text, for a row of a list."""
    return reading.gist_of(text, count)


@register.filter
def plainly(word: str) -> str:
    """A stored word as people read it: `closed_qa` -> `closed QA`."""
    return word.replace("_", " ").replace(" qa", " QA")


@register.simple_tag(takes_context=True)
def here(context: template.Context, url: str) -> SafeString:
    """`aria-current` for the link of a navigation that leads to the page in hand."""
    request: Any = context.get("request")
    return SafeString('aria-current="page"' if request is not None and request.path == url else "")
