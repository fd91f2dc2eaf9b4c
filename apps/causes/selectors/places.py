"""The rules of the guideline in force that the places of the report are about, and those that adjudicators found unclear."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.adjudication.models import Resolution
from apps.adjudication.selectors.resolutions import resolutions_of, unclear_rules
from apps.core.documents import Document, Rule, render_document
from apps.projects.domain.judgment_schema import parse_schema
from apps.projects.domain.rules import Found, Subject, rules_of_fields
from apps.projects.guideline_rules import rules_of
from apps.projects.models import GuidelineVersion, Project
from apps.projects.selectors import current_guideline, current_schema

USE_CASE, FIELD = "use_case", "field"
# Of the rules that adjudicators found unclear, and of the tasks of each.
MOST, MOST_TASKS = 5, 3


@dataclass(frozen=True, slots=True)
class RuleFound:
    """Rule `address` of the version in force; `sure`: it is named after the place, not only alike in words."""

    number: int
    address: str
    anchor: str
    title: str
    sure: bool


@dataclass(frozen=True, slots=True)
class RuleSettled:
    """A rule of a version (`title` empty: the whole of it) that adjudicators found unclear on `tasks` tasks; some of
    their prompts."""

    guideline: GuidelineVersion
    anchor: str
    title: str
    tasks: int
    prompts: tuple[str, ...]


def rules_for(project: Project, places: Iterable[Mapping[str, Any]]) -> list[RuleFound | None]:
    """The rule of each place; None where the guideline in force has none, or there is no guideline."""
    wanted, guideline = list(places), current_guideline(project)
    if guideline is None or not wanted:
        return [None] * len(wanted)
    document = render_document(guideline.body)
    fields = {one.field.name: one for one in rules_of(document, parse_schema(current_schema(project).body))}
    return [
        _told(guideline, fields.get(one["name"]) if one["kind"] == FIELD else _of_use_case(document, one["name"]))
        for one in wanted
    ]


def _of_use_case(document: Document, name: str) -> Found | None:
    if not name:
        return None
    [found] = rules_of_fields(document.rules, [Subject(name, name.replace("_", " "))])
    return found


def _told(guideline: GuidelineVersion, found: Found | None) -> RuleFound | None:
    if found is None or not isinstance(found.rule, Rule):
        return None
    rule = found.rule
    return RuleFound(guideline.number, rule.address, rule.anchor, rule.title, found.sure)


def rules_settled(project: Project) -> list[RuleSettled]:
    """Those that adjudicators named most often first."""
    named = resolutions_of(project).filter(category=Resolution.Category.GUIDELINE)
    found = []
    for one in unclear_rules(project)[:MOST]:
        rule = next((r for r in render_document(one.guideline.body).rules if one.rule and one.rule in r.called), None)
        prompts = named.filter(guideline=one.guideline, rule=one.rule).values_list("task__prompt__uid", flat=True)
        found.append(
            RuleSettled(
                one.guideline, rule.anchor if rule else "", rule.title if rule else one.rule, one.tasks,
                tuple(map(str, prompts[:MOST_TASKS])),
            )
        )  # fmt: skip
    return found
