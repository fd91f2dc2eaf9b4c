"""What a labeler sends, checked and made comparable. Pure: letters in, positions out.

Every rule broken raises RuleBroken with the field and a stable code; nothing is guessed or filled in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.core.domain.canonical import content_hash
from apps.core.domain.errors import RuleBroken
from apps.core.domain.ranking import is_dense
from apps.projects.domain.judgment_schema import Schema, clean_flags, clean_note, clean_rating
from apps.projects.domain.parts import Parts

from .kinds import parts_of
from .letters import letters_of, to_positions

DEMONSTRATION_MAX = 100_000
USE_CASE_MAX = 60
RENDERINGS = ("rendered", "raw")


@dataclass(frozen=True, slots=True)
class Submission:
    """A judgment's content. `tiers` and `ratings` are listed by candidate position, not by letter."""

    tiers: list[int] | None
    ratings: list[dict[str, Any]] | None
    text: str | None
    prompt_flags: dict[str, str]
    use_case: str
    note: str
    rendering: str
    proposal: bool = False

    @property
    def sha256(self) -> str:
        """Equal for submissions that say the same: what makes a repeated submit harmless.

        `proposal` tells how an answer came about, not what it says: two equal answers are equal either way.
        """
        said = self.as_json()
        del said["proposal"]
        return content_hash(said)

    def as_json(self) -> dict[str, Any]:
        """What JSON holds of it, by field. By hand: `asdict` copies every rating and flag, and this runs all day."""
        return {
            "tiers": self.tiers,
            "ratings": self.ratings,
            "text": self.text,
            "prompt_flags": self.prompt_flags,
            "use_case": self.use_case,
            "note": self.note,
            "rendering": self.rendering,
            "proposal": self.proposal,
        }


def parse_submission(kind: str, body: Any, *, order: Sequence[int], schema: Schema) -> Submission:
    """The body of a submit for a task of `kind` (rank, rate, demonstrate), checked against all its rules."""
    if not isinstance(body, Mapping):
        raise RuleBroken("The body is a JSON object.", field="body")
    known = {"rank": {"tiers", "ratings", "proposal"}, "rate": {"ratings"}, "demonstrate": {"text"}}[kind]
    known |= {"prompt_flags", "use_case", "note", "rendering"}
    if unknown := set(body) - known:
        raise RuleBroken(f"{min(unknown)} is not part of a {kind} judgment.", field=min(unknown), code="unknown_field")
    letters, parts = letters_of(order), parts_of(kind, schema.parts)
    _only_parts(parts, body)
    tiers = ratings = text = None
    if parts.ranking != "off":
        tiers = to_positions(order, _tiers(body.get("tiers"), letters))
    if parts.ratings:
        ratings = to_positions(order, _ratings(body.get("ratings"), letters, schema, parts))
    if kind == "demonstrate":
        text = _demonstration(body.get("text"))
    return Submission(
        tiers=tiers,
        ratings=ratings if ratings and any(ratings) else None,
        text=text,
        prompt_flags=clean_flags(schema.prompt_flags, body.get("prompt_flags") or {}, "prompt_flags")
        if parts.prompt
        else {},
        use_case=_use_case(body.get("use_case")),
        note=clean_note(body.get("note"), "note"),
        rendering=_rendering(body.get("rendering")),
        proposal=_proposal(body.get("proposal")),
    )


def _only_parts(parts: Parts, body: Mapping[str, Any]) -> None:
    """Refuse by name what the project does not ask for. What says nothing (absent, empty) is no answer."""
    switched_off = {
        "tiers": parts.ranking == "off",
        "ratings": not parts.ratings,
        "proposal": not parts.proposal,
        "prompt_flags": not parts.prompt,
        "use_case": not parts.prompt,
        "note": not parts.notes,
    }
    for name, off in switched_off.items():
        if off and body.get(name):
            raise RuleBroken(f"{name}: this project does not ask for it.", field=name, code="part_off")


