"""Reports as plain values: what an API, a page and a table for download have in common. Reals have four digits."""

from dataclasses import fields, is_dataclass
from typing import Any

from .estimate import Sentence, Words

DIGITS = 4


def told(report: Any) -> Any:
    """Objects and lists that JSON can hold. A sentence is its code, its English text and the values in it."""
    if isinstance(report, Sentence):
        values = {name: told(value) for name, value in report.values.items()}
        return {"code": _code(report.words), "text": str(report), "values": values}
    if isinstance(report, Words):
        return _code(report)
    if isinstance(report, float):
        return round(report, DIGITS)
    if isinstance(report, tuple):
        return [told(part) for part in report]
    if isinstance(report, dict):
        return {key: told(value) for key, value in report.items()}
    if is_dataclass(report):
        return {field.name: told(getattr(report, field.name)) for field in fields(report)}
    return report


def _code(words: Words) -> str:
    return words.name.lower()
