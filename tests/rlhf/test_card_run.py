"""The report card of whole runs: further trainings happen, can be stopped, and find what was planted."""

import json
import shutil

import pytest
from transformers import AutoModelForSequenceClassification

from tests.once import made_once
from tests.rlhf import planted
from tests.rlhf.card_runs import write_tastes
from tests.rlhf.make import failure, manifest, metrics, run_program
from tests.rlhf.reward_runs import WEIGHTS
from tests.rlhf.several import together
from workers.rlhf import reward
from workers.rlhf.card.card import ALONE, DIVERGED, NO_VALIDATION
from workers.rlhf.card.previous import NO_FORMER
from workers.rlhf.frame.errors import Diverged
from workers.rlhf.frame.files import describe_files
from workers.rlhf.frame.program import Job
from workers.rlhf.preference.training import Training

SPEC = {"batch_size": 8, "epochs": 2, "learning_rate": 5e-3, "bootstrap": 100, "device": "cpu", "threads": 1}
FURTHER = {"folds": 3, "curve": 1, "ensemble": 1}
SECTIONS = [
    "slices", "calibration", "margins", "leanings", "folds", "learning_curve", "ensemble", "sentinels", "previous",
]  # fmt: skip


def fill(folder, train=24, validation=12, people=("ann", "ben", "dan")):
    given = folder / "input"
    write_tastes(given, train=train, validation=validation, people=people, contrary=["dan"])
    planted.tiny_policy(given / "policy", width=16)
    return folder


def run(folder, program=reward.run, **changes):
    return run_program("reward", program, folder, **{**SPEC, **changes})


