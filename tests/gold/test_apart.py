"""Gold and retests measure people: they are no data to learn from, and no second opinion."""

import pytest

from apps.core.domain.errors import RuleBroken
from apps.datasets.services.build import snapshot_build
from apps.datasets.services.create import snapshot_create
from apps.labeling.models import Judgment
from apps.quality.services.agreement import agreement_refresh
from apps.training.selectors.comparisons import comparisons_for_training
from tests.cast import Cast
from tests.gold.make import claim, judge, make_gold, set_rates
from tests.make import make_rank_task

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged(cast: Cast) -> Cast:
    """One task of three candidates that two labelers judged, the first of them again; and gold of each."""
    make_rank_task(cast.project, required=2)
    for member in (cast.labeler, cast.second_labeler):
        judge(claim(member), [1, 2, 3])
    set_rates(cast.project, retest_rate=1, retest_after_judgments=0, retest_after_hours=0)
    judge(claim(cast.labeler), [3, 2, 1])
    set_rates(cast.project, retest_rate=0, gold_rate=1)
    make_gold(cast)
    for member in (cast.labeler, cast.second_labeler):
        judge(claim(member), [3, 2, 1])
    assert Judgment.objects.count() == 5
    return cast


@pytest.mark.parametrize("purpose", ["training", "evaluation"])
def test_they_are_in_no_snapshot(judged: Cast, purpose: str):
    made = snapshot_create(actor=judged.researcher.user, project=judged.project, kind="rankings", purpose=purpose)
    snapshot_build(uid=made.uid)
    made.refresh_from_db()
    assert (made.state, made.rows) == ("ready", 2)
    assert comparisons_for_training(judged.project) == 2 * 3


def test_they_alone_make_no_snapshot(cast: Cast):
    set_rates(cast.project, gold_rate=1)
    make_gold(cast)
    judge(claim(cast.labeler))
    with pytest.raises(RuleBroken, match="no rankings yet"):
        snapshot_create(actor=cast.researcher.user, project=cast.project, kind="rankings", purpose="training")


def test_they_are_no_agreement(judged: Cast):
    """The two agree on all of what they did: what the one said the second time, and what both said of gold, is not it."""
    found = agreement_refresh(project=judged.project).body["overall"]
    assert (found["judgments"], found["meetings"], found["pairs"]) == (2, 1, 3)
    assert found["statistics"]["agreement"]["value"] == 1
