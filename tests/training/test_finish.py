"""The end of a run that went well: every file is what its manifest says, or nothing is kept."""

import errno
import os

import pytest
from django.db import transaction
from django.db.utils import IntegrityError

from apps.audit.models import AuditEntry
from apps.prompts.models import Completion
from apps.prompts.services import completions_store
from apps.registry.models import ModelVersion
from apps.training.domain.specs import Spec
from apps.training.models import TrainingRun
from apps.training.services import artifacts
from apps.training.services.artifacts import BadOutput, model_store
from apps.training.services.claim import ClaimLost, claim_release, generation_claim, training_claim
from apps.training.services.finish import claim_finish
from apps.training.services.launch import generation_launch
from apps.training.services.workspace import claim_prepare
from tests.make import make_prompt
from tests.training.rails import (
    WEIGHTS,
    claimed,
    files_of,
    finish_generation,
    finish_output,
    launch_pretrain,
    launch_reward,
    make_model,
    prompts,
    write_manifest,
)


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_model_is_stored_registered_and_the_run_done(cast, artifact_root):
    run = launch_reward(cast)
    claim, place = claimed(run)
    manifest = finish_output(place, run)
    place.log.write_text("all well")
    claim_finish(claim, place)

    run.refresh_from_db()
    model = run.output_model
    assert (run.state, run.claim_token, run.report, run.code_version) == ("done", None, {"loss": 1.5}, "abc123")
    assert (model.name, model.number, model.role, model.state) == ("clinic-reward", 1, "reward", "ready")
    assert (model.parent, model.project, model.manifest) == (run.parent_model, cast.project, manifest)
    assert model.artifact_uri == f"artifact:{model.artifact_sha256}"
    folder = artifact_root / "models" / model.artifact_sha256
    assert everything_below(folder) == ["config.json", "manifest.json", "model.safetensors"]
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert os.stat(folder / "model.safetensors").st_mode & 0o222 == 0
    assert everything_below(place.folder) == ["log.txt", "spec.json"]
    assert list((artifact_root / "tmp").iterdir()) == []
    assert set(AuditEntry.objects.values_list("verb", flat=True)) >= {"model.made", "training.requested"}


def test_a_run_older_than_a_setting_is_finished_with_its_default(cast, monkeypatch):
    whole = Spec.to_json
    with monkeypatch.context() as before:
        before.setattr(Spec, "to_json", lambda spec: {k: v for k, v in whole(spec).items() if k != "folds"})
        run = launch_reward(cast)
    claim, place = claimed(run)
    finish_output(place, run, spec={**run.spec, "folds": 0})
    claim_finish(claim, place)
    run.refresh_from_db()
    assert (run.state, "folds" in run.spec) == ("done", False)


def test_versions_of_a_name_are_numbered_and_equal_artifacts_stored_once(cast, artifact_root):
    for number in (1, 2):
        run = launch_pretrain(cast.project)
        claim, place = claimed(run)
        finish_output(place, run)
        claim_finish(claim, place)
        assert ModelVersion.objects.filter(name="clinic-base").count() == number
    first, second = ModelVersion.objects.order_by("number")
    assert (first.number, second.number) == (1, 2)
    assert first.artifact_sha256 == second.artifact_sha256
    assert len(list((artifact_root / "models").iterdir())) == 1


def test_who_lost_the_claim_registers_nothing(cast):
    run = launch_pretrain(cast.project)
    claim, place = claimed(run)
    finish_output(place, run)
    claim_release(claim, "Stopped.", counted=False)
    with pytest.raises(ClaimLost):
        claim_finish(claim, place)
    assert not ModelVersion.objects.exists()
    again = training_claim(uid=run.uid, worker="w")  # what the next worker finds done, it only stores
    place = claim_prepare(again)
    assert place.is_done
    claim_finish(again, place)
    run.refresh_from_db()
    assert run.state == "done"


