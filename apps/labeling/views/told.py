"""The activity that a page tells beside its draft, its sign of life or its judgment.

What is malformed is refused by name and nothing else suffers from it: no draft is lost over a broken count of seconds.
"""

import json
from dataclasses import dataclass
from typing import Any

from apps.core.domain.errors import RuleBroken

from ..domain.activity import Batch, parse_batch


@dataclass(frozen=True, slots=True)
class Told:
    batch: Batch | None = None
    refused: str = ""


def told_in_json(sent: Any) -> Told:
    """`sent` as a script's JSON body has it; None is nothing told."""
    if sent is None:
        return Told()
    try:
        return Told(parse_batch(sent))
    except RuleBroken as error:
        return Told(refused=error.message)


def told_in_form(value: str | None) -> Told:
    """`value` of the form's hidden field: JSON, or empty where no script ran."""
    if not value:
        return Told()
    try:
        return told_in_json(json.loads(value[:100_000]))
    except (ValueError, RecursionError):
        return Told(refused="activity: JSON.")
