"""A hub's model that is in the cache already: which commit of it is read, and that the manifest names it."""

import json
from pathlib import Path
from typing import Any

import huggingface_hub.constants as hub
import pytest
import torch

from apps.training.domain.specs import SftSpec
from tests.rlhf.foreign import write_foreign_base
from tests.rlhf.make import demonstration, manifest, run_program, write
from workers.rlhf import sft
from workers.rlhf.frame.errors import BadInput
from workers.rlhf.frame.job import Job
from workers.rlhf.frame.manifest import Outcome
from workers.rlhf.language.hub import commit_of
from workers.rlhf.language.loading import find, load_config
from workers.rlhf.language.revisions import commit_for

OLD, NEW = "a" * 40, "b" * 40


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """org/name with two commits; main is the newer, v1 the older. Nothing is asked of any hub."""
    folder = tmp_path / "models--org--name"
    for commit in (OLD, NEW):
        config = write_foreign_base(folder / "snapshots" / commit) / "config.json"
        config.write_text(json.dumps({**json.loads(config.read_text()), "said_by": commit}))
    (folder / "refs").mkdir()
    for name, commit in (("main", NEW), ("v1", OLD)):
        (folder / "refs" / name).write_text(commit)
    monkeypatch.setattr(hub, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub, "HF_HUB_OFFLINE", True)
    return tmp_path


def a_job(model: str, folder: Path, seed: int = 0) -> Job:
    return Job(spec=SftSpec(model=model, seed=seed), input=folder, output=folder / "output", device=torch.device("cpu"))


def move(cache: Path, branch: str, commit: str) -> None:
    (cache / "models--org--name" / "refs" / branch).write_text(commit)


@pytest.mark.parametrize(("revision", "commit"), [(None, NEW), ("main", NEW), ("v1", OLD), (OLD, OLD), ("v2", None)])
def test_a_revision_means_a_commit(cache: Path, revision: str | None, commit: str | None):
    assert commit_of("org/name", revision) == commit


@pytest.mark.parametrize(("model", "commit"), [("org/name", NEW), ("org/name@v1", OLD)])
def test_a_run_reads_one_commit_and_names_it(cache: Path, tmp_path: Path, model: str, commit: str):
    job = a_job(model, tmp_path)
    place = find(job, "model")
    assert job.inputs == {"model": f"hub:org/name@{commit}"}
    assert place.revision == commit
    move(cache, "main", OLD)  # the branch moves meanwhile
    assert load_config(place).said_by == commit


def test_a_later_attempt_reads_the_commit_of_the_first(cache: Path, tmp_path: Path):
    assert find(a_job("org/name", tmp_path), "model").revision == NEW
    move(cache, "main", OLD)
    again = a_job("org/name", tmp_path)
    assert find(again, "model").revision == NEW
    assert again.inputs == {"model": f"hub:org/name@{NEW}"}

    assert find(a_job("org/name", tmp_path, seed=1), "model").revision == OLD  # another run
    elsewhere = tmp_path / "elsewhere"
    assert find(a_job("org/name", elsewhere), "model").revision == OLD


def test_the_commits_of_two_models_are_kept_beside_each_other(cache: Path, tmp_path: Path):
    job = a_job("org/name", tmp_path)
    assert [commit_for(job, "org/name", revision) for revision in (None, "v1", "v2")] == [NEW, OLD, None]
    move(cache, "main", OLD)
    move(cache, "v1", NEW)
    move(cache, "v2", NEW)
    assert [commit_for(job, "org/name", revision) for revision in (None, "v1", "v2")] == [NEW, OLD, NEW]


@pytest.mark.parametrize("said", ["", "[]", "{}", '{"commits": {}}'])
def test_damaged_notes_of_a_commit_are_told(cache: Path, tmp_path: Path, said: str):
    find(a_job("org/name", tmp_path), "model")
    (tmp_path / "output/checkpoint/revisions.json").write_text(said)
    with pytest.raises(BadInput, match=r"revisions\.json cannot be gone on from: .* Delete the folder"):
        find(a_job("org/name", tmp_path), "model")


def test_a_stopped_run_whose_branch_moves_goes_on_with_the_model_it_began_with(cache: Path, tmp_path: Path):
    given = [demonstration(str(n), f"Which colour is number {n}?", "Blue.") for n in range(4)]
    write(tmp_path / "input" / "demonstrations.jsonl", given)
    spec: dict[str, Any] = {"model": "org/name", "device": "cpu", "epochs": 1, "batch_size": 2, "dropout": 0.0}

    def stopped(job: Job) -> Outcome:
        job.stop.set()
        return sft.run(job)

    assert run_program("sft", stopped, tmp_path, **spec) == 75
    move(cache, "main", OLD)
    assert run_program("sft", sft.run, tmp_path, **spec) == 0
    assert manifest(tmp_path)["inputs"]["model"] == f"hub:org/name@{NEW}"
    assert not (tmp_path / "output" / "checkpoint").exists()


def test_what_the_hub_does_not_have_is_said(cache: Path, tmp_path: Path):
    job = a_job("org/other@main", tmp_path)
    place = find(job, "model")
    assert job.inputs == {"model": "hub:org/other@main"}
    with pytest.raises(BadInput, match="org/other could not be loaded"):
        load_config(place)
