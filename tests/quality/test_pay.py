"""Hours and judgments for pay: each counted once, in the period and the zone that were asked for."""

import csv
import io
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.core.domain.errors import RuleBroken
from apps.labeling.models import Assignment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.imported import ImportedJudgment, judgments_insert
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.labeling.services.leases import assignment_skip
from apps.projects.models import ExternalLabeler
from apps.quality.domain.period import WrongPeriod, period
from apps.quality.pay.asked import COLUMNS, period_of
from apps.quality.selectors.pay import Work, total_of, work_in
from tests.make import make_demonstrate_task, make_rank_task

UTC = ZoneInfo("UTC")


def today():
    now = timezone.now()
    return period((now - timedelta(days=1)).date().isoformat(), (now + timedelta(days=1)).date().isoformat(), UTC)


def ranked(member, seconds=60):
    assignment = assignment_claim(member=member, kind="rank")
    Assignment.objects.filter(pk=assignment.pk).update(active_seconds=seconds, seen_at=timezone.now())
    return judgment_submit(
        assignment=Assignment.objects.get(pk=assignment.pk), body={"tiers": {"A": 1, "B": 2}}
    ).judgment


def test_each_judgment_counts_once_and_corrections_beside(cast):
    for _ in range(3):
        make_rank_task(cast.project, k=2)
    make_demonstrate_task(cast.project)
    first = ranked(cast.labeler, 60)
    ranked(cast.labeler, 120)
    judgment_correct(assignment=first.assignment, body={"tiers": {"A": 2, "B": 1}})
    judgment_correct(assignment=first.assignment, body={"tiers": {"A": 1, "B": 1}})
    writing = assignment_claim(member=cast.labeler, kind="demonstrate")
    judgment_submit(assignment=writing, body={"text": "An answer."})
    skipped = assignment_claim(member=cast.second_labeler, kind="rank")
    Assignment.objects.filter(pk=skipped.pk).update(active_seconds=30, seen_at=timezone.now())
    assignment_skip(assignment=skipped, reason="unclear")
    workers = {one.email: one.work for one in work_in(cast.project, today())}
    mine = workers[cast.labeler.user.email]
    assert (mine.judgments, mine.rankings, mine.demonstrations, mine.corrections) == (3, 2, 1, 2)
    # What passed between claim and submit in this test is work, too: at most a minute of each of the three.
    assert 180 <= mine.active_seconds <= 360
    other = workers[cast.second_labeler.user.email]
    assert (other.judgments, other.skipped, other.active_seconds) == (0, 1, 0)
    assert 30 <= other.skipped_seconds <= 90


def test_surplus_is_among_the_judgments(cast):
    make_rank_task(cast.project, k=2)
    late = assignment_claim(member=cast.labeler, kind="rank")
    Assignment.objects.filter(pk=late.pk).update(state="expired", lease_expires_at=None)
    type(late.task).objects.filter(pk=late.task_id).update(open_slots=0)
    judgment_submit(assignment=Assignment.objects.get(pk=late.pk), body={"tiers": {"A": 1, "B": 2}})
    (worker,) = work_in(cast.project, today())
    assert (worker.work.judgments, worker.work.surplus) == (1, 1)


def test_imported_judgments_have_no_pay(cast):
    task = make_rank_task(cast.project, k=2)
    ann = ExternalLabeler.objects.create(project=cast.project, pseudonym="ann")
    judgments_insert(
        judgments=[ImportedJudgment(task_id=task.pk, external_labeler_id=ann.pk, cohort="training", tiers=[1, 2])]
    )
    assert work_in(cast.project, today()) == []


def test_days_begin_where_the_zone_says_and_periods_add_up(cast):
    """The moment of a submit is of another day at the other end of the world."""
    make_rank_task(cast.project, k=2)
    assignment = assignment_claim(member=cast.labeler, kind="rank")
    judgment_submit(assignment=assignment, body={"tiers": {"A": 1, "B": 2}})
    (worker,) = work_in(cast.project, today())
    assert worker.work.judgments == 1
    moment = assignment.judgments.get().submitted_at
    zone = ZoneInfo("Pacific/Kiritimati") if moment.hour >= 10 else ZoneInfo("Pacific/Pago_Pago")
    there = moment.astimezone(zone).date()
    assert there != moment.date()
    day = there.isoformat()
    assert total_of(work_in(cast.project, period(day, day, zone))).judgments == 1
    assert total_of(work_in(cast.project, period(day, day, UTC))).judgments == 0
    whole = total_of(work_in(cast.project, today()))
    days = [today().first + timedelta(days=n) for n in range(3)]
    parts = [total_of(work_in(cast.project, period(one.isoformat(), one.isoformat(), UTC))) for one in days]
    assert sum(part.judgments for part in parts) == whole.judgments
    assert sum(part.active_seconds for part in parts) == whole.active_seconds


def test_a_day_of_25_hours():
    clocks_back = period("2026-10-25", "2026-10-25", ZoneInfo("Europe/Paris"))
    assert (clocks_back.ends.astimezone(UTC) - clocks_back.begins.astimezone(UTC)) == timedelta(hours=25)
    assert clocks_back.begins.astimezone(UTC) == datetime(2026, 10, 24, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"from": "2026-13-01"}, "from"), ({"to": "yesterday"}, "to"), ({"from": "2026-02-30"}, "from"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "to"), ({"zone": "../etc/passwd"}, "zone"), ({"to": "9999-12-31"}, "to"),
    ],
)  # fmt: skip
def test_a_wrong_period_is_named(given, field):
    with pytest.raises(RuleBroken) as caught:
        period_of(given)
    assert caught.value.field == field
    assert caught.value.message.startswith(f"{field}: ")


def test_a_wrong_period_of_the_domain_names_its_field():
    with pytest.raises(WrongPeriod, match="before"):
        period("2026-02-02", "2026-02-01", UTC)


def test_page_file_and_api_say_the_same(cast, client):
    for _ in range(2):
        make_rank_task(cast.project, k=2)
    ranked(cast.labeler, 3600)
    ranked(cast.second_labeler, 1800)
    client.force_login(cast.manager.user)
    slug = cast.project.slug
    query = {"from": today().first.isoformat(), "to": today().last.isoformat(), "zone": "UTC"}
    page = client.get(reverse("quality:pay", args=[slug]), query).content.decode()
    assert cast.labeler.pseudonym in page
    assert cast.labeler.user.email in page
    file = client.get(reverse("quality:pay-file", args=[slug]), query)
    rows = list(csv.DictReader(io.StringIO(file.content.decode())))
    assert tuple(rows[0]) == COLUMNS
    said = client.get(reverse("api:v1:pay", args=[slug]), query).json()
    assert {row["email"]: int(row["active_seconds"]) for row in rows} == {
        one["email"]: one["active_seconds"] for one in said["members"]
    }
    assert said["total"]["judgments"] == 2
    assert set(said["total"]) == set(Work.__slots__)
    assert client.get(reverse("quality:pay", args=[slug]), {"from": "x"}).status_code == 422
    assert client.get(reverse("api:v1:pay", args=[slug]), {"zone": "x"}).json()["error"]["details"] == {"field": "zone"}


def test_nobody_but_a_manager_sees_addresses(cast, client):
    client.force_login(cast.researcher.user)
    assert client.get(reverse("quality:pay", args=[cast.project.slug])).status_code == 403
