"""What tasks are called on the pages."""

from django import template

from ..task_forms import KINDS

register = template.Library()
_NAMES = {str(kind): name for kind, name in KINDS}


@register.filter
def verb_of(kind: str) -> str:
    """What a labeler does with a task of that kind."""
    return str(_NAMES.get(kind, kind))
