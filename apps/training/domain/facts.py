"""A program's report as plain facts, for the programs whose report needs no reading."""

from collections.abc import Mapping
from typing import Any

from .charts.chart import short

NAMES = {"eos": "EOS", "sft": "SFT", "ppo": "PPO", "kl": "KL"}


def facts_of(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values to show. One level of nesting is written out (`stop: 38, length: 2`); lists are left out."""
    shown = ((_name(name), _value(value)) for name, value in report.items())
    return [(name, value) for name, value in shown if value]


def _name(name: str) -> str:
    words = [NAMES.get(word, word) for word in str(name).split("_")]
    return " ".join(words)[:1].upper() + " ".join(words)[1:]


def _value(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return short(value)
        case str():
            return value
        case Mapping():
            inner = [
                f"{name}: {_value(one)}" for name, one in value.items() if not isinstance(one, Mapping) and _value(one)
            ]
            return ", ".join(inner)
    return ""
