"""The page on which a manager makes the next schema, as plain form controls: `part-ranking`, `f3-label`, `f3-min`.

It works without scripts: adding, moving and removing a field are submit buttons that give the form back changed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.core.domain.errors import RuleBroken

from .domain.judgment_schema import parse_schema
from .domain.new_schema import FIELDS_MAX, body_of_schema

Row = dict[str, Any]
_SWITCHES = ("ratings", "proposal", "prompt", "notes", "prompt_writing")
_TEXTS = ("name", "kind", "subject", "label", "help", "polarity", "min", "max")
_NEW: dict[str, Row] = {
    "scale": {"kind": "scale", "subject": "completion", "polarity": "good", "min": "1", "max": "7"},
    "flag": {"kind": "flag", "subject": "completion", "polarity": "bad"},
    "prompt-flag": {"kind": "flag", "subject": "prompt", "polarity": "neutral"},
}
GROUPS = tuple(_NEW)


@dataclass(slots=True)
class SchemaForm:
    """`rows` are the fields as typed, grouped as the room asks them; `changed` is the row to look at next."""

    parts: dict[str, Any]
    rows: list[Row]
    based_on: int
    changed: int | None = None
    error_field: str = ""
    error: str = ""
    named: set[str] = field(default_factory=set)

    @classmethod
    def of_body(cls, body: Mapping[str, Any], based_on: int) -> "SchemaForm":
        """The form that says what `body` says."""
        whole = body_of_schema(parse_schema(body))
        return cls(whole["parts"], whole["fields"], based_on, named={one["name"] for one in whole["fields"]})

    @classmethod
    def of_post(cls, data: Mapping[str, str], named: set[str]) -> "SchemaForm":
        """The form as it was sent. `named`: the fields that are published already, whose names stay."""
        parts: dict[str, Any] = {"ranking": data.get("part-ranking", "ladder")}
        parts |= {name: f"part-{name}" in data for name in _SWITCHES}
        rows = [_row(data, index) for index in range(min(_number(data.get("count")) or 0, FIELDS_MAX + 1))]
        rows.sort(key=lambda row: GROUPS.index(group_of(row)))
        return cls(parts, rows, _number(data.get("based_on")) or 0, named=named)

    def body(self) -> dict[str, Any]:
        """The body as typed; what is wrong with it is for `clean_schema` to say."""
        return {"fields": [_field(row) for row in self.rows], "parts": self.parts}

    def apply(self, deed: str) -> None:
        """One of the page's buttons: add-scale, add-flag, add-prompt-flag, up-3, down-3, remove-3. Others do nothing."""
        verb, _, what = deed.partition("-")
        if verb == "add" and what in _NEW and len(self.rows) < FIELDS_MAX:
            row = {"name": "", "label": "", "help": "", "na": False, "required": False} | _NEW[what]
            self.changed = sum(GROUPS.index(group_of(other)) <= GROUPS.index(what) for other in self.rows)
            self.rows.insert(self.changed, row)
        index = _number(what)
        if index is None or index >= len(self.rows):
            return
        if verb == "remove":
            del self.rows[index]
        if verb in ("up", "down"):
            self._move(index, index + (1 if verb == "down" else -1))

    def _move(self, index: int, to: int) -> None:
        rows = self.rows
        if 0 <= to < len(rows) and group_of(rows[index]) == group_of(rows[to]):
            rows[index], rows[to] = rows[to], rows[index]
            self.changed = to

    def blame(self, error: RuleBroken) -> None:
        """Put the sentence beside the control it is about."""
        found = re.match(r"fields\[(\d+)\]\.?(\w*)", error.field)
        if found:
            self.error_field = f"f{found[1]}-{found[2] or 'label'}"
        elif error.field.startswith("parts"):
            self.error_field = f"part-{error.field.partition('.')[2] or 'ranking'}"
        else:
            self.error_field = "fields"
        text = error.message.removeprefix(error.field).lstrip(":. ")
        self.error = text[:1].upper() + text[1:]

    @property
    def blamed_row(self) -> int | None:
        found = re.match(r"f(\d+)-", self.error_field)
        return int(found[1]) if found else None

    def groups(self) -> list[tuple[str, list[tuple[int, Row]]]]:
        """The rows with their numbers, under the group the room asks them in."""
        return [(group, [(n, row) for n, row in enumerate(self.rows) if group_of(row) == group]) for group in GROUPS]


def group_of(row: Row) -> str:
    if row["kind"] == "scale":
        return "scale"
    return "prompt-flag" if row["subject"] == "prompt" else "flag"


def _row(data: Mapping[str, str], index: int) -> Row:
    row: Row = {name: data.get(f"f{index}-{name}", "").strip() for name in _TEXTS}
    return row | {name: f"f{index}-{name}" in data for name in ("na", "required")}


def _field(row: Row) -> Row:
    texts = {name: row[name] for name in ("kind", "subject", "label", "help", "polarity")}
    body = texts | {"name": row["name"] or _name_of(row["label"]), "required": row["required"]}
    if row["kind"] == "scale":
        return body | {name: _whole_number(row[name]) for name in ("min", "max")}
    return body | {"na": row["na"]}


def _name_of(label: str) -> str:
    """`Keeps to the facts!` -> `keeps_to_the_facts`: what exports call a field that nobody named."""
    return re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")[:60].strip("_")


def _whole_number(typed: Any) -> Any:
    number = _number(typed)
    return typed if number is None else number


def _number(typed: Any) -> int | None:
    return int(typed) if isinstance(typed, int) or re.fullmatch(r"[0-9]{1,4}", typed or "") else None
