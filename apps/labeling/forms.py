"""The room's form: every control with its name, its answer so far and what is wrong with it.

Built from the desk (what is judged, by which schema) and the flat fields of `form_body`. Nothing is
pre-selected: only a draft, a correction or the labeler's own refused post fills it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.projects.domain.judgment_schema import Field
from apps.prompts.words import USE_CASE_NAMES

from .domain.kinds import parts_of
from .domain.letters import letters_of
from .form_body import Fields, Problem
from .models import Assignment
from .selectors import Desk

SkipCode = Assignment.SkipCode

# A refused note comes back whole up to here, many times beyond what a note may be.
NOTE_SHOWN = 100_000
ANSWERS = {"yes": _("Yes"), "no": _("No"), "na": _("n.a.")}
SKIP_REASONS = (
    (SkipCode.UNCLEAR, _("The prompt is too unclear to judge")),
    (SkipCode.KNOWLEDGE, _("It needs knowledge I do not have")),
    (SkipCode.LANGUAGE, _("It is in a language I do not read well")),
    (SkipCode.CONTENT, _("I would rather not judge this content")),
    (SkipCode.BROKEN, _("Something is broken or missing")),
    (SkipCode.OTHER, _("Another reason")),
)


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    checked: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A radio group, and what there is to say about it."""

    name: str
    label: str
    help: str
    choices: list[Choice]
    polarity: str = "neutral"
    error: str = ""

    @property
    def answer(self) -> str:
        return next((choice.label for choice in self.choices if choice.checked), "")


@dataclass(frozen=True, slots=True)
class CandidateForm:
    letter: str
    text: str
    tier: Group
    scales: list[Group]
    flags: list[Group]
    note: str
    note_error: str
    error: str

    @property
    def flags_set(self) -> int:
        return sum(1 for flag in self.flags if flag.answer)


@dataclass(frozen=True, slots=True)
class RoomForm:
    """`rates`, `ranking` (ladder, pairs, off), `proposal` (offered), `asks_prompt` and `notes` are the parts that
    this task has: the schema's, within what its kind can be. A part it has not is in no control."""

    rates: bool
    ranking: str
    proposal: bool
    asks_prompt: bool
    notes: bool
    proposal_taken: bool
    candidates: list[CandidateForm]
    prompt_flags: list[Group]
    use_case: str
    note: str
    text: str
    rendering: str
    problems: list[Problem] = field(default_factory=list)
    use_cases: Sequence[tuple[str, str | Promise]] = tuple(USE_CASE_NAMES.items())
    skip_reasons: Sequence[tuple[str, str | Promise]] = SKIP_REASONS

    @property
    def prompt_answers(self) -> int:
        return sum(1 for flag in self.prompt_flags if flag.answer) + bool(self.use_case)

    @property
    def text_error(self) -> str:
        return _error("text", self.problems)


def room_form(desk: Desk, values: Fields, problems: Iterable[Problem] = (), rendering: str = "rendered") -> RoomForm:
    problems, parts = [_of_what_stands(problem, values) for problem in problems], parts_of(desk.kind, desk.schema.parts)
    return RoomForm(
        rates=parts.ratings,
        ranking=parts.ranking,
        proposal=parts.proposal,
        asks_prompt=parts.prompt,
        notes=parts.notes,
        proposal_taken=values.get("proposal") == "1",
        candidates=[_candidate(desk, index, values, problems) for index in range(len(desk.candidates))],
        prompt_flags=[
            _flag(flag, f"prompt-flag-{flag.name}", values, problems)
            for flag in (desk.schema.prompt_flags if parts.prompt else ())
        ],
        use_case=values.get("use_case", ""),
        note=_note(values, "note"),
        text=values.get("text", ""),
        rendering=values.get("rendering") or rendering,
        problems=problems,
    )


def _candidate(desk: Desk, index: int, values: Fields, problems: list[Problem]) -> CandidateForm:
    candidate, schema = desk.candidates[index], desk.schema
    rates = parts_of(desk.kind, schema.parts).ratings
    letter = candidate.letter
    return CandidateForm(
        letter=letter,
        text=candidate.text,
        tier=_tier(letter, letters_of(desk.assignment.display_order), values, problems),
        scales=[_scale(scale, f"rating-{letter}-{scale.name}", values, problems) for scale in schema.scales if rates],
        flags=[_flag(flag, f"flag-{letter}-{flag.name}", values, problems) for flag in schema.flags if rates],
        note=_note(values, f"note-{letter}"),
        note_error=_error(f"note-{letter}", problems),
        error=_error(f"candidate-{letter}", problems),
    )


def _note(values: Fields, name: str) -> str:
    return values.get(name, "")[:NOTE_SHOWN]


def _of_what_stands(problem: Problem, values: Fields) -> Problem:
    """A note of megabytes would hold the browser up for minutes: of such a one the page says that it is cut."""
    if not problem.anchor.startswith("note") or len(values.get(problem.anchor, "")) <= NOTE_SHOWN:
        return problem
    cut = _("Only its first %(count)s characters stand here.") % {"count": f"{NOTE_SHOWN:,}"}
    return Problem(problem.anchor, f"{problem.sentence} {cut}")


def _tier(letter: str, letters: str, values: Fields, problems: list[Problem]) -> Group:
    steps = [(str(tier), str(tier)) for tier in range(1, len(letters) + 1)]
    return _group(f"tier-{letter}", letter, "", steps, values, problems)


def _scale(scale: Field, name: str, values: Fields, problems: list[Problem]) -> Group:
    steps = [(str(step), str(step)) for step in scale.steps]
    return _group(name, scale.label, scale.help, steps, values, problems, scale.polarity)


def _flag(flag: Field, name: str, values: Fields, problems: list[Problem]) -> Group:
    answers = [(answer, str(ANSWERS[answer])) for answer in flag.answers]
    return _group(name, flag.label, flag.help, answers, values, problems, flag.polarity)


def _group(
    name: str,
    label: str,
    help: str,
    steps: list[tuple[str, str]],
    values: Fields,
    problems: list[Problem],
    polarity: str = "neutral",
) -> Group:
    choices = [Choice(value, text, values.get(name) == value) for value, text in steps]
    return Group(name, label, help, choices, polarity, _error(name, problems))


def _error(anchor: str, problems: list[Problem]) -> str:
    return next((problem.sentence for problem in problems if problem.anchor == anchor), "")
