"""A run's folder: what is in it, and what keeps a run from starting."""

import json
from collections import namedtuple
from pathlib import Path

import pytest

from apps.datasets.services.artifacts import artifact_path
from apps.training.domain.room import MARGIN, bytes_needed
from apps.training.domain.specs import parse_spec
from apps.training.services import workspace
from apps.training.services.claim import generation_claim, training_claim
from apps.training.services.launch import generation_launch, training_launch
from apps.training.services.workspace import Refused, claim_prepare
from tests.training.rails import claimed, demonstrations, launch_pretrain, launch_reward, make_model, prompts

Usage = namedtuple("Usage", "total used free")


def links(place) -> dict[str, Path]:
    return {path.name: path.resolve() for path in place.input.iterdir()}


def test_a_reward_runs_folder(cast, artifact_root):
    zero = demonstrations(cast)
    run = launch_reward(cast, demonstrations=zero)
    _claim, place = claimed(run)
    assert place.folder == artifact_root / "runs" / str(run.uid)
    assert json.loads(place.spec.read_bytes()) == run.spec
    assert links(place) == {
        "rankings.jsonl": artifact_path(run.snapshot.sha256),
        "demonstrations.jsonl": artifact_path(zero.sha256),
        "policy": artifact_root / "models" / run.parent_model.artifact_sha256,
    }


def test_a_ppo_and_a_generation_runs_inputs(cast):
    asked, policy, reward = prompts(cast), make_model(cast.project), make_model(cast.project, "reward")
    run = training_launch(
        actor=None, project=cast.project, kind="ppo", spec={}, snapshot=asked, parent_model=policy, reward_model=reward
    )
    assert set(links(claimed(run)[1])) == {"prompts.jsonl", "policy", "reward"}
    write = generation_launch(actor=None, project=cast.project, model_version=policy, snapshot=asked, spec={})
    assert set(links(claim_prepare(generation_claim(uid=write.uid, worker="w")))) == {"prompts.jsonl", "policy"}


def test_a_hubs_model_is_not_linked_and_a_folder_of_ours_is(cast, settings, tmp_path):
    settings.MODEL_FOLDERS = tmp_path
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text("{}")
    written = demonstrations(cast)

    def inputs(uri: str) -> dict[str, Path]:
        base = make_model(None, "base", artifact_uri=uri)
        run = training_launch(
            actor=None, project=cast.project, kind="sft", spec={}, snapshot=written, parent_model=base
        )  # fmt: skip
        return links(claimed(run)[1])

    assert set(inputs("hub:org/name")) == {"demonstrations.jsonl"}
    assert inputs("folder:tiny")["base"] == tmp_path / "tiny"


def test_the_folder_is_prepared_again_for_the_next_attempt(cast):
    claim, place = claimed(launch_reward(cast))
    (place.output / "checkpoint").mkdir()
    place.failure.write_text("{}")
    assert links(claim_prepare(claim)) == links(place)
    assert not place.failure.exists()
    assert (place.output / "checkpoint").is_dir()


def test_inputs_that_are_gone_are_said_so(cast, artifact_root):
    run = launch_reward(cast)
    claim = training_claim(uid=run.uid, worker="w")
    artifact_path(run.snapshot.sha256).unlink()
    with pytest.raises(Refused, match=r"rankings\.jsonl: the snapshot's file .* is gone") as caught:
        claim_prepare(claim)
    assert caught.value.kind == "data"
    (artifact_root / "models" / run.parent_model.artifact_sha256 / "config.json").unlink()
    with pytest.raises(Refused, match=r"policy: the model's folder .* is gone"):
        claim_prepare(claim)


def test_a_disk_that_is_too_full_is_said_so_with_both_numbers(cast, monkeypatch):
    run = launch_pretrain(cast.project, spec={"width": 4096, "vocabulary": 100_000, "layers": 2})
    claim = training_claim(uid=run.uid, worker="w")
    monkeypatch.setattr(workspace.shutil, "disk_usage", lambda _folder: Usage(10**12, 0, 3 * 10**6))
    with pytest.raises(Refused, match=r"needs about 34\.\d GB in .*, and the disk has 3 MB free") as caught:
        claim_prepare(claim)
    assert caught.value.kind == "disk"


def test_what_is_done_needs_no_room(cast, monkeypatch):
    claim, place = claimed(launch_pretrain(cast.project))
    place.manifest.write_text("{}")
    monkeypatch.setattr(workspace.shutil, "disk_usage", lambda _folder: Usage(10**12, 0, 0))
    assert claim_prepare(claim).is_done


def test_weights_stored_by_halves_count_double(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(bytes(10))
    for stored, counted in (("float32", 10), ("bfloat16", 20)):
        (tmp_path / "config.json").write_text(json.dumps({"dtype": stored}))
        assert workspace._weights(tmp_path) == counted


def test_room_by_program():
    assert bytes_needed("generate", {}, 10**9) == MARGIN
    assert bytes_needed("sft", {}, 10**6) == MARGIN + 7 * 10**6  # two checkpoints of weights and two moments, the model
    assert bytes_needed("ppo", {}, 2 * 10**6) == MARGIN + 17 * 10**6
    tiny = parse_spec("pretrain", {}).to_json()
    assert bytes_needed("pretrain", tiny, 0) == MARGIN + 7 * 4 * (2 * 1_500 * 128 + 12 * 3 * 128**2)
