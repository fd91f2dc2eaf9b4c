"""Rates of the bias reports, as the API has them, as numbers of a page and cells of a file."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from ..shown import Number, number_of, percent
from .words import WHY, said

Body = Mapping[str, Any]
# What a rate of pairs rests on.
COUNTS = ("units", "ties", "prompts", "labelers")


def rate_share(rate: Body) -> Number:
    return rate_number(rate, percent, 0.0, 1.0)


def rate_number(rate: Body, text: Callable[[float], str], least: float, most: float) -> Number:
    interval = rate["interval"] or {}
    why = said(WHY, rate["why"])
    return number_of(rate["value"], interval.get("low"), interval.get("high"), text, why=why, least=least, most=most)


def points(value: float) -> str:
    return _("%(points)s points") % {"points": f"{100 * value:+.1f}"}


def rate_cells(rate: Body) -> list[Any]:
    interval = rate["interval"] or {}
    found = [rate["value"], interval.get("low"), interval.get("high")]
    return ["" if one is None else one for one in found]
