"""The panel under a task, "Ask or report": what it shows, in the room and on a page of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.core.domain.errors import RuleBroken
from apps.labeling.domain.letters import letters_of
from apps.labeling.models import Assignment

from .models import TEXT_MAX, Report
from .selectors import questions_on, reports_on
from .services.reports import PROMPT, letter_of

# The panel's controls belong to the room's judgment form, so their names keep clear of its own.
QUESTION = "feedback-question"
SUBJECT = "feedback-subject"
CATEGORY = "feedback-category"
TEXT = "feedback-text"
_CONTROL_OF = {"body": QUESTION, "subject": SUBJECT, "category": CATEGORY, "text": TEXT}


@dataclass(frozen=True, slots=True)
class Told:
    """A report as its author sees it: what it was about, in their letters."""

    report: Report
    subject: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the last thing that was sent: a sentence, or what is wrong with which control."""

    said: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)


def outcome_of(error: RuleBroken, values: Mapping[str, str]) -> Outcome:
    sentence = error.message.removeprefix(error.field).lstrip(": ")
    control = _CONTROL_OF.get(error.field, QUESTION)
    return Outcome(errors={control: sentence[:1].upper() + sentence[1:]}, values=values)


def panel_context(
    assignment: Assignment,
    letters: Iterable[str] | None = None,
    *,
    outcome: Outcome | None = None,
    in_room: bool = True,
) -> dict[str, Any]:
    """`in_room`: the controls belong to the judgment form, so that nothing on it is lost without scripts."""
    outcome = outcome or Outcome()
    questions, reports = questions_on(assignment), reports_on(assignment)
    return {
        "assignment": assignment,
        "form_id": "judgment" if in_room else "feedback-form",
        "in_room": in_room,
        "questions": questions,
        "answers": sum(1 for question in questions if question.answered_at),
        "told": [Told(report, subject_in_words(letter_of(report, assignment))) for report in reports],
        "subjects": list(letters_of(assignment.display_order) if letters is None else letters),
        "categories": Report.Category.choices,
        "most": TEXT_MAX,
        # A text half written stays when the room around it is swapped, until it was sent.
        "key": f"{assignment.uid}-{len(questions)}-{len(reports)}{'-again' if outcome.errors else ''}",
        "said": outcome.said,
        "question": _control(QUESTION, outcome),
        "subject": _control(SUBJECT, outcome),
        "category": _control(CATEGORY, outcome),
        "text": _control(TEXT, outcome),
    }


def _control(name: str, outcome: Outcome) -> dict[str, str]:
    return {"name": name, "value": outcome.values.get(name, ""), "error": outcome.errors.get(name, "")}


def subject_in_words(subject: str) -> str:
    return _("the prompt") if subject == PROMPT else _("candidate %(letter)s") % {"letter": subject}
