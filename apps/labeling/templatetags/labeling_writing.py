"""What the writing room says about a text."""

from django import template

from ..domain.submission import DEMONSTRATION_MAX
from ..models import Assignment
from ..selectors.likeness import Likeness, likeness_told

register = template.Library()


@register.simple_tag
def likeness(assignment: Assignment, text: str) -> Likeness | None:
    """What `text` is like. A text beyond the limit is not compared: it is refused anyway."""
    return likeness_told(assignment, text) if len(text) <= DEMONSTRATION_MAX else None


@register.simple_tag
def text_limit() -> int:
    return DEMONSTRATION_MAX
