"""Whose replies people ranked above whose: counted by hand, and nothing counted that is no opinion on work."""

from itertools import count

import pytest
from django.db import transaction
from django.utils import timezone

from apps.labeling.models import Judgment, Ranking, Task
from apps.projects.models import ExternalLabeler
from apps.training.selectors.preferred import FEWEST_PROMPTS, each_two
from apps.training.services.preferred import preferred_now
from tests.make import make_completions, make_prompt
from tests.training.rows import a_completion, a_generation, a_hash, a_model

_numbers = count(1)


@pytest.fixture
def two(cast):
    """A policy and the SFT model that it began as, with a run of each."""
    models = [a_model(cast.project, "policy"), a_model(cast.project, "sft")]
    return models, [a_generation(cast.project, "done", model_version=model) for model in models]


@transaction.atomic  # a judgment says something before its transaction ends
def judge(task, tiers, kind="person", **fields):
    labeler = ExternalLabeler.objects.create(project=task.project, pseudonym=f"one {next(_numbers)}", kind=kind)
    fields = {"external_labeler": labeler, "cohort": "training", **fields}
    judgment = Judgment.objects.create(task=task, content_sha256=a_hash(), submitted_at=timezone.now(), **fields)
    Ranking.objects.create(judgment=judgment, tiers=tiers)
    return judgment


def a_task(project, completions, prompt, **fields):
    pks = [completion.pk for completion in completions]
    return Task.objects.create(
        project=project, prompt=prompt, kind="rank", candidates=pks, candidate_set=sorted(pks),
        **{"required": 1, "open_slots": 1, **fields},
    )  # fmt: skip


def ranked(cast, runs, tiers, **fields):
    """A prompt that each run answered once, with somebody else's reply, ranked so: the runs' first."""
    prompt = make_prompt(cast.project)
    completions = [*(a_completion(run, prompt) for run in runs), *make_completions(prompt, ["Another"])]
    task = a_task(cast.project, completions, prompt)
    judge(task, tiers, **fields)
    return task


def preferred(models, project):
    return preferred_now(pairs=each_two(models), project=project).pairs


def counts(models, project):
    return [(one.above, one.tied, one.below, one.prompts) for one in preferred(models, project)]


def test_above_tied_and_below_are_counted(cast, two):
    models, runs = two
    for tiers in ([1, 2, 3], [1, 2, 1], [2, 2, 1], [3, 1, 2]):
        ranked(cast, runs, tiers)
    (found,) = preferred(models, cast.project)
    assert (found.above, found.tied, found.below, found.prompts) == (2, 1, 1, 4)
    assert found.share == (2 + 0.5) / 4
    assert found.low is None  # four prompts are too few
    assert counts(models[::-1], cast.project) == [(1, 1, 2, 4)]


def test_several_replies_of_one_prompt_are_several_pairs(cast, two):
    models, runs = two
    prompt = make_prompt(cast.project)
    ours = [a_completion(runs[0], prompt, index) for index in range(2)]
    theirs = [a_completion(runs[1], prompt, index) for index in range(2)]
    task = a_task(cast.project, [theirs[0], ours[0], theirs[1], ours[1]], prompt)
    judge(task, [2, 1, 4, 3])
    assert counts(models, cast.project) == [(3, 0, 1, 1)]


def test_only_what_people_say_of_work_now_counts(cast, two):
    models, runs = two
    task = ranked(cast, runs, [1, 2, 3])
    old = task.judgments.get()
    judge(task, [2, 1, 3], external_labeler=old.external_labeler, supersedes=old)  # a correction
    ranked(cast, runs, [1, 2, 2], cohort="held-out")
    for kind in ("pool", "model", "simulated"):
        ranked(cast, runs, [2, 1, 3], kind=kind)
    prompt = make_prompt(cast.project)
    completions = [a_completion(run, prompt) for run in runs]
    judge(a_task(cast.project, completions, prompt, purpose="gold", required=None, open_slots=None), [2, 1])
    assert counts(models, cast.project) == [(1, 0, 1, 2)]


def test_the_interval_draws_prompts(cast, two):
    models, runs = two
    for number in range(10):
        task = ranked(cast, runs, [1, 2, 3] if number < 7 else [2, 1, 3])
        for _ in range(4):  # the same said five times of a prompt tells nothing more of other prompts
            judge(task, [1, 2, 3] if number < 7 else [2, 1, 3])
    (found,) = preferred(models, cast.project)
    assert (found.share, found.comparisons, found.prompts) == (0.7, 50, 10)
    # Of ten prompts: a binomial interval of 7 in 10 is about 0.40 to 0.93; of 50 in 50 comparisons 0.56 to 0.81.
    assert found.low == pytest.approx(0.4, abs=0.05)
    assert found.high == pytest.approx(1.0, abs=0.11)


def test_unanimity_claims_no_certainty(cast, two):
    models, runs = two
    for _ in range(FEWEST_PROMPTS):
        ranked(cast, runs, [1, 2, 3])
    (found,) = preferred(models, cast.project)
    assert (found.share, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.566, abs=0.001)  # Wilson, 5 of 5
