"""A model's files: what was registered, as it was registered, and nothing else of the disk."""

import os
from pathlib import Path

import pytest
from django.test import Client

from apps.core.domain.canonical import sha256_hex
from tests.registry.folders import a_folder
from tests.training.rows import a_model

WEIGHTS = b"weights of a model" * 100


def fetch(caller, model, name, **headers):
    return caller.client.get(
        f"/api/v1/models/{model.uid}/files/{name}", headers={"Authorization": f"Token {caller.token}", **headers}
    )


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


@pytest.fixture
def stored(cast, artifact_root):
    """A model of a run, with two files in the store and one beside them that no manifest names."""
    files = {"model.safetensors": WEIGHTS, "tokenizer/vocab.json": b"{}"}
    said = {name: {"size": len(data), "sha256": sha256_hex(data)} for name, data in files.items()}
    model = a_model(cast.project, "sft", facts={"files": said})
    folder = artifact_root / "models" / model.artifact_sha256
    for name, data in (files | {"secret.txt": b"no"}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return model, folder


def test_files_are_listed_and_streamed(cast, researcher, manager, stored):
    model, _ = stored
    listed = researcher.get(f"models/{model.uid}/files/").json()
    assert [(one["name"], one["size"]) for one in listed] == [("model.safetensors", 1800), ("tokenizer/vocab.json", 2)]
    for caller in (researcher, manager):
        answer = fetch(caller, model, "model.safetensors")
        assert (answer.status_code, answer.streaming, body(answer)) == (200, True, WEIGHTS)
    assert answer["ETag"].strip('"') == listed[0]["sha256"] == sha256_hex(WEIGHTS)
    assert answer["Content-Disposition"] == 'attachment; filename="model.safetensors"'
    assert answer["Content-Length"] == "1800"
    inner = fetch(researcher, model, "tokenizer/vocab.json")
    assert (body(inner), inner["Content-Disposition"]) == (b"{}", 'attachment; filename="vocab.json"')


def test_conditions_and_ranges(cast, researcher, stored):
    model, _ = stored
    same = fetch(researcher, model, "model.safetensors", **{"If-None-Match": f'"{sha256_hex(WEIGHTS)}"'})
    assert (same.status_code, same.content) == (304, b"")
    part = fetch(researcher, model, "model.safetensors", Range="bytes=5-14")
    assert (part.status_code, part["Content-Range"], body(part)) == (206, "bytes 5-14/1800", WEIGHTS[5:15])
    assert fetch(researcher, model, "model.safetensors", Range="bytes=1800-").status_code == 416


@pytest.mark.parametrize(
    "name",
    [
        "secret.txt", "../secret.txt", "..%2F..%2Fsecret.txt", "tokenizer", "tokenizer/", "tokenizer/../secret.txt", "%00",
        "model.safetensors%00", "/etc/passwd", "%2Fetc%2Fpasswd", "MODEL.SAFETENSORS", "%ED%A0%80", "manifest.json", ".",
    ],
)  # fmt: skip
def test_no_other_name_reaches_the_disk(cast, researcher, stored, name, monkeypatch):
    def opened(self, *args, **options):
        raise AssertionError(f"{self} was opened")

    monkeypatch.setattr(Path, "open", opened)
    answer = fetch(researcher, stored[0], name)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/hostname", "a/../../secret.txt", "a\nb", "", "."])
def test_a_manifest_that_leads_out_of_the_folder_names_nothing(cast, researcher, artifact_root, name):
    model = a_model(cast.project, "sft", manifest={"files": {name: {"size": 2, "sha256": "0" * 64}}})
    (artifact_root / "models" / model.artifact_sha256).mkdir(parents=True)
    (artifact_root / "models" / "secret.txt").write_bytes(b"no")
    assert researcher.get(f"models/{model.uid}/files/").json() == []


def test_a_link_out_of_the_folder_is_not_followed(cast, researcher, stored, tmp_path):
    model, folder = stored
    (tmp_path / "elsewhere").write_bytes(b"x" * 1800)
    (folder / "model.safetensors").unlink()
    os.symlink(tmp_path / "elsewhere", folder / "model.safetensors")
    answer = fetch(researcher, model, "model.safetensors")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "file_changed")


@pytest.mark.parametrize("state", ["ready", "retired"])
def test_what_is_gone_says_so(cast, researcher, stored, state):
    model, folder = stored
    type(model).objects.filter(pk=model.pk).update(state=state)
    assert fetch(researcher, model, "tokenizer/vocab.json").status_code == 200
    (folder / "tokenizer/vocab.json").unlink()
    answer = fetch(researcher, model, "tokenizer/vocab.json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "gone")
    assert f"tokenizer/vocab.json of {model} is not on this installation any more" in answer.json()["error"]["message"]


def test_what_was_changed_since_is_not_given_out(cast, researcher, stored):
    model, folder = stored
    (folder / "tokenizer/vocab.json").write_bytes(b"{} ")
    answer = fetch(researcher, model, "tokenizer/vocab.json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "file_changed")


def test_a_registered_folder_has_its_files_and_a_server_has_none(cast, researcher, settings, tmp_path):
    settings.MODEL_FOLDERS, settings.ENDPOINT_NAMES = tmp_path, frozenset({"vllm"})
    a_folder(tmp_path / "tiny")
    folder = researcher.post("projects/clinic/models/", {"name": "tiny", "source": {"folder": "tiny"}}).json()
    listed = researcher.get(f"models/{folder['uid']}/files/").json()
    assert {one["name"] for one in listed} == {path.name for path in (tmp_path / "tiny").iterdir()}
    for one in listed:
        answer = researcher.get(f"models/{folder['uid']}/files/{one['name']}")
        assert sha256_hex(body(answer)) == one["sha256"]
    source = {"endpoint": "vllm", "model": "m"}
    server = researcher.post("projects/clinic/models/", {"name": "big", "source": source}).json()
    assert researcher.get(f"models/{server['uid']}/files/").json() == []


def test_labelers_get_nothing(cast, labeler, stored):
    model, _ = stored
    for path in (f"models/{model.uid}/files/", f"models/{model.uid}/files/model.safetensors"):
        assert labeler.get(path).status_code == 403


def test_the_page_links_to_each_file(cast, stored):
    model, _ = stored
    client = Client()
    client.force_login(cast.researcher.user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/p/clinic/training/models/{model.uid}/").content.decode()
    assert f'href="/api/v1/models/{model.uid}/files/tokenizer/vocab.json" download' in page
    assert client.get(f"/api/v1/models/{model.uid}/files/tokenizer/vocab.json").status_code == 200