def spoil(place, manifest, how):
    model, files = place.output / "model", manifest["files"]
    said = files["model.safetensors"]
    match how:
        case "changed":
            (model / "model.safetensors").write_bytes(WEIGHTS + b"!")
        case "same size":
            (model / "model.safetensors").write_bytes(WEIGHTS[:-1] + b"1")
        case "gone":
            (model / "config.json").unlink()
        case "outside":
            files["../metrics.jsonl"] = said
        case "absolute":
            files["/etc/passwd"] = said
        case "link":
            (model / "config.json").unlink()
            (model / "config.json").symlink_to("/etc/passwd")
        case "folder":
            files["deep"] = said
            (model / "deep").mkdir()
        case "no files":
            files.clear()
        case "files is a list":
            manifest["files"] = list(files)
        case "another spec":
            manifest["spec"] = {"program": "pretrain"}
        case "said nothing":
            files["config.json"] = None
    write_manifest(place, manifest)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("changed", "model.safetensors is not what manifest.json says"),
        ("same size", "model.safetensors is not what manifest.json says"),
        ("gone", "names config.json, which is not there"),
        ("outside", "'../metrics.jsonl', which is no file of the folder"),
        ("absolute", "'/etc/passwd', which is no file of the folder"),
        ("link", "names config.json, which is not there"),
        ("folder", "names deep, which is not there"),
        ("no files", "names no files of the model"),
        ("files is a list", "names no files"),
        ("another spec", "another spec"),
        ("said nothing", "config.json is not what"),
    ],
)
def test_what_is_not_what_the_manifest_says_is_refused(cast, artifact_root, how, sentence):
    run = launch_pretrain(cast.project)
    claim, place = claimed(run)
    spoil(place, finish_output(place, run), how)
    with pytest.raises(BadOutput, match=sentence):
        claim_finish(claim, place)
    assert not ModelVersion.objects.exists()
    assert how == "another spec" or not (artifact_root / "models").exists()
    run.refresh_from_db()
    assert run.state == "running"


@pytest.mark.parametrize(("data", "sentence"), [(None, "without a manifest"), (b"{", "not JSON"), (b'{"files":{"a":NaN}}', "not JSON"), (b"[]", "names no files")])  # fmt: skip
def test_a_manifest_that_cannot_be_read_is_refused(cast, data, sentence):
    claim, place = claimed(launch_pretrain(cast.project))
    if data is not None:
        place.manifest.write_bytes(data)
    with pytest.raises(BadOutput, match=sentence):
        claim_finish(claim, place)


def test_a_full_disk_keeps_nothing_and_may_be_tried_again(cast, artifact_root, monkeypatch):
    run = launch_pretrain(cast.project)
    claim, place = claimed(run)
    finish_output(place, run)

    def full(*_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(artifacts, "_copy", full)
        with pytest.raises(OSError, match="No space left"):
            claim_finish(claim, place)
    assert list((artifact_root / "tmp").iterdir()) == []
    assert not (artifact_root / "models").exists()
    claim_finish(claim, place)
    run.refresh_from_db()
    assert run.state == "done"


def test_a_file_system_without_hard_links_gets_copies(cast, artifact_root, monkeypatch):
    run = launch_pretrain(cast.project)
    claim, place = claimed(run)
    finish_output(place, run)

    def refuse(*_given, **_more):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(artifacts.os, "link", refuse)
    claim_finish(claim, place)
    (folder,) = (artifact_root / "models").iterdir()
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS


def test_what_a_killed_worker_left_in_the_store_is_replaced(cast, artifact_root):
    run = launch_pretrain(cast.project)
    claim, place = claimed(run)
    finish_output(place, run)
    left = artifact_root / "tmp" / f"model-{run.uid}"
    left.mkdir(parents=True)
    (left / "half").write_text("half")
    claim_finish(claim, place)
    (folder,) = (artifact_root / "models").iterdir()
    assert not (folder / "half").exists()


def test_a_name_in_the_store_is_not_written_twice(tmp_path, artifact_root):
    source = tmp_path / "model"
    source.mkdir()
    (source / "config.json").write_text("{}")
    (source / "model.safetensors").write_bytes(WEIGHTS)
    manifest = {"files": files_of(source)}
    first = model_store(source, manifest, b"{}", owner="a")
    (source / "config.json").unlink()
    assert model_store(source, manifest, b"{}", owner="b") == first


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("pytorch_model.bin", b"x", "pickled files"), ("optimizer.pt", b"x", "pickled files"),
        ("modeling_x.py", b"", "holds code"), ("model.safetensors", WEIGHTS[:-3], "cut short"),
        ("config.json", b'{"auto_map": {"AutoModel": "x.Y"}}', "auto_map"),
    ],
)  # fmt: skip
def test_only_whole_safetensors_are_kept(cast, artifact_root, name, content, sentence):
    run = launch_pretrain(cast.project)
    claim, place = claimed(run)
    finish_output(place, run)
    model = place.output / "model"
    (model / name).write_bytes(content)
    write_manifest(place, {"spec": run.spec, "files": files_of(model)})
    with pytest.raises(BadOutput, match=sentence):
        claim_finish(claim, place)
    assert not ModelVersion.objects.exists()
    assert not (artifact_root / "models").exists()


@pytest.mark.parametrize("unit", [None, {}, {"zero": 0.5}, {"zero": 0.5, "scale": 0}, {"zero": "0", "scale": 1}])
def test_a_reward_model_without_its_zero_and_scale_is_refused(cast, artifact_root, unit):
    run = launch_reward(cast)
    claim, place = claimed(run)
    finish_output(place, run, normalisation=unit)
    stored = everything_below(artifact_root / "models")
    with pytest.raises(BadOutput, match="the zero and the scale"):
        claim_finish(claim, place)
    assert not ModelVersion.objects.filter(role="reward").exists()
    assert everything_below(artifact_root / "models") == stored