def card(folder):
    return manifest(folder)["report"]["card"]


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The folder of a finished run with every further training. Change nothing in it."""

    def make(folder):
        assert run(fill(folder), **FURTHER) == 0

    return made_once(tmp_path_factory, "card", make)


def test_every_section_is_there_or_says_why(finished):
    found = card(finished)
    json.dumps(found, allow_nan=False)
    for name in SECTIONS:
        assert (found[name] is None) != (found[f"why_no_{name}"] is None), name
    missing = {name for name in SECTIONS if found[name] is None}
    assert missing == {"sentinels", "previous"}
    assert found["why_no_previous"] == NO_FORMER


def test_further_trainings_are_listed_with_what_they_learned_from(finished):
    found = {one["name"]: one for one in card(finished)["trainings"]}
    assert list(found) == ["fold 1", "fold 2", "fold 3", "share 1/2", "seed 1"]
    assert found["share 1/2"]["prompts"] == 12
    assert found["seed 1"]["comparisons"] == manifest(finished)["report"]["comparisons"]
    assert found["seed 1"]["seed"] == 1
    folds = [found[f"fold {n}"]["comparisons"] for n in (1, 2, 3)]
    assert sum(folds) == 2 * found["seed 1"]["comparisons"]  # each ranking is left out once
    assert all(one["failed"] is None for one in found.values())


def test_progress_counts_the_further_trainings(finished):
    lines = metrics(finished)
    total = 6 + sum(one["steps"] for one in card(finished)["trainings"])
    assert [line["step"] for line in lines] == list(range(1, total + 1))
    assert {line["steps_total"] for line in lines} == {total}
    assert ["loss" in line for line in lines] == [True] * 6 + [False] * (total - 6)


def test_further_trainings_leave_the_model_as_it_is(finished, folder):
    assert run(folder) == 0
    assert (folder / WEIGHTS).read_bytes() == (finished / WEIGHTS).read_bytes()
    alone, whole = manifest(folder)["report"], manifest(finished)["report"]
    assert alone["held_out"] == whole["held_out"]
    for name in ("slices", "calibration", "margins", "leanings"):
        assert alone["card"][name] == whole["card"][name]
    assert (alone["card"]["ensemble"], alone["card"]["why_no_ensemble"]) == (None, ALONE)
    assert alone["card"]["trainings"] == []


def test_the_whole_learning_curve_ends_in_the_model(finished):
    report = manifest(finished)["report"]
    points = report["card"]["learning_curve"]["points"]
    assert [point["share"] for point in points] == [0.5, 1]
    assert points[-1]["accuracy"] == report["held_out"]["accuracy"]
    assert points[-1]["trained_comparisons"] == report["comparisons"]
    assert report["card"]["folds"]["model"]["accuracy"] == report["held_out"]["accuracy"]


def stopping_after(step, by):
    """The program, told to stop (or killed) as it logs this step."""

    def program(job: Job):
        log = job.log

        def hear(number, total, /, **numbers):
            log(number, total, **numbers)
            if number == step:
                by(job)

        job.log = hear
        return reward.run(job)

    return program


@pytest.mark.parametrize("step", [6, 8, 15])
def test_a_run_stopped_in_a_further_training_goes_on_to_the_same_card(finished, folder, step):
    assert run(folder, stopping_after(step, lambda job: job.stop.set()), **FURTHER) == 75
    assert [line["step"] for line in metrics(folder)] == list(range(1, step + 1))
    trained = (folder / WEIGHTS).stat().st_mtime_ns if step > 6 else None
    assert run(folder, **FURTHER) == 0
    assert manifest(folder)["report"] == manifest(finished)["report"]
    assert metrics(folder) == metrics(finished)
    assert (folder / WEIGHTS).read_bytes() == (finished / WEIGHTS).read_bytes()
    assert trained in (None, (folder / WEIGHTS).stat().st_mtime_ns)  # the model itself is not made again


def test_a_run_killed_in_a_further_training_goes_on_with_that_one(finished, folder):
    class Killed(BaseException):
        pass

    def kill(job):
        raise Killed

    with pytest.raises(Killed):
        run(folder, stopping_after(17, kill), **FURTHER)
    assert run(folder, **FURTHER) == 0
    assert manifest(folder)["report"] == manifest(finished)["report"]
    assert metrics(folder) == metrics(finished)


def test_a_stop_while_a_further_training_is_measured_loses_no_step(finished, folder, monkeypatch):
    def program(job: Job):
        measure = Training.rewards

        def stopped(training, pairs, between=lambda: None):
            if len(training.train) < 24 or training.spec.seed:
                job.stop.set()
            return measure(training, pairs, between)

        monkeypatch.setattr(Training, "rewards", stopped)
        return reward.run(job)

    assert run(folder, program, **FURTHER) == 75
    monkeypatch.undo()
    assert run(folder, **FURTHER) == 0
    assert metrics(folder) == metrics(finished)
    assert manifest(folder)["report"] == manifest(finished)["report"]


def test_two_processes_take_the_further_trainings_of_one_and_stop_as_one(finished, folder):
    def stopped(rank):
        """After the first of a further training's steps, and on one process only."""
        return run(folder, stopping_after(7, lambda job: job.stop.set()) if rank else reward.run, **FURTHER)

    assert together(2, stopped) == [75, 75]
    assert together(2, lambda rank: run(folder, **FURTHER)) == [0, 0]
    for line, expected in zip(metrics(folder), metrics(finished), strict=True):
        assert line == pytest.approx(expected, abs=1e-5)
    assert card(folder)["trainings"] == card(finished)["trainings"]
    spread, expected = card(folder)["ensemble"]["spread"], card(finished)["ensemble"]["spread"]
    assert spread == pytest.approx(expected, rel=1e-2)


def test_a_further_training_that_diverges_costs_a_line_not_the_model(folder, monkeypatch):
    measure = Training.rewards

    def diverge(training, pairs, between=lambda: None):
        if training.spec.seed == 1:
            raise Diverged("A reward of the trained model is not finite.")
        return measure(training, pairs, between)

    monkeypatch.setattr(Training, "rewards", diverge)
    assert run(folder, ensemble=2) == 0
    found = card(folder)
    assert [one["failed"] for one in found["trainings"]] == ["A reward of the trained model is not finite.", None]
    assert [one["name"] for one in found["ensemble"]["members"]] == ["the model", "seed 2"]


