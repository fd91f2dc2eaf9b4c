"""Candidates of several models: a run each, then ranking tasks of the mix; once, whatever rings or fails."""

from typing import Any

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from apps.core.domain.errors import Conflict, RuleBroken
from apps.labeling.models import Task
from apps.prompts.models import Completion
from apps.registry.models import GenerationRun
from apps.registry.run import FailureKind
from apps.training.models import CandidateFinding, CandidateSet
from apps.training.services import candidate_sets
from apps.training.services.candidate_sets import (
    candidate_set_advance,
    candidate_set_cancel,
    candidate_set_resume,
    candidate_set_start,
)
from apps.training.services.claim import claim_fail, generation_claim
from apps.training.services.upkeep import model_restore, model_retire
from apps.training.tasks import advance_set, loops
from tests.cast import Cast
from tests.training.rails import make_model, prompts
from tests.training.rows import a_candidate_set, a_loop, a_snapshot
from tests.training.turn import finish

pytestmark = pytest.mark.django_db


def asked(cast: Cast, count: int = 3, **fields: Any) -> CandidateSet:
    given: dict[str, Any] = {"k": 4, **fields}
    if "models" not in given:
        given["models"] = [(make_model(cast.project), 1) for _ in range(count)]
    if "snapshot" not in given:
        given["snapshot"] = prompts(cast)
    return candidate_set_start(actor=cast.researcher.user, project=cast.project, **given)


def runs_of(found: CandidateSet) -> list[GenerationRun]:
    return [source.run for source in found.sources.select_related("run")]


def says(run: GenerationRun, place: int, sample: int) -> str:
    return f"Model {run.model_version.number} says {sample} to {place}"


def done(found: CandidateSet, writes: Any = says) -> CandidateSet:
    for run in runs_of(found):
        if run.state == "queued":
            finish(run, writes)
    candidate_set_advance(uid=found.uid)
    found.refresh_from_db()
    return found


def test_each_model_writes_and_the_tasks_mix_them(cast: Cast):
    found = asked(cast, k=5)
    runs = runs_of(found)
    assert [run.spec["samples"] for run in runs] == [4, 4, 4]
    assert {run.input.snapshot_id for run in runs} == {found.snapshot_id}

    done(found)
    assert (found.state, found.tasks_created, found.prompts_without_task) == ("done", 2, 0)
    for task in Task.objects.filter(kind="rank"):
        wrote = Completion.objects.filter(pk__in=task.candidates).values_list("generation_run", flat=True)
        assert sorted([list(wrote).count(run.pk) for run in runs]) == [1, 2, 2]
        assert task.state == "open"


def test_shares_say_who_writes_how_much(cast: Cast):
    one, other = make_model(cast.project), make_model(cast.project)
    found = asked(cast, models=[(one, 3), (other, 1)])
    assert [run.spec["samples"] for run in runs_of(found)] == [5, 3]

    done(found)
    for task in Task.objects.filter(kind="rank"):
        wrote = Completion.objects.filter(pk__in=task.candidates).values_list("model_version", flat=True)
        assert sorted(wrote) == sorted([one.pk] * 3 + [other.pk])


def test_nothing_is_made_before_all_are_done_and_nothing_twice(cast: Cast):
    found = asked(cast)
    first, *others = runs_of(found)
    finish(first, says)
    assert candidate_set_advance(uid=found.uid)
    assert not Task.objects.filter(kind="rank").exists()
    for run in others:
        finish(run, says)
    advance_set(str(found.uid))
    advance_set(str(found.uid))
    loops()
    assert Task.objects.filter(kind="rank").count() == 2
    assert not candidate_set_advance(uid=found.uid)


def test_the_end_of_a_run_rings_for_its_set(cast: Cast, django_capture_on_commit_callbacks: Any, monkeypatch: Any):
    rung = []
    monkeypatch.setattr("apps.core.ring.ring", lambda name, uid: rung.append((name, str(uid))))
    found = asked(cast, 1)
    with django_capture_on_commit_callbacks(execute=True):
        finish(runs_of(found)[0], says)
    assert ("training.advance-set", str(found.uid)) in rung


def test_asked_twice_it_is_one(cast: Cast):
    models = [(make_model(cast.project), 1), (make_model(cast.project), 1)]
    snapshot = prompts(cast)
    one = asked(cast, models=models, snapshot=snapshot)
    assert asked(cast, models=models, snapshot=snapshot) == one
    assert GenerationRun.objects.count() == 2

    other = asked(cast, models=models, snapshot=snapshot, k=5)
    assert other != one
    assert runs_of(other) != runs_of(one)


