"""What a judgment may say beside its ranking: the fields of a JudgmentSchema, and the check of values.

A schema is versioned, because fields change during a project (InstructGPT, appendix B.3). A body is
`{"fields": [{"name", "kind": "scale"|"flag", "subject": "completion"|"prompt", "label", "help",
"polarity": "good"|"bad"|"neutral", "na": bool, "required": bool, "min"?, "max"?}], "parts"?: {...}}`;
`parts` (`domain.parts`) says which parts of the room this project uses.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from apps.core.domain.errors import RuleBroken

from .parts import ALL_PARTS, Parts, parse_parts

FLAG_ANSWERS = ("yes", "no", "na")
NOTE_MAX = 4000


@dataclass(frozen=True, slots=True)
class Field:
    """One question. A scale has whole numbers `low`..`high`; a flag has yes, no and, where `na`, n.a."""

    name: str
    kind: str
    subject: str
    label: str
    help: str = ""
    polarity: str = "neutral"
    na: bool = False
    required: bool = False
    low: int = 1
    high: int = 7

    @property
    def answers(self) -> tuple[str, ...]:
        return FLAG_ANSWERS if self.na else FLAG_ANSWERS[:2]

    @property
    def steps(self) -> range:
        return range(self.low, self.high + 1)


@dataclass(frozen=True)
class Schema:
    fields: tuple[Field, ...]
    parts: Parts = ALL_PARTS

    def of(self, subject: str, kind: str) -> tuple[Field, ...]:
        return tuple(field for field in self.fields if field.subject == subject and field.kind == kind)

    @cached_property
    def scales(self) -> tuple[Field, ...]:
        return self.of("completion", "scale")

    @cached_property
    def flags(self) -> tuple[Field, ...]:
        return self.of("completion", "flag")

    @cached_property
    def prompt_flags(self) -> tuple[Field, ...]:
        return self.of("prompt", "flag")


def parse_schema(body: Mapping[str, Any]) -> Schema:
    """A body as stored, as objects. Raises RuleBroken that names what a new body has wrong."""
    fields = tuple(_parse_field(index, raw) for index, raw in enumerate(body.get("fields", [])))
    names = [field.name for field in fields]
    if len(set(names)) != len(names):
        raise RuleBroken("fields: two fields have the same name.", field="fields")
    return Schema(fields, parse_parts(body.get("parts")))


def _parse_field(index: int, raw: Mapping[str, Any]) -> Field:
    where = f"fields[{index}]"
    for key, allowed in (
        ("kind", ("scale", "flag")),
        ("subject", ("completion", "prompt")),
        ("polarity", ("good", "bad", "neutral")),
    ):
        if raw.get(key, "neutral" if key == "polarity" else None) not in allowed:
            raise RuleBroken(f"{where}.{key} is one of {', '.join(allowed)}.", field=f"{where}.{key}")
    if not isinstance(raw.get("name"), str) or not raw["name"].isidentifier():
        raise RuleBroken(f"{where}.name is a plain word.", field=f"{where}.name")
    return Field(
        name=raw["name"],
        kind=raw["kind"],
        subject=raw["subject"],
        label=raw.get("label") or raw["name"].replace("_", " ").capitalize(),
        help=raw.get("help", ""),
        polarity=raw.get("polarity", "neutral"),
        na=bool(raw.get("na", False)),
        required=bool(raw.get("required", False)),
        low=int(raw.get("min", 1)),
        high=int(raw.get("max", 7)),
    )


def clean_rating(schema: Schema, letter: str, value: Any) -> dict[str, Any]:
    """One candidate's rating, checked: scales by name, `flags`, `note`; empty answers left out.

    `value` is `{"overall": 6, "flags": {"hallucination": "no"}, "note": ""}`. Raises RuleBroken
    that names the field.
    """
    where = f"ratings.{letter}"
    if not isinstance(value, Mapping):
        raise RuleBroken(f"{where} is an object.", field=where)
    scales = {field.name: field for field in schema.scales}
    unknown = set(value) - set(scales) - {"flags", "note"}
    if unknown:
        name = min(unknown)
        raise RuleBroken(f"{where}.{name} is not a field of this project's schema.", field=f"{where}.{name}")
    cleaned: dict[str, Any] = {
        name: _scale_step(field, value[name], f"{where}.{name}")
        for name, field in scales.items()
        if value.get(name) is not None
    }
    if flags := clean_flags(schema.flags, value.get("flags") or {}, f"{where}.flags"):
        cleaned["flags"] = flags
    if note := clean_note(value.get("note"), f"{where}.note"):
        cleaned["note"] = note
    for name, field in scales.items():
        if field.required and name not in cleaned:
            raise RuleBroken(f"{where}.{name} needs an answer.", field=f"{where}.{name}")
    return cleaned


def clean_flags(fields: tuple[Field, ...], value: Any, where: str) -> dict[str, str]:
    """Flag answers by field name, checked against `fields`; unanswered (empty or null) ones left out."""
    if not isinstance(value, Mapping):
        raise RuleBroken(f"{where} is an object of field to yes, no or na.", field=where)
    known = {field.name: field for field in fields}
    cleaned: dict[str, str] = {}
    for name, answer in value.items():
        if name not in known:
            raise RuleBroken(f"{where}.{name} is not a flag of this project's schema.", field=f"{where}.{name}")
        if answer in (None, ""):
            continue
        if answer not in known[name].answers:
            allowed = ", ".join(known[name].answers)
            raise RuleBroken(f"{where}.{name} is one of {allowed}.", field=f"{where}.{name}")
        cleaned[name] = answer
    for field in fields:
        if field.required and field.name not in cleaned:
            raise RuleBroken(f"{where}.{field.name} needs an answer.", field=f"{where}.{field.name}")
    return cleaned


def clean_note(value: Any, where: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RuleBroken(f"{where} is a text.", field=where)
    # A plain form sends line breaks as two characters, a script as one: the same note is the same.
    note = value.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(note) > NOTE_MAX:
        raise RuleBroken(f"{where}: at most {NOTE_MAX} characters; this one has {len(note)}.", field=where)
    return note


def _scale_step(field: Field, value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in field.steps:
        raise RuleBroken(f"{where} is a whole number from {field.low} to {field.high}.", field=where)
    return value