def failing_in(name, error, monkeypatch):
    """The further training of this name fails as it is measured."""
    measure, make = Training.rewards, reward._another

    def fail(base, spec, form, further):
        training = make(base, spec, form, further)
        training.name = further.name
        return training

    def rewards(training, pairs, between=lambda: None):
        if getattr(training, "name", "") == name:
            raise error
        return measure(training, pairs, between)

    monkeypatch.setattr(reward, "_another", fail)
    monkeypatch.setattr(Training, "rewards", rewards)


@pytest.mark.parametrize(
    ("error", "kind"), [(RuntimeError("no such kernel"), "error"), (MemoryError("none left"), "memory")]
)
def test_a_further_training_that_fails_is_named_and_the_model_stays(finished, folder, monkeypatch, error, kind):
    with monkeypatch.context() as patch:
        failing_in("fold 2", error, patch)
        assert run(folder, **FURTHER) == 1
    assert failure(folder) == {
        "kind": kind,
        "text": f"The further training fold 2 (2 of 5) for the report card failed: {type(error).__name__}: {error}. "
        "The model itself is trained and saved; the same command goes on with this further training.",
    }
    assert not (folder / "output/manifest.json").exists()
    left = json.loads((folder / "output/model/manifest.json").read_text())
    whole = manifest(finished)
    assert left["files"] == describe_files(folder / "output/model", leave_out="manifest.json") == whole["files"]
    assert (left["normalisation"], left["inputs"]) == (whole["normalisation"], whole["inputs"])
    assert left["report"]["held_out"] == whole["report"]["held_out"]
    assert (left["report"]["card"], left["report"]["why_no_card"]) == (None, reward.UNFINISHED)

    trained = (folder / WEIGHTS).stat().st_mtime_ns
    assert run(folder, **FURTHER) == 0
    assert manifest(folder)["report"] == whole["report"]
    assert "why_no_card" not in json.loads((folder / "output/model/manifest.json").read_text())["report"]
    assert (folder / WEIGHTS).stat().st_mtime_ns == trained
    assert metrics(folder) == metrics(finished)


@pytest.mark.parametrize("spoil", [shutil.rmtree, lambda model: (model / "model.safetensors").write_bytes(b"another")])
def test_a_model_that_changed_while_the_run_was_stopped_is_not_reported_on(folder, spoil):
    short = {"epochs": 1, "ensemble": 1, "sft_samples": 0}
    assert run(folder, stopping_after(4, lambda job: job.stop.set()), **short) == 75
    spoil(folder / "output/model")
    assert run(folder, **short) == 64
    told = failure(folder)["text"]
    assert "cannot be gone on from: the folder model is not the model that it has measured. Delete the folder" in told
    shutil.rmtree(folder / "output/checkpoint")
    assert run(folder, **short) == 0


def test_an_ensemble_that_diverged_whole_is_not_said_to_be_unasked_for(folder, monkeypatch):
    measure = Training.rewards

    def diverge(training, pairs, between=lambda: None):
        if training.spec.seed:
            raise Diverged("A reward of the trained model is not finite.")
        return measure(training, pairs, between)

    monkeypatch.setattr(Training, "rewards", diverge)
    assert run(folder, ensemble=1, epochs=1) == 0
    assert card(folder)["why_no_ensemble"] == DIVERGED


