"""Where a reward model's zero and unit lie, by its manifest: who trains against it needs both."""

from typing import Any

from ..charts.chart import short
from .report_json import finite, mapping, text
from .saying import Sentence, as_it_is
from .saying import said as _


def unit_of(normalisation: Any) -> tuple[float, float] | None:
    """Zero and scale of reward = (score - zero) / scale; None where they are not both there, or are none."""
    zero, scale = (finite(mapping(normalisation).get(name)) for name in ("zero", "scale"))
    return (zero, scale) if zero is not None and scale is not None and scale > 0 else None


def unit_said(normalisation: Any) -> list[Sentence]:
    unit, why = unit_of(normalisation), text(mapping(normalisation).get("from"))
    if unit is None:
        return []
    zero, scale = map(short, unit)
    told = _("A reward is what the model says, less {zero}, divided by {scale}.", zero=zero, scale=scale)
    return [told, as_it_is(why)] if why else [told]