def test_a_trained_model_has_the_facts_of_its_files_and_its_parents_licence(cast):
    parent = make_model(cast.project, licence="apache-2.0")
    run = launch_reward(cast, parent_model=parent)
    claim, place = claimed(run)
    manifest = finish_output(place, run)
    claim_finish(claim, place)
    model = ModelVersion.objects.get(made_by=run)
    assert (model.licence, model.facts["parameters"], model.facts["files"]) == ("apache-2.0", 6, manifest["files"])


def test_a_report_with_a_nul_is_kept_readable(cast):
    run = launch_pretrain(cast.project)
    claim, place = claimed(run)
    manifest = finish_output(place, run)
    write_manifest(place, {**manifest, "report": {"samples": [{"after": "a\x00b"}]}})
    claim_finish(claim, place)
    run.refresh_from_db()
    assert run.report == {"samples": [{"after": "a�b"}]}


# --- generation ----------------------------------------------------------------------------------


@pytest.fixture
def generation(cast):
    model, asked = make_model(cast.project, "policy"), prompts(cast)
    run = generation_launch(actor=None, project=cast.project, model_version=model, snapshot=asked, spec={"samples": 2})
    claim = generation_claim(uid=run.uid, worker="w")
    return run, claim, claim_prepare(claim)


def written(run, **fields):
    uids = run.input.snapshot.items.order_by("pk").values_list("prompt__uid", flat=True)
    return [
        {
            "prompt_uid": str(uid), "sample_index": index, "text": f"Reply {index}", "finish_reason": "stop",
            "tokens": 3, "seed": 40 + index, **fields,
        }
        for uid in uids for index in range(2)
    ]  # fmt: skip


def test_completions_are_stored_with_their_sampling(generation):
    run, claim, place = generation
    finish_generation(place, run, written(run))
    claim_finish(claim, place)
    run.refresh_from_db()
    assert (run.state, run.report) == ("done", {"completions": 4})
    assert Completion.objects.count() == 4
    one = Completion.objects.filter(sample_index=1).first()
    assert (one.body, one.origin, one.model_version, one.generation_run) == ("Reply 1", "model", run.model_version, run)
    assert one.sampling == {
        "temperature": 1.0, "top_p": 1.0, "seed": 41, "tokens": 3, "max_completion_tokens": 1024,
    }  # fmt: skip
    assert one.finish_reason == "stop"


def test_the_same_completions_again_change_nothing(generation):
    run, _claim, _place = generation
    assert completions_store(run=run, lines=written(run)) == 4
    assert completions_store(run=run, lines=written(run, text="Otherwise")) == 0
    assert set(Completion.objects.values_list("body", flat=True)) == {"Reply 0", "Reply 1"}


def test_empty_texts_and_nul_are_kept_as_far_as_they_can_be(generation):
    run, claim, place = generation
    finish_generation(place, run, [{**line, "text": "a\x00b"} for line in written(run)[:1]] + written(run, text="")[1:])
    claim_finish(claim, place)
    assert sorted(Completion.objects.values_list("body", flat=True)) == ["", "", "", "a�b"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"prompt_uid": "x"}, "line 1: it is to no prompt of the run"),
        ({"prompt_uid": None}, "line 1: it is to no prompt of the run"),
        ({"text": 3}, "the fields of a completion are expected"),
        ({"seed": None}, "the fields of a completion are expected"),
    ],
)
def test_a_bad_line_fails_the_whole(generation, fields, sentence):
    run, claim, place = generation
    finish_generation(place, run, written(run, **fields))
    with pytest.raises(BadOutput, match=sentence):
        claim_finish(claim, place)
    assert not Completion.objects.exists()


def test_a_prompt_outside_the_runs_snapshot_is_refused(generation, cast):
    run, claim, place = generation
    other = make_prompt(cast.project)
    finish_generation(place, run, written(run, prompt_uid=str(other.uid)))
    with pytest.raises(BadOutput, match="to no prompt of the run"):
        claim_finish(claim, place)


def test_a_torn_or_missing_completions_file_is_refused(generation):
    run, claim, place = generation
    (place.output / "completions.jsonl").write_text('{"prompt_uid": "')
    write_manifest(place, {"spec": run.spec, "files": files_of(place.output)})
    with pytest.raises(BadOutput, match="line 1: not JSON"):
        claim_finish(claim, place)
    write_manifest(place, {"spec": run.spec, "files": {}})
    with pytest.raises(BadOutput, match=r"does not name completions\.jsonl"):
        claim_finish(claim, place)


def test_nothing_of_a_training_run_changes_once_it_is_done(cast):
    run = launch_pretrain(cast.project)
    claim, place = claimed(run)
    finish_output(place, run)
    claim_finish(claim, place)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        TrainingRun.objects.update(report={})
