"""Estimates as JSON: what the API, the pages and the tables for download have in common. Reals have four digits."""

from dataclasses import fields
from typing import Any

from .estimate import Counts, Estimate
from .matrix import Cell
from .scales import ScaleSection
from .section import Section

DIGITS = 4
STATISTICS = tuple(one.name for one in fields(Section) if one.name not in ("judgments", "counts", "labelers_a_task"))
OF_TWO = ("agreement", "agreement_without_ties", "kappa", "tau_b")
OF_SCALES = ("icc", "alpha_interval", "alpha_ordinal")


def section_told(one: Section) -> dict[str, Any]:
    return {
        "judgments": one.judgments,
        "labelers_a_task": one.labelers_a_task,
        **counts_told(one.counts),
        "statistics": {name: estimate_told(getattr(one, name)) for name in STATISTICS},
    }


def scale_told(one: ScaleSection) -> dict[str, Any]:
    return {
        "ratings": one.ratings,
        **counts_told(one.counts),
        "statistics": {name: estimate_told(getattr(one, name)) for name in OF_SCALES},
    }


def cell_told(one: Cell) -> dict[str, Any]:
    """Without the labelers' names, which only the caller knows."""
    return {
        **counts_told(one.counts),
        "tied": one.tied,
        "tied_by_second": one.tied_by_second,
        "statistics": {name: estimate_told(getattr(one, name)) for name in OF_TWO},
    }


def counts_told(counts: Counts) -> dict[str, int]:
    return {one.name: getattr(counts, one.name) for one in fields(Counts)}


def estimate_told(one: Estimate) -> dict[str, Any]:
    """Codes for `ties`, `why` and `why_no_interval`: their sentences are translated where they are read."""
    interval = one.interval
    return {
        "value": None if one.value is None else round(one.value, DIGITS),
        "low": None if interval is None else round(interval.low, DIGITS),
        "high": None if interval is None else round(interval.high, DIGITS),
        "method": one.method,
        "ties": one.ties.name.lower(),
        "left_out": one.left_out,
        "why": None if one.why is None else one.why.name.lower(),
        "why_no_interval": None if one.why_no_interval is None else one.why_no_interval.name.lower(),
    }
