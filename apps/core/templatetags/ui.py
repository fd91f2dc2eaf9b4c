"""Template tags every page uses."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from apps.core import markdown

register = template.Library()


@register.filter
def rendered(text: str) -> SafeString:
    """Markdown of people and models, as safe HTML."""
    return markdown.render_text(text)


@register.filter
def raw(text: str) -> SafeString:
    return markdown.show_raw(text)


@register.filter
def words(text: str) -> str:
    """`142 words`."""
    count = markdown.word_count(text)
    return f"{count:,} word{'' if count == 1 else 's'}"


@register.filter
def is_long(text: str) -> bool:
    """Long enough that a reader may want to fold it away."""
    return markdown.word_count(text) > 250


@register.filter
def plainly(word: str) -> str:
    """A stored word as people read it: `closed_qa` -> `closed QA`."""
    return word.replace("_", " ").replace(" qa", " QA")


@register.simple_tag(takes_context=True)
def here(context: template.Context, prefix: str) -> SafeString:
    """`aria-current` for the navigation link that leads to the page in hand."""
    request: Any = context.get("request")
    return SafeString('aria-current="page"') if request is not None and request.path == prefix else SafeString("")
