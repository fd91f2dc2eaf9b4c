"""What the pages of models say in words."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _

from apps.core.markdown import without_overrides
from apps.registry.models import ModelVersion

from ..domain.charts.chart import percent, short
from ..forms import GENERATE
from ..model_forms import ROLES, STATES
from ..selectors.files import ModelFile
from ..selectors.files import files_of as registered_files
from ..selectors.notes import fetched_of, template_of, tokenizer_of
from ..selectors.preferred import Preferred
from ..selectors.side_by_side import NONE, Column, Row
from .training import next_kinds

register = template.Library()


@register.filter
def role_name(value: str) -> str:
    return str(ROLES.get(value, value))


@register.filter
def state_name(value: str) -> str:
    return str(STATES.get(value, value))


@register.filter
def counted(value: int) -> str:
    """`1.24 billion`: as one speaks of a model's size."""
    for size, words in ((10**9, _("%(n)s billion")), (10**6, _("%(n)s million"))):
        if value >= size:
            return words % {"n": short(value / size)}
    return f"{value:,}"


@register.filter
def origin_name(model: ModelVersion) -> str:
    """Where it lies, as one would type it."""
    scheme, _colon, rest = model.artifact_uri.partition(":")
    match scheme:
        case "hub":
            return _("hub: %(name)s") % {"name": rest}
        case "folder":
            return _("folder: %(name)s") % {"name": rest}
        case "endpoint":
            server, _slash, name = rest.partition("/")
            return _("server %(server)s: %(name)s") % {"server": server, "name": name}
        case "artifact":
            return _("trained here")
    return ""


@register.filter
def fact_rows(model: ModelVersion) -> list[tuple[str, str]]:
    """What its files say, in the order in which one asks. What they do not say is left out."""
    facts = model.facts
    types = facts.get("types")
    rows: list[tuple[str, Any]] = [
        (_("Architecture"), facts.get("architecture")),
        (_("Parameters"), counted(facts["parameters"]) if isinstance(facts.get("parameters"), int) else None),
        (_("Layers"), facts.get("layers")),
        (_("Width"), facts.get("width")),
        (_("Heads"), facts.get("heads")),
        (_("Vocabulary"), facts.get("vocabulary")),
        (_("Context in tokens"), facts.get("context")),
        (_("Numbers stored as"), ", ".join(types) if isinstance(types, dict) else facts.get("stored_as")),
    ]
    return [(name, _plain(value)) for name, value in rows if value not in (None, "")]


def _plain(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else without_overrides(str(value))


@register.filter
def fetched(model: ModelVersion) -> str:
    return fetched_of(model)


@register.filter
def template_hash(model: ModelVersion) -> str:
    return template_of(model) or ""


@register.filter
def tokenizer_hash(model: ModelVersion) -> str:
    return tokenizer_of(model) or ""


@register.filter
def files_of(model: ModelVersion) -> list[ModelFile]:
    return registered_files(model)


@register.filter
def can_start(model: ModelVersion) -> list[tuple[str, str]]:
    """What one may start from its page: of what is only asked, nothing but candidates."""
    return [(kind, name) for kind, name in next_kinds(model.role) if not model.is_asked or kind == GENERATE]


@register.filter
def as_percent(value: float) -> str:
    return percent(value)


@register.filter
def of_model(found: Mapping[int, Preferred], model: ModelVersion) -> Preferred | None:
    return found.get(model.pk)


@register.filter
def bars(found: Preferred) -> list[dict[str, Any]]:
    """Above, tied and below as parts of a strip of 100."""
    parts, at = [], 0.0
    for kind, count in (("above", found.above), ("tied", found.tied), ("below", found.below)):
        wide = 100 * count / found.comparisons
        if wide:
            parts.append({"kind": kind, "at": f"{at:.2f}", "wide": f"{wide:.2f}"})
        at += wide
    return parts


@register.filter
def beside(row: Row, columns: list[Column]) -> list[dict[str, Any]]:
    """Each value with the model it is of: a narrow screen shows both."""
    return [
        {"model": column.model, "value": text, "is_none": text == NONE}
        for column, text in zip(columns, row.texts, strict=True)
    ]