def test_a_model_that_fails_fails_the_set_in_its_words_and_it_goes_on(cast: Cast):
    found = asked(cast)
    bad, *others = runs_of(found)
    for run in others:
        finish(run, says)
    claim_fail(generation_claim(uid=bad.uid, worker="w"), FailureKind.ERROR, "lab: it answered 401: “no”.")
    candidate_set_advance(uid=found.uid)
    found.refresh_from_db()
    assert found.state == "failed"
    assert found.failure == f"{bad.model_version} could not write its candidates: lab: it answered 401: “no”."
    assert not Task.objects.filter(kind="rank").exists()

    candidate_set_resume(actor=cast.researcher.user, candidate_set=found)
    assert [run.state for run in runs_of(found)] == ["queued", "done", "done"]
    done(found)
    assert (found.state, found.failure, found.tasks_created) == ("done", "", 2)
    with pytest.raises(Conflict):
        candidate_set_resume(actor=None, candidate_set=found)


def test_cancelling_ends_the_runs_that_nobody_else_waits_for(cast: Cast):
    shared, own = make_model(cast.project), make_model(cast.project)
    snapshot = prompts(cast)
    one = asked(cast, models=[(shared, 1), (own, 1)], snapshot=snapshot, spec={"samples": 4})
    other = asked(cast, models=[(shared, 1)], snapshot=snapshot, spec={"samples": 4})
    assert runs_of(other)[0] == runs_of(one)[0]

    candidate_set_cancel(actor=cast.researcher.user, candidate_set=one)
    assert [run.state for run in runs_of(one)] == ["queued", "cancelled"]
    assert one.__class__.objects.get(pk=one.pk).failure.startswith("Cancelled by")
    with pytest.raises(Conflict):
        candidate_set_cancel(actor=None, candidate_set=one)
    done(other)
    assert other.state == "done"

    candidate_set_resume(actor=None, candidate_set=one)
    done(one)
    assert one.state == "done"


def test_cancelling_leaves_a_run_that_a_turn_of_the_loop_waits_for(cast: Cast):
    found = asked(cast, 2)
    a_loop(cast.project, sft_generation=runs_of(found)[0])
    candidate_set_cancel(actor=None, candidate_set=found)
    assert [run.state for run in runs_of(found)] == ["queued", "cancelled"]


