"""What pages tell of all gold: counted at each look where that is quick, else kept."""

from dataclasses import astuple
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.gold.domain.consistency import month_of
from apps.gold.models import GoldItem, GoldReport
from apps.gold.selectors import gold_answers, gold_scores
from apps.gold.selectors.items import item_numbers
from apps.gold.services.items import gold_retire
from apps.gold.services.kept import gold_now, gold_refresh_all, weeks_of
from tests.cast import Cast
from tests.gold.make import claim, judge, make_gold, set_rates
from tests.pages.conftest import as_member  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(cast: Cast) -> Cast:
    """Three items; one labeler passes two and fails one."""
    for _ in range(3):
        make_gold(cast)
    set_rates(cast.project, gold_rate=1)
    for tiers in ([1, 2, 3], [1, 2, 3], [3, 2, 1]):
        answer(cast, tiers)
    return cast


def answer(cast: Cast, tiers: list[int]) -> None:
    given = claim(cast.labeler)
    assert given is not None
    judge(given, tiers)


def test_what_is_kept_is_what_was_counted(asked: Cast):
    answers = gold_answers(asked.project)
    numbers = gold_now(asked.project)
    assert GoldReport.objects.count() == 1
    assert numbers.scores == gold_scores(asked.project)
    assert numbers.items == item_numbers(answers, asked.project.gold_threshold)
    assert numbers.weeks == weeks_of(answers)
    assert (numbers.everybody, numbers.consistency, numbers.months) == (None, {}, {})
    assert [astuple(one.standing)[:2] for one in numbers.scores.values()] == [(3, 2)]


def test_numbers_that_take_long_are_counted_by_the_clock(asked: Cast):
    assert passed(asked) == 2
    make_gold(asked)
    GoldReport.objects.update(seconds=40)
    answer(asked, [1, 2, 3])
    assert passed(asked) == 2
    gold_refresh_all()
    assert passed(asked) == 2  # it rests nine times as long
    GoldReport.objects.update(computed_at=timezone.now() - timedelta(seconds=361))
    gold_refresh_all()
    assert passed(asked) == 3


def passed(cast: Cast) -> int:
    return sum(one.passed for one in gold_now(cast.project).scores.values())


def test_the_clock_leaves_alone_what_is_quick(asked: Cast):
    gold_refresh_all()
    assert not GoldReport.objects.exists()
    gold_now(asked.project)
    GoldReport.objects.update(computed_at=timezone.now() - timedelta(days=1), seconds=0)
    gold_refresh_all()
    assert GoldReport.objects.get().computed_at < timezone.now() - timedelta(hours=23)


def test_another_threshold_and_where_it_is_quick_a_retired_item_change_the_numbers_at_once(asked: Cast):
    assert gold_now(asked.project).scores[asked.labeler.pk].below
    GoldReport.objects.update(seconds=40)
    set_rates(asked.project, gold_threshold=0.5)
    assert not gold_now(asked.project).scores[asked.labeler.pk].below
    assert GoldReport.objects.get().body["threshold"] == 0.5
    GoldReport.objects.update(seconds=0)
    failed = next(one.item for one in gold_answers(asked.project) if not one.score.passed)
    gold_retire(actor=asked.manager.user, item=GoldItem.objects.get(pk=failed), retired_as="wrong")
    assert gold_now(asked.project).scores[asked.labeler.pk].share == 1


def test_pages_say_as_of_when_and_read_no_answers_where_that_takes_long(asked: Cast, as_member):  # noqa: F811
    client, slug = as_member(asked.researcher), asked.project.slug
    gold_now(asked.project)
    GoldReport.objects.update(seconds=40)
    for name in ("gold:items", "gold:labelers"):
        with CaptureQueriesContext(connection) as queries:
            said = client.get(reverse(name, args=[slug])).content.decode()
        assert "As of " in said, name
        assert not [one["sql"] for one in queries.captured_queries if "labeling_ranking" in one["sql"]], name


def test_an_items_page_reads_its_own_answers_alone(asked: Cast):
    answers = gold_answers(asked.project)
    for item in GoldItem.objects.all():
        assert gold_answers(asked.project, item=item) == [one for one in answers if one.item == item.pk]


def test_months_are_told_apart_across_years():
    moment = timezone.now().replace(year=2025, month=12, day=31, hour=23, minute=59)
    assert (month_of(moment), month_of(moment + timedelta(hours=1))) == (2025 * 12 + 11, 2026 * 12)
