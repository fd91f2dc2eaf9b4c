"""What earlier apps' templates show of feedback: they may not import it, so they ask for these."""

from collections.abc import Iterable
from typing import Any, Protocol

from django import template

from apps.core.documents import Document, render_document
from apps.labeling.models import Assignment
from apps.labeling.selectors.desk import Desk
from apps.projects.domain.rules import Found
from apps.projects.guideline_rules import rules_of
from apps.projects.models import GuidelineVersion, Membership, Project

from ..models import Question
from ..panel import panel_context
from ..selectors import ShownAnswer, Waiting, answers_beside, waiting_of
from ..selectors import unread_answers as _unread_answers

register = template.Library()


class Lettered(Protocol):
    """A candidate on a desk."""

    @property
    def letter(self) -> str: ...


@register.inclusion_tag("feedback/parts/panel.html")
def feedback_panel(assignment: Assignment, candidates: Iterable[Lettered]) -> dict[str, Any]:
    """Under a task in the room, outside its judgment form: ask the project, report a candidate or the prompt."""
    return panel_context(assignment, [candidate.letter for candidate in candidates])


@register.simple_tag
def unread_answers(member: Membership) -> int:
    """How many answers a labeler has not seen yet. One query on a partial index."""
    return _unread_answers(member)


@register.simple_tag
def feedback_waiting(project: Project) -> Waiting:
    """Questions without an answer and open reports. Two queries on partial indexes."""
    return waiting_of(project)


@register.simple_tag
def rule_answers(guideline: GuidelineVersion, document: Document) -> dict[str, list[ShownAnswer]]:
    """The answers that a guideline shows beside its rules, by the rule's anchor; "" those under all of it. One query."""
    anchors = {name: rule.anchor for rule in reversed(document.rules) for name in rule.called} | {"": ""}
    found: dict[str, list[ShownAnswer]] = {}
    for answer in answers_beside(guideline):
        if answer.rule in anchors:  # else the rule is gone
            found.setdefault(anchors[answer.rule], []).append(answer)
    return found


@register.inclusion_tag("feedback/parts/rule_notes.html")
def rule_notes(answers: dict[str, list[ShownAnswer]], anchor: str, number: int) -> dict[str, Any]:
    """Questions and answers that stand beside one rule, or under all of the guideline. `number`: the version shown."""
    return {"answers": answers.get(anchor, ()), "number": number, "anchor": anchor}


@register.simple_tag
def rules_in_room(desk: Desk) -> list[Found]:
    """What the room asks for and has a rule for. No query: the guideline came with the desk, its parts are kept."""
    if desk.guideline is None:
        return []
    return [one for one in rules_of(render_document(desk.guideline.body), desk.schema) if one.rule is not None]


@register.filter
def rule_title(question: Question) -> str:
    """The heading that a question is about, as it read then; "" for all of the guideline."""
    if question.guideline is None:
        return ""
    rules = render_document(question.guideline.body).rules
    return next((rule.title for rule in rules if rule.address == question.rule), "")
