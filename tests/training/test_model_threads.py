"""Two at once, over models: hashing that keeps nobody waiting, retiring beside a launch, sets that share their runs."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from apps.core.domain.errors import Conflict, RuleBroken
from apps.registry.models import GenerationRun, ModelVersion
from apps.training.models import CandidateSet
from apps.training.services import bases, candidate_sets, launch, settling
from apps.training.services.candidate_sets import candidate_set_start
from apps.training.services.launch import generation_launch
from apps.training.services.settling import model_settle
from apps.training.services.upkeep import model_licence_set, model_retire
from tests.cast import Cast
from tests.labeling.test_queue_threads import in_threads
from tests.registry.folders import a_folder
from tests.training.rails import make_model, prompts

pytestmark = pytest.mark.django_db(transaction=True)
SOON = 60


def elsewhere(pool: ThreadPoolExecutor, work: Callable[[], Any]) -> Future[Any]:
    """In a thread and a connection of its own."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    return pool.submit(run)


def test_while_a_folder_is_hashed_nobody_waits_and_nobody_hashes_it_too(
    cast: Cast, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings.MODEL_FOLDERS = tmp_path
    a_folder(tmp_path / "tiny")
    monkeypatch.setattr(bases, "HASHED_AT_ONCE", 1)
    model = bases.base_register(actor=None, project=cast.project, name="x", source={"folder": "tiny"})
    hashed, inside, go_on = [], threading.Event(), threading.Event()
    truly = settling.settled

    def slowly(folder: Path) -> Any:
        hashed.append(connection.in_atomic_block)
        inside.set()
        assert go_on.wait(SOON)
        return truly(folder)

    monkeypatch.setattr(settling, "settled", slowly)
    with ThreadPoolExecutor(1) as pool:
        first = elsewhere(pool, lambda: model_settle(uid=model.uid))
        try:
            assert inside.wait(SOON)
            model_settle(uid=model.uid)  # a second ring
            model_licence_set(actor=None, model=model, licence="mit")
        finally:
            go_on.set()
        first.result(SOON)
    model.refresh_from_db()
    assert hashed == [False]
    assert (model.state, model.licence) == ("ready", "mit")


def test_a_model_that_is_being_retired_is_given_to_no_run(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    """The launch has looked at the model before, and writes its run after."""
    model, snapshot = make_model(cast.project, "policy"), prompts(cast)
    looked, retired = threading.Event(), threading.Event()
    truly = launch.parse_spec

    def slowly(*given: Any) -> Any:
        looked.set()
        assert retired.wait(SOON)
        return truly(*given)

    monkeypatch.setattr(launch, "parse_spec", slowly)
    with ThreadPoolExecutor(1) as pool:
        asked = elsewhere(
            pool,
            lambda: generation_launch(
                actor=None, project=cast.project, model_version=model, snapshot=snapshot, spec={}
            ),
        )
        try:
            assert looked.wait(SOON)
            model_retire(actor=cast.researcher.user, model=ModelVersion.objects.get(pk=model.pk))
        finally:
            retired.set()
        with pytest.raises(RuleBroken, match="is retired, not ready"):
            asked.result(SOON)
    assert not GenerationRun.objects.exists()


def test_retiring_waits_for_a_launch_that_is_on_its_way(cast: Cast):
    model, snapshot = make_model(cast.project, "policy"), prompts(cast)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            generation_launch(actor=None, project=cast.project, model_version=model, snapshot=snapshot, spec={})
            retiring = elsewhere(pool, lambda: model_retire(actor=cast.researcher.user, model=model))
            with pytest.raises(TimeoutError):
                retiring.result(0.3)
        with pytest.raises(Conflict) as refused:
            retiring.result(SOON)
    assert refused.value.code == "model_in_use"


def test_two_sets_of_the_same_models_in_another_order_do_not_block_each_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    """Both write their first run, then their second; they share the runs."""
    models, snapshot = [(make_model(cast.project), 1) for _ in range(2)], prompts(cast)
    together, truly, seen = threading.Barrier(2, timeout=0.5), candidate_sets.generation_launch, threading.local()

    def side_by_side(**given: Any) -> Any:
        run = truly(**given)
        if not getattr(seen, "once", False):
            seen.once = True
            with suppress(threading.BrokenBarrierError):  # the other one waits for this run, as it should
                together.wait()
        return run

    monkeypatch.setattr(candidate_sets, "generation_launch", side_by_side)
    made = in_threads(
        lambda order: candidate_set_start(actor=None, project=cast.project, models=order, snapshot=snapshot, k=4),
        [models, models[::-1]],
    )
    assert len({one.pk for one in made}) == CandidateSet.objects.count() == 2
    assert GenerationRun.objects.count() == 2