def test_a_run_that_ends_while_its_set_is_cancelled_stays_as_it_ended(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    found = asked(cast, 2)
    truly = candidate_sets.run_cancel

    def late(*, actor: Any, run: GenerationRun) -> GenerationRun:
        finish(run, says)
        return truly(actor=actor, run=run)

    monkeypatch.setattr(candidate_sets, "run_cancel", late)
    assert candidate_set_cancel(actor=None, candidate_set=found).state == "cancelled"
    assert [run.state for run in runs_of(found)] == ["done", "done"]


def test_a_set_that_breaks_holds_up_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    bad, good = asked(cast, 2), asked(cast, 2, snapshot=prompts(cast))
    for run in [*runs_of(bad), *runs_of(good)]:
        finish(run, says)
    truly = candidate_sets.tasks_of_the_mixes

    def breaks(**given: Any) -> Any:
        if given["home"] == bad:
            raise ValueError("a bug")
        return truly(**given)

    monkeypatch.setattr(candidate_sets, "tasks_of_the_mixes", breaks)
    loops()
    assert set(CandidateSet.objects.values_list("pk", "state")) == {(bad.pk, "running"), (good.pk, "done")}


def test_a_run_of_a_retired_model_goes_on_when_the_model_is_back(cast: Cast):
    found, actor = asked(cast, 1), cast.researcher.user
    (run,) = runs_of(found)
    candidate_set_cancel(actor=actor, candidate_set=found)
    model_retire(actor=actor, model=run.model_version)
    with pytest.raises(RuleBroken, match=r"^model: .* is retired, not ready"):
        candidate_set_resume(actor=actor, candidate_set=found)
    found.refresh_from_db()
    assert found.state == "cancelled"
    model_restore(actor=actor, model=run.model_version)
    assert candidate_set_resume(actor=actor, candidate_set=found).state == "running"


def test_a_run_cancelled_elsewhere_cancels_the_set(cast: Cast):
    found = asked(cast)
    GenerationRun.objects.filter(pk=runs_of(found)[0].pk).update(state="cancelled", finished_at=found.created_at)
    candidate_set_advance(uid=found.uid)
    found.refresh_from_db()
    assert found.state == "cancelled"
    assert "was cancelled" in found.failure


def test_what_is_wrong_with_replies_is_kept_and_spares_take_their_place(cast: Cast):
    found = asked(cast, 2)
    first, second = (run.model_version.number for run in runs_of(found))

    def writes(run: GenerationRun, place: int, sample: int) -> str:
        if run.model_version.number == first and sample == 0:
            return " "
        if run.model_version.number == second and sample == 1:
            return "I am Qwen, made by Alibaba Cloud."
        return says(run, place, sample)

    done(found, writes)
    assert found.tasks_created == 2
    bodies = Completion.objects.filter(
        pk__in=[pk for task in Task.objects.filter(kind="rank") for pk in task.candidates]
    )
    assert all(body.strip() and "Qwen" not in body for body in bodies.values_list("body", flat=True))
    kept = CandidateFinding.objects.filter(candidate_set=found).values_list("kind", "fate")
    assert sorted(kept) == [("empty", "replaced")] * 2 + [("identity-leaking", "replaced")] * 2


def test_rules_and_prompts_without_a_task(cast: Cast):
    found = asked(cast, 2, rules={"empty": "keep"}, spec={"temperature": 0.5})
    assert found.rules["empty"] == "keep"
    assert all(run.spec["temperature"] == 0.5 for run in runs_of(found))
    done(found, lambda run, place, sample: "Same." if place else says(run, place, sample))
    assert (found.tasks_created, found.prompts_without_task) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"k": 1}, "k: a task has 2 to 9 candidates, got 1."),
        ({"k": 10}, "k: a task has 2 to 9 candidates, got 10."),
        ({"k": 2, "count": 3}, "models: 1 to 2 models write for tasks of 2, got 3."),
        ({"models": []}, "models: 1 to 4 models write for tasks of 4, got 0."),
        ({"share": 0}, "models: a share is 1 to 9, got 0."),
        ({"twice": True}, "models: each model once; its share says how much of a task it writes."),
        ({"rules": {"rude": "drop"}}, "hygiene: 'rude' is not one of"),
        ({"spec": {"top_k": 5}}, "top_k: generate has no such setting."),
        ({"spec": {"seed": 10**30}}, "seed: it must be from 0 to"),
        ({"spec": {"system_prompt": "a\x00"}}, "system_prompt: a text without NUL characters is expected."),
        ({"role": "reward"}, "model: it is a reward model; policy or sft or base is needed."),
        ({"unready": True}, "snapshot: it is building, not ready."),
        ({"reason": "x" * 301}, "reason: at most 300 characters, got 301."),
    ],
)
def test_what_cannot_be_asked_is_told_and_nothing_is_made(cast: Cast, fields: dict[str, Any], text: str):
    given = dict(fields)
    if share := {"share", "twice", "role"} & set(given):
        model = make_model(cast.project, given.pop("role", "sft"))
        given["models"] = [(model, given.pop("share", 1))] * (2 if given.pop("twice", False) else 1)
        assert share
    if given.pop("unready", False):
        given["snapshot"] = a_snapshot(cast.project, "prompts", state="building", sha256="", rows=0)
    with pytest.raises(RuleBroken, match="^" + text.replace(".", r"\.").replace("[", r"\[")):
        asked(cast, **given)
    assert not CandidateSet.objects.exists()
    assert not GenerationRun.objects.exists()


def test_a_turns_findings_are_kept_with_it(cast: Cast):
    from tests.training.turn import distinct, turned

    loop = turned(cast, lambda run, place, sample: "" if sample == 0 else distinct(run, place, sample))
    assert loop.state == "done"
    found = CandidateFinding.objects.filter(loop=loop)
    assert found.count() == 2 * loop.candidates_snapshot.items.count()
    assert set(found.values_list("kind", "fate")) == {("empty", "replaced")}


@pytest.mark.parametrize(
    ("state", "change"),
    [("running", {"k": 5}), ("failed", {"spec": {"seed": 1}}), ("done", {"state": "running", "tasks_created": None})],
)
def test_what_was_asked_stays_and_a_done_set_is_done(cast: Cast, state: str, change: dict[str, Any]):
    found = a_candidate_set(cast.project, state=state)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        CandidateSet.objects.filter(pk=found.pk).update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        found.sources.update(share=2)
