"""What lies on a labeler's desk. What they must not see (model, purpose, others' answers) is not on it."""

from dataclasses import dataclass
from typing import Any

from apps.projects.domain.judgment_schema import Schema, parse_schema
from apps.projects.models import GuidelineVersion
from apps.prompts.selectors import PromptView, bodies_in_order, prompt_view

from ..domain.letters import letters_of, to_letters
from ..models import Assignment


@dataclass(frozen=True, slots=True)
class Candidate:
    letter: str
    text: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything on a labeler's desk for one assignment, and nothing else."""

    assignment: Assignment
    kind: str
    prompt: PromptView
    candidates: list[Candidate]
    schema: Schema
    schema_body: dict[str, Any]
    guideline: GuidelineVersion | None


def desk_of(assignment: Assignment) -> Desk:
    task = assignment.task
    bodies = to_letters(assignment.display_order, bodies_in_order(task.candidates))
    letters = letters_of(assignment.display_order)
    return Desk(
        assignment=assignment,
        kind=task.kind,
        prompt=prompt_view(task.prompt),
        candidates=[Candidate(letter, body) for letter, body in zip(letters, bodies, strict=True)],
        schema=parse_schema(assignment.schema.body),
        schema_body=assignment.schema.body,
        guideline=assignment.guideline,
    )
