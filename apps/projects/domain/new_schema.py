"""A schema body that somebody wants to publish, checked strictly. (What is stored already is read leniently.)

The answer is the body in full: every key there, in one order, so that equal schemas are equal bodies.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from apps.core.domain.errors import RuleBroken

from .judgment_schema import Field, Schema, parse_schema

FIELDS_MAX = 40
LABEL_MAX, HELP_MAX = 80, 400
STEPS_MIN, STEPS_MAX = 2, 11
LOWEST, HIGHEST = 0, 100
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
# A rating is one object of scales by name, beside these two.
_TAKEN = ("flags", "note")
_KINDS, _SUBJECTS, _POLARITIES = ("scale", "flag"), ("completion", "prompt"), ("good", "bad", "neutral")
_KEYS = {"name", "kind", "subject", "label", "help", "polarity", "na", "required", "min", "max"}


def clean_schema(body: Any) -> dict[str, Any]:
    """`body` in full. Raises RuleBroken that names the field and the rule it breaks."""
    if not isinstance(body, Mapping):
        raise RuleBroken("body: an object with fields and parts is needed.", field="body")
    if unknown := set(body) - {"fields", "parts"}:
        name = str(min(unknown, key=str))
        raise RuleBroken(f"{name}: a schema has fields and parts.", field=name)
    fields = body.get("fields")
    if not isinstance(fields, list) or len(fields) > FIELDS_MAX:
        raise RuleBroken(f"fields: a list of at most {FIELDS_MAX} fields is needed.", field="fields")
    cleaned: dict[str, Any] = {"fields": []}
    for index, raw in enumerate(fields):
        field = _field(f"fields[{index}]", raw)
        if any(field["name"] == other["name"] for other in cleaned["fields"]):
            raise RuleBroken(f"fields[{index}].name: {field['name']} is there already.", field=f"fields[{index}].name")
        cleaned["fields"].append(field)
    if body.get("parts") is not None:
        cleaned["parts"] = body["parts"]
    return body_of_schema(_whole(parse_schema(cleaned)))


def body_of_schema(schema: Schema) -> dict[str, Any]:
    """The body that says `schema`: every key of it, scales first, then flags, then flags of the prompt."""
    fields = (*schema.scales, *schema.flags, *schema.prompt_flags)
    return {"fields": [_body_of_field(field) for field in fields], "parts": asdict(schema.parts)}


def _body_of_field(field: Field) -> dict[str, Any]:
    body = asdict(field)
    low, high = body.pop("low"), body.pop("high")
    return body | ({"min": low, "max": high} if field.kind == "scale" else {})


def _whole(schema: Schema) -> Schema:
    """What no single field can say."""
    if not schema.scales and not schema.flags:
        raise RuleBroken(
            "fields: one scale or flag of candidates at least is needed; a task of the kind rate asks for nothing else.",
            field="fields",
        )
    if schema.parts.proposal and not schema.scales:
        raise RuleBroken("parts.proposal needs a scale: the proposed order is made of it.", field="parts.proposal")
    return schema


def _field(where: str, raw: Any) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise RuleBroken(f"{where}: an object is needed.", field=where)
    if unknown := set(raw) - _KEYS:
        name = str(min(unknown, key=str))
        raise RuleBroken(
            f"{where}.{name} is not known; a field has {', '.join(sorted(_KEYS))}.", field=f"{where}.{name}"
        )
    kind = _one_of(raw.get("kind"), _KINDS, f"{where}.kind")
    subject = _one_of(raw.get("subject"), _SUBJECTS, f"{where}.subject")
    if (kind, subject) == ("scale", "prompt"):
        raise RuleBroken(f"{where}.subject: a scale is about a candidate; of prompts only flags are asked.", field=f"{where}.subject")  # fmt: skip
    field = {
        "name": _name(raw.get("name"), f"{where}.name"),
        "kind": kind,
        "subject": subject,
        "label": _text(raw.get("label"), LABEL_MAX, f"{where}.label"),
        "help": _text(raw.get("help", ""), HELP_MAX, f"{where}.help", empty=True),
        "polarity": _one_of(raw.get("polarity", "neutral"), _POLARITIES, f"{where}.polarity"),
        "na": _switch(raw.get("na", False), f"{where}.na"),
        "required": _switch(raw.get("required", False), f"{where}.required"),
    }
    return field | (_steps(raw, field, where) if kind == "scale" else _no_steps(raw, where))


def _steps(raw: Mapping[str, Any], field: Mapping[str, Any], where: str) -> dict[str, Any]:
    if field["na"]:
        raise RuleBroken(f"{where}.na: only a flag knows n.a.; a scale that nobody answers says nothing.", field=f"{where}.na")  # fmt: skip
    low, high = (_number(raw.get(name, usual), f"{where}.{name}") for name, usual in (("min", 1), ("max", 7)))
    if not STEPS_MIN <= high - low + 1 <= STEPS_MAX:
        raise RuleBroken(f"{where}.max: from min to max there are {STEPS_MIN} to {STEPS_MAX} steps.", field=f"{where}.max")  # fmt: skip
    return {"min": low, "max": high}


def _no_steps(raw: Mapping[str, Any], where: str) -> dict[str, Any]:
    for name in ("min", "max"):
        if raw.get(name) is not None:
            raise RuleBroken(f"{where}.{name}: a flag has no steps.", field=f"{where}.{name}")
    return {}


def _name(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise RuleBroken(f"{where}: small letters, digits and underscores, a letter first, at most 60.", field=where)
    if value in _TAKEN:
        raise RuleBroken(f"{where}: {value} means something else in a rating.", field=where)
    return value


def _text(value: Any, most: int, where: str, *, empty: bool = False) -> str:
    if not isinstance(value, str) or (not empty and not value.strip()):
        raise RuleBroken(f"{where}: a text is needed.", field=where)
    text = value.replace("\x00", "").strip()
    if len(text) > most:
        raise RuleBroken(f"{where}: at most {most} characters; this one has {len(text)}.", field=where)
    return text


def _one_of(value: Any, allowed: tuple[str, ...], where: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise RuleBroken(f"{where}: one of {', '.join(allowed)}.", field=where)
    return value


def _switch(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise RuleBroken(f"{where}: true or false.", field=where)
    return value


def _number(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not LOWEST <= value <= HIGHEST:
        raise RuleBroken(f"{where}: a whole number from {LOWEST} to {HIGHEST}.", field=where)
    return value
