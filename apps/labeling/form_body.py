"""Between the room's HTML form and the JSON body that the services take.

The form's controls are flat (`tier-A`, `rating-A-overall`, `flag-A-hallucination`, `note-A`,
`prompt-flag-ambiguous`); the body is the one the API takes too. A draft is kept as a body, so that a draft
begun in one is readable in the other. What only the page's own traffic needs (`revision`, `activity`, `ahead`,
`pasted`) is read by its views and never becomes part of a body.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.domain.errors import RuleBroken

Fields = Mapping[str, str]

# Any letter is read: one that the task does not have is refused by name, not passed over.
_OF_CANDIDATE = re.compile(r"^(tier|note)-([^-]+)$")
_ANSWER = re.compile(r"^(rating|flag)-([^-]+)-(\w+)$")
_PROMPT_FLAG = re.compile(r"^prompt-flag-(\w+)$")
_PLAIN = ("use_case", "note", "rendering")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend: the id of the control it is about, and a sentence."""

    anchor: str
    sentence: str


def body_of(kind: str, fields: Fields) -> dict[str, Any]:
    """What the form holds, as a body; unfinished where the form is. Nothing is filled in."""
    body: dict[str, Any] = {name: fields[name] for name in _PLAIN if fields.get(name)}
    if proposal := fields.get("proposal"):
        body["proposal"] = True if proposal == "1" else proposal
    tiers: dict[str, Any] = {}
    ratings: dict[str, dict[str, Any]] = {}
    flags: dict[str, str] = {}
    for name, value in fields.items():
        if value == "":
            continue
        if found := _OF_CANDIDATE.match(name):
            what, letter = found.groups()
            if what == "tier":
                tiers[letter] = _number(value)
            else:
                ratings.setdefault(letter, {})["note"] = value
        elif found := _ANSWER.match(name):
            what, letter, field = found.groups()
            rating = ratings.setdefault(letter, {})
            if what == "rating":
                rating[field] = _number(value)
            else:
                rating.setdefault("flags", {})[field] = value
        elif found := _PROMPT_FLAG.match(name):
            flags[found[1]] = value
    if kind == "rank":
        body["tiers"] = tiers
    if kind in ("rank", "rate"):
        body["ratings"] = ratings
    if kind == "demonstrate":
        body["text"] = fields.get("text", "")
    if flags:
        body["prompt_flags"] = flags
    return body


def _number(value: str) -> int | str:
    """A whole number where it is one; anything else stays for the rules to refuse by name."""
    return int(value) if re.fullmatch(r"[0-9]{1,4}", value) else value


def fields_of(body: Any) -> dict[str, str]:
    """The form's controls that say what `body` says: the inverse of `body_of`."""
    body = _object(body)
    fields = {name: str(body[name]) for name in (*_PLAIN, "text") if isinstance(body.get(name), str)}
    if body.get("proposal") is True:
        fields["proposal"] = "1"
    for letter, tier in _object(body.get("tiers")).items():
        fields[f"tier-{letter}"] = str(tier)
    for letter, rating in _object(body.get("ratings")).items():
        fields.update(_rating_fields(letter, _object(rating)))
    for name, answer in _object(body.get("prompt_flags")).items():
        fields[f"prompt-flag-{name}"] = str(answer)
    return fields


def _rating_fields(letter: str, rating: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in rating.items():
        if name == "flags":
            for flag, answer in _object(value).items():
                yield f"flag-{letter}-{flag}", str(answer)
        elif name == "note":
            yield f"note-{letter}", str(value)
        elif value is not None:
            yield f"rating-{letter}-{name}", str(value)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def problems_of(error: RuleBroken, body: Mapping[str, Any], letters: str) -> list[Problem]:
    """A broken rule as sentences beside the controls they are about; beside the form where there is no such control."""
    where, _, rest = error.field.partition(".")
    if error.code == "part_off":
        return [Problem("judgment", error.message)]
    if where == "tiers":
        missing = [letter for letter in letters if letter not in _object(body.get("tiers"))]
        if missing:
            return [Problem(f"tier-{letter}", f"{letter} has no place on the ladder yet.") for letter in missing]
        return [Problem(f"tier-{rest}" if rest in tuple(letters) else "ladder", _sentence(error))]
    if where == "ratings":
        letter, _, field = rest.partition(".")
        anchor = _rating_anchor(letter, field) if letter in tuple(letters) else "judgment"
        return [Problem(anchor, f"{letter}: {_sentence(error)}")]
    if where == "prompt_flags":
        return [Problem(f"prompt-flag-{rest}" if rest else "about-prompt", _sentence(error))]
    return [Problem(where, _sentence(error))]


def _rating_anchor(letter: str, field: str) -> str:
    if field == "note":
        return f"note-{letter}"
    if field.startswith("flags."):
        return f"flag-{letter}-{field.removeprefix('flags.')}"
    return f"rating-{letter}-{field}" if field else f"candidate-{letter}"


def _sentence(error: RuleBroken) -> str:
    """The message for someone who sees the field: without its path in the body."""
    text = error.message.removeprefix(error.field).lstrip(": ")
    return text[:1].upper() + text[1:]
