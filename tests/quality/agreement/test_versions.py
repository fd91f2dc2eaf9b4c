"""Agreement under one guideline version beside that under the next."""

import numpy as np
import pytest
from django.urls import reverse
from django.utils.html import escape

from apps.labeling.models import Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.services import guideline_publish
from apps.quality.domain.estimate import Why
from apps.quality.domain.tally import tally
from apps.quality.domain.versions import changes
from apps.quality.services.agreement import agreement_refresh
from tests.make import make_rank_task
from tests.quality.agreement.make import table

OLD, NEW = 7, 9


@pytest.fixture(autouse=True)
def artifacts(tmp_path, settings):
    settings.ARTIFACT_ROOT = tmp_path


def judged(old: list[tuple[list[int], list[int]]], new: list[tuple[list[int], list[int]]]):
    """Two labelers on each task: what they said under either version; a prompt has one task of each."""
    pairs = [(OLD, at, *said) for at, said in enumerate(old)] + [(NEW, at, *said) for at, said in enumerate(new)]
    rows = [(task, who, said[who]) for task, (_, _, *said) in enumerate(pairs) for who in (0, 1)]
    codes = [version for version, *_ in pairs for _ in (0, 1)]
    prompts = {task: prompt for task, (_, prompt, *_) in enumerate(pairs)}
    given = table(rows, groups={"guideline": np.array(codes)})
    moved = type(given)(
        given.task, np.array([prompts[task] for task in given.task.tolist()]), given.labeler, given.tiers,
        given.cohort, given.person, given.groups,
    )  # fmt: skip
    return tally(moved, "guideline")


ALIKE, OPPOSED, ONE_TIES = ([1, 2], [1, 2]), ([1, 2], [2, 1]), ([1, 2], [1, 1])


def test_the_difference_is_of_both_numbers_by_hand():
    (found,) = changes(
        judged([ALIKE] * 15 + [OPPOSED] * 5 + [ONE_TIES] * 5, [ALIKE] * 24 + [OPPOSED] * 6), [(OLD, NEW)]
    )
    assert found.agreement.value == pytest.approx(24 / 30 - 15 / 25)
    assert found.agreement_without_ties.value == pytest.approx(24 / 30 - 15 / 20)
    assert (found.prompts_before, found.prompts_after, found.agreement.counts.prompts) == (25, 30, 30)
    assert found.agreement.interval.low < 0.2 < found.agreement.interval.high


def test_a_prompt_that_is_hard_under_both_makes_no_difference_wide():
    """The same prompts said the same of under both versions: whole prompts are drawn, so the difference never moves."""
    said = [ALIKE] * 20 + [OPPOSED] * 20
    (found,) = changes(judged(said, said), [(OLD, NEW)])
    assert (found.agreement.value, found.agreement.interval.low, found.agreement.interval.high) == (0, 0, 0)


def test_a_clear_change_is_outside_of_zero():
    (found,) = changes(judged([OPPOSED] * 30 + [ALIKE] * 10, [ALIKE] * 36 + [OPPOSED] * 4), [(OLD, NEW)])
    assert found.agreement.interval.low > 0


@pytest.mark.parametrize("few", [0, 19])
def test_too_few_prompts_say_so(few):
    (found,) = changes(judged([ALIKE] * few, [ALIKE] * 40), [(OLD, NEW)])
    assert found.agreement.why is Why.FEW_PROMPTS


def test_all_ties_have_no_number_without_ties():
    (found,) = changes(judged([ONE_TIES] * 20, [ALIKE] * 20), [(OLD, NEW)])
    assert found.agreement.value == 1
    assert found.agreement_without_ties.why is Why.ALL_TIES


def said_under(cast, second: list[int], tasks: int):
    for _ in range(tasks):
        make_rank_task(cast.project, k=2, required=2)
        for member, tiers in ((cast.labeler, [1, 2]), (cast.second_labeler, second)):
            assignment = assignment_claim(member=member, kind="rank")
            letters = dict(zip(assignment.display_order, "AB", strict=True))
            judgment_submit(assignment=assignment, body={"tiers": {letters[at]: tier for at, tier in enumerate(tiers)}})


def test_pages_say_it_to_those_who_see_agreement(cast, client):
    def publish(body):
        guideline_publish(actor=cast.manager.user, project=cast.project, body=body, requires_acknowledgement=False)

    publish("# One")
    said_under(cast, [2, 1], 20)
    publish("# Two")
    said_under(cast, [1, 2], 20)
    assert Task.objects.filter(open_slots=0).count() == 40
    (step,) = agreement_refresh(project=cast.project).body["guideline_changes"]
    assert (step["track"], step["before"], step["after"]) == ("collection", 1, 2)
    assert step["statistics"]["agreement"]["value"] == 1
    sentence = escape("higher under version 2 than under 1, by +100.0 points")
    pages = ("projects:guideline", "projects:guideline-changes")
    for member, sees in ((cast.manager, True), (cast.researcher, True), (cast.labeler, False)):
        client.force_login(member.user)
        for page in pages:
            assert (sentence in client.get(reverse(page, args=[cast.project.slug])).content.decode()) is sees, page
    client.force_login(cast.manager.user)
    assert "+100.0" in client.get(reverse("quality:agreement", args=[cast.project.slug])).content.decode()
    file = client.get(reverse("quality:agreement-table", args=[cast.project.slug, "guideline-changes"]))
    assert "collection,1,2,1.0,1.0,1.0,1.0,1.0,1.0,20,20" in file.content.decode()
    first = client.get(reverse("projects:guideline-version", args=[cast.project.slug, 1])).content.decode()
    assert "version-agreement" not in first
