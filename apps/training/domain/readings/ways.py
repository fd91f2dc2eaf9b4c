"""How a reward model was trained, in sentences: how prompts were shared, in which numbers, and what ties taught."""

from collections.abc import Mapping
from typing import Any

from ..charts.chart import short
from .report_json import finite, mapping, text, whole
from .saying import Sentence, as_it_is
from .saying import said as _

_SHARED = {
    "cache": _("Each prompt was read once for all its completions, through the key-value cache."),
    "mask": _("Each prompt was read once for all its completions, in one sequence with a mask."),
}
_IN_BFLOAT16 = _("It learned in bfloat16; the head, the loss and all that was measured are in float32.")
_RULES = {"davidson": _("Davidson's rule"), "rao-kupper": _("Rao and Kupper's rule")}


def ways_of(report: Mapping[str, Any]) -> list[Sentence]:
    """Of reports of older programs, too: what they do not say is left out."""
    numbers = [_IN_BFLOAT16] if text(report.get("precision")) == "bfloat16" else []
    return [*_form(mapping(report.get("form"))), *numbers, *_ties(mapping(report.get("ties")))]


def _form(form: Mapping[str, Any]) -> list[Sentence]:
    used, why = text(form.get("used")), text(form.get("why"))
    if used in _SHARED:
        return [_SHARED[used]]
    if used != "plain":
        return []
    told = _("The prompt was read again with each of its completions.")
    return [told, as_it_is(why)] if why else [told]


def _ties(ties: Mapping[str, Any]) -> list[Sentence]:
    rule, tied, value = text(ties.get("rule")), whole(ties.get("tied_pairs")), finite(ties.get("value"))
    if rule == "drop":
        return [_("Ties taught it nothing, as in InstructGPT.")]
    if rule not in _RULES or tied is None or value is None:
        return []
    parameter = text(ties.get("parameter"))
    return [
        _(
            "It learned from {tied} tied pairs, too, by {rule}, with {parameter} at {value}.",
            tied=f"{tied:,}", rule=_RULES[rule], parameter=parameter, value=short(value),
        )
    ]  # fmt: skip
