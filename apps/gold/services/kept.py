"""What pages tell of all answers to gold and of all retests: counted at a look where that is quick, else kept and counted by the
clock."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.projects.models import Membership, Project
from apps.quality.domain.told import estimate_told
from apps.quality.services.kept_report import report_refresh

from ..domain.consistency import ESTIMATES, EVERYBODY, Consistency, Retest, consistency_by, month_of
from ..domain.standing import Doubt, Standing
from ..domain.weeks import standing_by_week
from ..models import GoldReport
from ..selectors import GoldAnswer, GoldScore, gold_answers, retests_of
from ..selectors.items import ItemNumbers, item_numbers
from ..selectors.scores import score_of, standings_of

# Numbers that take no longer are counted at each look: a retired item changes them too.
QUICK_SECONDS = 0.5
# Those that take longer rest as many times as long, and are counted again where nothing was said after a while.
RESTS = 9
STALE, NO_LONGER = timedelta(minutes=10), timedelta()

Told = Mapping[str, Any]
Week = tuple[date, Standing]


@dataclass(frozen=True)
class GoldNumbers:
    """`items` by the item's key, `scores` and `consistency` by the member's; each with at least one answer, or retest.
    `months` are codes: twelve times the year, and the month from 0."""

    computed_at: datetime
    items: Mapping[int, ItemNumbers]
    scores: Mapping[int, GoldScore]
    weeks: Sequence[Week]
    everybody: Told | None
    consistency: Mapping[int, Told]
    months: Mapping[int, Told]
    names: Mapping[int, str]


def gold_now(project: Project) -> GoldNumbers:
    known = GoldReport.objects.filter(project=project).first()
    # Who is good goes by the threshold.
    holds = known and known.body["threshold"] == project.gold_threshold and known.seconds >= QUICK_SECONDS
    found = known if holds else gold_refresh(project=project, stale=NO_LONGER)
    if found:
        return _numbers(project, found.body, found.computed_at)
    return _numbers(project, _body(project), timezone.now())  # another process counts for the first time


def gold_refresh(*, project: Project, stale: timedelta) -> GoldReport | None:
    """The last ones where nothing was said since and they are not `stale`. None while another process counts."""
    return report_refresh(GoldReport, project, lambda known, mark: _body(project), stale=stale)


def gold_refresh_all() -> None:
    """Where somebody has asked, and would have to wait."""
    for report in GoldReport.objects.filter(seconds__gte=QUICK_SECONDS).select_related("project").order_by("project"):
        if report.computed_at + timedelta(seconds=RESTS * report.seconds) <= timezone.now():
            gold_refresh(project=report.project, stale=STALE)


def weeks_of(answers: Sequence[GoldAnswer]) -> list[Week]:
    return standing_by_week((one.at, one.score) for one in answers if one.counts)


def months_of(retests: Sequence[Retest]) -> dict[int, Told]:
    return _told(consistency_by(retests, [month_of(one.at) for one in retests]))


def _body(project: Project) -> dict[str, Any]:
    answers, retests = gold_answers(project), retests_of(project)
    items = item_numbers(answers, project.gold_threshold)
    return {
        "threshold": project.gold_threshold,
        "items": {
            item: [one.answers, one.passed, one.doubt.good, one.doubt.good_failed] for item, one in items.items()
        },
        "standings": {member: astuple(one) for member, one in standings_of(answers).items()},
        "weeks": [[week.isoformat(), *astuple(one)] for week, one in weeks_of(answers)],
        "everybody": _told(consistency_by(retests, [EVERYBODY] * len(retests))).get(EVERYBODY),
        "consistency": _told(consistency_by(retests, [one.labeler for one in retests])),
        "months": months_of(retests),
    }


def _told(found: Mapping[int, Consistency]) -> dict[int, Told]:
    return {
        group: {"retests": one.retests} | {name: estimate_told(getattr(one, name)) for name in ESTIMATES}
        for group, one in found.items()
    }


def _numbers(project: Project, body: Mapping[str, Any], computed_at: datetime) -> GoldNumbers:
    standings = {member: Standing(*one) for member, one in _by_key(body["standings"]).items()}
    consistency = _by_key(body["consistency"])
    names = dict(Membership.objects.filter(pk__in=[*standings, *consistency]).values_list("pk", "pseudonym"))
    return GoldNumbers(
        computed_at=computed_at,
        items={
            item: ItemNumbers(answers, passed, Doubt(good, failed))
            for item, (answers, passed, good, failed) in _by_key(body["items"]).items()
        },
        scores={
            member: score_of(member, names[member], one, project.gold_threshold) for member, one in standings.items()
        },
        weeks=[(date.fromisoformat(week), Standing(*one)) for week, *one in body["weeks"]],
        everybody=body["everybody"], consistency=consistency, months=_by_key(body["months"]), names=names,
    )  # fmt: skip


def _by_key(found: Mapping[Any, Any]) -> dict[int, Any]:
    """JSON has no numbers for names."""
    return {int(key): value for key, value in found.items()}
