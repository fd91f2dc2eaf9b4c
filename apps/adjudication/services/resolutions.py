"""Settling a task on which labelers disagree. The judgments stay as they are; a later resolution supersedes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.core.conflicts import conflict_where
from apps.core.documents import render_document
from apps.core.domain.errors import Conflict, RuleBroken
from apps.labeling.domain.submission import parse_submission
from apps.labeling.models import Task
from apps.projects.domain.judgment_schema import Schema
from apps.projects.models import GuidelineVersion, Membership
from apps.projects.selectors import current_guideline

from ..models import Disagreement, Resolution
from ..selectors.sheet import Sheet

Category = Resolution.Category
# The ladder alone, as the labeling room checks it.
_LADDER = Schema(())


@dataclass(frozen=True, slots=True)
class Resolved:
    """`new` is False when the same person had said the same already: a repeated click."""

    resolution: Resolution
    new: bool


@transaction.atomic
def resolution_create(
    *,
    actor: Membership,
    sheet: Sheet,
    category: str,
    tiers: Any = None,
    rule: str = "",
    note: str = "",
    supersedes: Any = None,
    seen: Sequence[Any] | None = None,
) -> Resolved:
    """Write down what `actor` makes of the sheet's task.

    `tiers` by letter; none of a bad prompt. `rule`: the address of the guideline's rule that is unclear. `supersedes`:
    the uid of the resolution that stands, which the actor looked at. `seen`: the uids of the judgments shown.
    Raises RuleBroken by field, and Conflict where somebody else resolved it or a judgment was corrected meanwhile.
    """
    guideline, rule = _rule_of(sheet, category, rule)
    ranks, note = _ladder(sheet, category, tiers, note)
    values = {"category": category, "tiers": ranks, "rule": rule, "note": note}
    standing = _standing(sheet)
    if standing and standing.membership_id == actor.pk and all(getattr(standing, k) == v for k, v in values.items()):
        return Resolved(standing, new=False)
    taken = Conflict(
        _("Somebody settled this task meanwhile. Look at what they made of it first."),
        code="resolved_meanwhile", resolution=str(standing.uid) if standing else None,
    )  # fmt: skip
    if str(supersedes or "") != (str(standing.uid) if standing else ""):
        raise taken
    resolution = Resolution(
        task=sheet.task, membership=actor, guideline=guideline, supersedes=standing,
        judgments=_judgments(sheet, seen), **values,
    )  # fmt: skip
    with conflict_where("resolution_one_chain_a_task", taken):
        resolution.save(force_insert=True)
    resolution.refresh_from_db(fields=["cohort", "created_at"])
    Disagreement.objects.filter(task=sheet.task).update(resolved=True)
    record(
        actor=actor.user, verb="task.resolved", target=resolution, task=str(sheet.task.uid), category=category,
        **({"rule": rule} if rule else {}), **({"supersedes": str(standing.uid)} if standing else {}),
    )  # fmt: skip
    return Resolved(resolution, new=True)


def _standing(sheet: Sheet) -> Resolution | None:
    """As it is now: whoever resolves the same task waits here for their turn."""
    Task.objects.select_for_update(no_key=True).only("pk").get(pk=sheet.task.pk)
    return Resolution.objects.filter(task=sheet.task, superseded_by=None).first()


def _ladder(sheet: Sheet, category: str, tiers: Any, note: Any) -> tuple[list[int] | None, str]:
    if category == Category.PROMPT:
        if tiers:
            raise RuleBroken(_("tiers: a bad prompt has no right order; leave the ladder empty."), field="tiers")
        tiers = dict.fromkeys(sheet.letters, 1)  # only so that the note is read by the same rules
    checked = parse_submission("rank", {"tiers": tiers, "note": note}, order=sheet.order, schema=_LADDER)
    return (None if category == Category.PROMPT else checked.tiers), checked.note


def _rule_of(sheet: Sheet, category: str, rule: str) -> tuple[GuidelineVersion | None, str]:
    """The guideline in force, and the address of its rule."""
    if category not in Category.values:
        raise RuleBroken(
            _("category: say why they differed; one of %(known)s.") % {"known": ", ".join(Category.values)}, field="category"
        )  # fmt: skip
    guideline = current_guideline(sheet.task.project)
    rule = rule.strip().removeprefix("#") if isinstance(rule, str) else ""
    if category != Category.GUIDELINE:
        if rule:
            raise RuleBroken(_("rule: only an unclear guideline names one."), field="rule")
        return guideline, ""
    if guideline is None:
        raise RuleBroken(_("category: this project has no guideline that could be unclear."), field="category")
    rules = render_document(guideline.body).rules
    known = next((one.address for one in rules if rule in one.called), None)
    if rules and known is None:
        raise RuleBroken(_("rule: choose the heading of the guideline that is unclear."), field="rule")
    return guideline, known or ""


def _judgments(sheet: Sheet, seen: Sequence[Any] | None) -> list[int]:
    """Those that were looked at. Raises Conflict where one of them was corrected meanwhile."""
    by_uid = {str(voice.uid): voice.pk for voice in sheet.voices}
    if seen is None:
        return list(by_uid.values())
    looked_at = list(dict.fromkeys(map(str, seen)))
    if len(looked_at) < 2 or any(uid not in by_uid for uid in looked_at):
        raise Conflict(
            _("A labeler changed their judgment meanwhile. Look at it again first."), code="judged_meanwhile"
        )
    return [by_uid[uid] for uid in looked_at]
