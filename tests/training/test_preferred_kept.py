"""The count of whose replies people ranked higher is what the plain definition counts, and is made no oftener than asked."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.training.domain.preferred import Ranked, outcomes
from apps.training.models import PreferenceReport
from apps.training.selectors.preferred import each_two
from apps.training.selectors.ranked import ranked_replies
from apps.training.services import preferred as service
from tests.make import make_completions, make_prompt
from tests.training.plain_preferred import said_of
from tests.training.rows import a_completion, a_generation, a_model
from tests.training.test_preferred import a_task, counts, judge, ranked

WIDTH = 4


@st.composite
def a_ranking(draw):
    """A prompt, and of two to four places the model (0: nobody) and the tier."""
    k = draw(st.integers(2, WIDTH))
    models = draw(st.lists(st.integers(0, 3), min_size=k, max_size=k))
    return draw(st.integers(1, 4)), models, draw(st.lists(st.integers(1, 3), min_size=k, max_size=k))


def columns(rankings):
    def padded(lists):
        return np.array([[*values, *[0] * (WIDTH - len(values))] for values in lists], np.int64).reshape(-1, WIDTH)

    prompts = np.array([prompt for prompt, _, _ in rankings], np.int64)
    return Ranked(prompts, padded([models for _, models, _ in rankings]), padded([tiers for _, _, tiers in rankings]))


def plainly(rankings):
    """Each pair of places of each ranking, by hand."""
    said = {}
    for prompt, models, tiers in rankings:
        for (one, mine), (other, yours) in combinations(zip(models, tiers, strict=True), 2):
            if not one or not other or one == other:
                continue
            ahead = (mine < yours) - (mine > yours) if one < other else (mine > yours) - (mine < yours)
            said.setdefault((min(one, other), max(one, other), prompt), Counter())[ahead] += 1
    return Counter((one, other, each[1], each[0], each[-1]) for (one, other, _), each in said.items())


@given(st.lists(a_ranking(), max_size=20), st.integers(1, 9))
def test_columns_say_what_each_pair_of_places_says(rankings, piece):
    found = outcomes(columns(rankings), piece)
    told = dict(zip(map(tuple, found.keys.tolist()), found.counts[:, 0].tolist(), strict=True))
    assert told == dict(plainly(rankings))


# --- the database ---------------------------------------------------------------------------------
KINDS = st.sampled_from(["person", "person", "person", "pool", "simulated"])
JUDGED = st.tuples(KINDS, st.lists(st.integers(1, 3), min_size=4, max_size=4), st.booleans())
TASK = st.tuples(
    st.integers(0, 2),  # the prompt
    st.lists(st.integers(0, 6), min_size=2, max_size=4, unique=True),  # which of its replies
    st.sampled_from(["production", "production", "production", "gold"]),
    st.lists(JUDGED, max_size=3),
)


def replies(project, runs, prompt):
    """Two of each model, and one of somebody else."""
    return [a_completion(run, prompt, index) for run in runs for index in range(2)] + make_completions(prompt, ["Mine"])


def enact(project, runs, tasks):
    texts = {}
    for number, (place, chosen, purpose, judged) in enumerate(tasks):
        if place not in texts:
            prompt = make_prompt(project)
            texts[place] = prompt, replies(project, runs, prompt)
        prompt, written = texts[place]
        counted = {} if purpose == "production" else {"required": None, "open_slots": None}
        # A task of its own each time: the same candidates twice are one task.
        extra = make_completions(prompt, [f"Other {number}"])
        task = a_task(project, [*(written[one] for one in chosen), *extra], prompt, purpose=purpose, **counted)
        for kind, tiers, corrected in judged:
            said = judge(task, dense([*tiers[: len(chosen)], 1]), kind=kind)
            if corrected:
                anew = dense([*tiers[: len(chosen)][::-1], 2])
                judge(task, anew, external_labeler=said.external_labeler, supersedes=said)


def dense(tiers):
    """Without the ranks that nobody got."""
    return [sorted(set(tiers)).index(tier) + 1 for tier in tiers]


@pytest.mark.django_db
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tasks=st.lists(TASK, min_size=1, max_size=6))
def test_what_is_kept_is_what_the_plain_definition_counts(cast, tasks):
    with transaction.atomic():
        models = [a_model(cast.project, "policy") for _ in range(3)]
        enact(cast.project, [a_generation(cast.project, "done", model_version=model) for model in models], tasks)
        plain = said_of(models, cast.project)
        for pair in combinations(models, 2):
            rows = plain.get((pair[0].pk, pair[1].pk), [])
            asked = service.preferred_now(pairs=[pair], project=cast.project)
            turned = service.preferred_now(pairs=[pair[::-1]], project=cast.project)
            assert bool(rows) == bool(asked.pairs) == bool(turned.pairs)
            if rows:
                (one,), (other,) = asked.pairs, turned.pairs
                assert (one.above, one.tied, one.below) == tuple(map(sum, zip(*rows, strict=True)))
                assert (other.above, other.tied, other.below, other.prompts) == (
                    one.below,
                    one.tied,
                    one.above,
                    len(rows),
                )
        kept = PreferenceReport.objects.get(project=cast.project).body["pairs"]
        told = {(pair["one"], pair["other"]): sorted(tuple(said) for *said, n in pair["said"] for _ in range(n)) for pair in kept}  # fmt: skip
        assert told == plain
        transaction.set_rollback(True)


# --- when it is counted ---------------------------------------------------------------------------
@pytest.fixture
def readings(monkeypatch):
    """The projects whose rankings were read, one after another."""
    seen = []

    def read(project):
        seen.append(project.slug)
        return ranked_replies(project)

    monkeypatch.setattr(service, "ranked_replies", read)
    return seen


@pytest.fixture
def compared(cast):
    runs = [a_generation(cast.project, "done"), a_generation(cast.project, "done")]
    ranked(cast, runs, [1, 2, 3])
    return [run.model_version for run in runs], runs


def test_a_look_reads_rankings_only_where_something_was_said(cast, compared, readings):
    models, runs = compared
    for _ in range(3):
        assert counts(models, cast.project) == [(1, 0, 0, 1)]
    assert len(readings) == 1
    ranked(cast, runs, [2, 1, 3])
    assert counts(models, cast.project) == [(1, 0, 1, 2)]
    assert len(readings) == 2


def test_nobody_waits_for_the_first_count_of_many(cast, compared, readings, monkeypatch):
    models, _ = compared
    monkeypatch.setattr(service, "QUICK_JUDGMENTS", 0)
    assert service.preferred_now(pairs=each_two(models), project=cast.project) is None
    assert not readings
    service.preferences_refresh_all()
    assert counts(models, cast.project) == [(1, 0, 0, 1)]


@pytest.mark.parametrize("slow", [{"QUICK_JUDGMENTS": 0}, {"QUICK_SECONDS": 0.0}])
def test_nobody_waits_for_a_count_that_takes_long(cast, compared, readings, monkeypatch, slow):
    models, runs = compared
    assert counts(models, cast.project) == [(1, 0, 0, 1)]
    for name, value in slow.items():
        monkeypatch.setattr(service, name, value)
    ranked(cast, runs, [2, 1, 3])
    assert counts(models, cast.project) == [(1, 0, 0, 1)]  # the last one
    assert len(readings) == 1


def test_what_took_long_rests_as_many_times_as_long(cast, compared, readings):
    models, runs = compared
    assert counts(models, cast.project) == [(1, 0, 0, 1)]
    ranked(cast, runs, [2, 1, 3])
    PreferenceReport.objects.update(seconds=3600)
    service.preferences_refresh_all()
    assert len(readings) == 1
    PreferenceReport.objects.update(seconds=0)
    service.preferences_refresh_all()
    assert len(readings) == 2


def test_where_fewer_than_two_models_wrote_no_ranking_is_read(cast, django_assert_num_queries):
    run = a_generation(cast.project, "done")
    ranked(cast, [run], [1, 2])
    with django_assert_num_queries(1):
        assert not len(ranked_replies(cast.project))