def test_a_group_with_another_taste_is_not_foreseen(folder):
    """Dan likes what the others dislike: trained without him a model is wrong about him."""
    fill(folder, train=60, validation=40, people=("ann", "ben", "cat", "dan"))
    assert run(folder, folds=4, epochs=3) == 0
    found = card(folder)["folds"]
    rows = {row["names"][0]: row for row in found["rows"]}
    assert rows["dan"]["left_out"]["high"] < 0.3
    assert rows["dan"]["within"]["low"] > 0.7
    assert rows["ann"]["left_out"]["low"] > rows["ann"]["within"]["accuracy"]  # with dan among those it was taught by
    assert rows["dan"]["left_out"]["accuracy"] < rows["dan"]["model"]["accuracy"]
    by_labeler = next(cut for cut in card(folder)["slices"] if cut["by"] == "labeler")["rows"]
    assert min(by_labeler, key=lambda row: row["accuracy"])["name"] == "dan"


def test_fewer_labelers_than_folds_and_no_validation_say_why(folder):
    assert run(folder, folds=5) == 0
    found = card(folder)
    assert (found["folds"], found["why_no_folds"]) == (None, "5 folds need as many labelers; there are 3.")
    shutil.rmtree(folder / "output")
    fill(folder, validation=0)
    assert run(folder, **FURTHER) == 0
    found = card(folder)
    assert {found[f"why_no_{name}"] for name in SECTIONS if name != "sentinels"} == {NO_VALIDATION}
    assert found["trainings"] == []


def test_the_same_model_as_before_finds_no_change(finished, folder):
    shutil.copytree(finished / "output/model", folder / "input/previous")
    assert run(folder) == 0
    found = card(folder)["previous"]
    assert (found["only_new"], found["only_old"], found["shown"]) == (0, 0, False)
    assert found["correlation"]["value"] == pytest.approx(1)
    assert manifest(folder)["inputs"]["previous"] == found["identity"]


def test_a_former_model_that_is_none_costs_a_sentence(folder, tiny_base):
    shutil.copytree(tiny_base, folder / "input/previous")
    assert run(folder, epochs=1) == 0
    found = card(folder)
    assert found["previous"] is None
    assert found["why_no_previous"].startswith("previous: ")


@pytest.mark.parametrize("spoilt", ["manifest", "template"])
def test_a_former_model_that_cannot_be_asked_costs_a_sentence(finished, folder, spoilt):
    """Its reading comes last, after hours of training."""
    former = folder / "input/previous"
    shutil.copytree(finished / "output/model", former)
    if spoilt == "manifest":
        (former / "manifest.json").write_text('{"normalisation": {"zero": null')
    else:
        (former / "chat_template.jinja").write_text("{{ raise_exception('only poems') }}")
    assert run(folder, epochs=1) == 0
    why = card(folder)["why_no_previous"]
    assert (
        "normalisation is missing" if spoilt == "manifest" else "refuses a conversation of the input: only poems."
    ) in why


def test_the_former_model_may_have_another_tokenizer(folder, tiny_base):
    former = folder / "input/previous"
    shutil.copytree(tiny_base, former)
    AutoModelForSequenceClassification.from_pretrained(tiny_base, num_labels=1).save_pretrained(former)
    (former / "manifest.json").write_text(json.dumps({"normalisation": {"zero": 0.5, "scale": 2.0}}))
    assert run(folder, epochs=1) == 0
    found = card(folder)["previous"]
    assert found["old"]["pairs"] == found["new"]["pairs"] == manifest(folder)["report"]["held_out"]["pairs"]


def test_sentinels_are_scored_where_the_words_are_known(folder, tiny_base):
    shutil.rmtree(folder / "input/policy")
    shutil.copytree(tiny_base, folder / "input/policy")
    assert run(folder, epochs=1) == 0
    found = card(folder)["sentinels"]
    assert found["pairs"] + found["left_out"] == 40
    assert found["pairs"] > 20
    assert sum(kind["pairs"] for kind in found["kinds"]) == found["pairs"]
    assert all(set(row) >= {"id", "kind", "margin", "right", "prompt", "better", "worse"} for row in found["rows"])