def _tiers(value: Any, letters: str) -> list[int]:
    """Tiers by letter, as a list in letter order."""
    if not isinstance(value, Mapping) or not value:
        raise RuleBroken("tiers: give every candidate a tier, like {\"A\": 1, \"B\": 2}.", field="tiers", code="missing_candidate")  # fmt: skip
    _only_letters(value, letters, "tiers")
    if missing := [letter for letter in letters if value.get(letter) is None]:
        raise RuleBroken(
            f"tiers: {', '.join(missing)} has no tier yet; every candidate needs one.",
            field=f"tiers.{missing[0]}", code="missing_candidate",
        )  # fmt: skip
    for letter in letters:
        tier = value[letter]
        if isinstance(tier, bool) or not isinstance(tier, int) or not 1 <= tier <= len(letters):
            raise RuleBroken(
                f"tiers.{letter}: a whole number from 1 to {len(letters)} is needed.",
                field=f"tiers.{letter}", code="tier_out_of_range",
            )  # fmt: skip
    tiers = [value[letter] for letter in letters]
    if not is_dense(tiers):
        absent = min(set(range(1, max(tiers) + 1)) - set(tiers))
        raise RuleBroken(
            f"tiers: nothing is on tier {absent}, yet something is below it. Tiers count 1, 2, 3 without a gap; "
            f"equal tiers are ties.",
            field="tiers", code="tiers_not_dense",
        )  # fmt: skip
    return tiers


def _ratings(value: Any, letters: str, schema: Schema, parts: Parts) -> list[dict[str, Any]]:
    """Ratings in letter order; {} for a candidate without one. Where nothing is ranked, each needs one."""
    if value is None:
        value = {}
    if not isinstance(value, Mapping):
        raise RuleBroken("ratings: an object of letter to rating is needed.", field="ratings")
    _only_letters(value, letters, "ratings")
    must = any(field.required for field in (*schema.scales, *schema.flags))
    ratings = [
        clean_rating(schema, letter, value.get(letter) or {}) if must or value.get(letter) else {} for letter in letters
    ]
    if not parts.notes and (
        noted := [letter for letter, rating in zip(letters, ratings, strict=True) if "note" in rating]
    ):
        where = f"ratings.{noted[0]}.note"
        raise RuleBroken(f"{where}: this project does not ask for it.", field=where, code="part_off")
    if parts.ranking == "off" and not all(ratings):
        letter = letters[next(i for i, rating in enumerate(ratings) if not rating)]
        raise RuleBroken(f"ratings.{letter}: this candidate has no rating yet.", field=f"ratings.{letter}", code="missing_candidate")  # fmt: skip
    return ratings


def _only_letters(value: Mapping[str, Any], letters: str, where: str) -> None:
    if unknown := [str(letter) for letter in value if letter not in tuple(letters)]:
        raise RuleBroken(
            f"{where}.{unknown[0]}: this task has no such candidate; its letters are {', '.join(letters)}.",
            field=f"{where}.{unknown[0]}", code="unknown_candidate",
        )  # fmt: skip


def _demonstration(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise RuleBroken("text: write the reply you would want to receive.", field="text", code="empty_text")
    text = value.replace("\r\n", "\n").replace("\x00", "").strip()
    if len(text) > DEMONSTRATION_MAX:
        raise RuleBroken(f"text: at most {DEMONSTRATION_MAX} characters; this one has {len(text)}.", field="text")
    return text


def _use_case(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > USE_CASE_MAX:
        raise RuleBroken(f"use_case: a text of at most {USE_CASE_MAX} characters.", field="use_case")
    return value.replace("\x00", "").strip()


def _rendering(value: Any) -> str:
    if value in (None, ""):
        return "rendered"
    if value not in RENDERINGS:
        raise RuleBroken(f"rendering: one of {', '.join(RENDERINGS)}.", field="rendering")
    return str(value)


def _proposal(value: Any) -> bool:
    if value is not None and not isinstance(value, bool):
        raise RuleBroken("proposal: true or false.", field="proposal")
    return bool(value)
