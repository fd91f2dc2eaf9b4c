"""A hub's model that is in the cache already: which commit of it is read, and that the manifest names it."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import huggingface_hub.constants as hub
import pytest

from tests.rlhf.foreign import write_foreign_base
from workers.rlhf.frame.errors import BadInput
from workers.rlhf.frame.job import Job
from workers.rlhf.language.hub import commit_of
from workers.rlhf.language.loading import find, load_config

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


def a_job(model: str, folder: Path) -> Any:
    return cast(Job, SimpleNamespace(spec=SimpleNamespace(model=model), input=folder, inputs={}))


@pytest.mark.parametrize(("revision", "commit"), [(None, NEW), ("main", NEW), ("v1", OLD), (OLD, OLD), ("v2", None)])
def test_a_revision_means_a_commit(cache: Path, revision: str | None, commit: str | None):
    assert commit_of("org/name", revision) == commit


@pytest.mark.parametrize(("model", "commit"), [("org/name", NEW), ("org/name@v1", OLD)])
def test_a_run_reads_one_commit_and_names_it(cache: Path, tmp_path: Path, model: str, commit: str):
    job = a_job(model, tmp_path)
    place = find(job, "model")
    assert job.inputs == {"model": f"hub:org/name@{commit}"}
    assert place.revision == commit
    (cache / "models--org--name" / "refs" / "main").write_text(OLD)  # the branch moves meanwhile
    assert load_config(place).said_by == commit


def test_what_the_hub_does_not_have_is_said(cache: Path, tmp_path: Path):
    job = a_job("org/other@main", tmp_path)
    place = find(job, "model")
    assert job.inputs == {"model": "hub:org/other@main"}
    with pytest.raises(BadInput, match="org/other could not be loaded"):
        load_config(place)
