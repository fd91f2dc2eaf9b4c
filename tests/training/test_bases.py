"""Registering bases of a hub, of a folder that is really a model's, and models behind endpoints."""

from pathlib import Path

import pytest
from django.db import transaction
from django.db.utils import DatabaseError
from pytest_django import Settings

from apps.audit.models import AuditEntry
from apps.core.domain.errors import RuleBroken
from apps.registry.models import ModelVersion
from apps.training.services import bases
from apps.training.services.bases import base_register
from apps.training.services.launch import generation_launch, training_launch
from apps.training.services.loop_material import require_base
from apps.training.services.settling import model_settle, models_requeue
from tests.registry.folders import CONFIG, a_folder, put
from tests.training.rails import WEIGHTS, prompts
from tests.training.rows import a_model, a_snapshot

ENDPOINT = {"endpoint": "vllm", "model": "org/name:7b"}


@pytest.fixture
def folders(settings: Settings, tmp_path: Path) -> Path:
    settings.MODEL_FOLDERS = tmp_path / "bases"
    settings.ENDPOINT_NAMES = frozenset({"vllm"})
    a_folder(settings.MODEL_FOLDERS / "tiny-1.0")
    (tmp_path / "config.json").write_text("{}")
    return settings.MODEL_FOLDERS


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ({"hub": "org/name"}, "hub:org/name"),
        ({"hub": "org/name", "revision": "v1.0"}, "hub:org/name@v1.0"),
        ({"hub": "org/name", "revision": ""}, "hub:org/name"),
        ({"folder": "tiny-1.0"}, "folder:tiny-1.0"),
        (ENDPOINT, "endpoint:vllm/org/name:7b"),
    ],
)
def test_a_base_is_ready_and_numbered(cast, folders, source, uri):
    first = base_register(actor=cast.researcher.user, project=cast.project, name="tiny", source=source)
    again = base_register(actor=None, project=cast.project, name=" tiny ", source=source)
    assert (first.role, first.state, first.artifact_uri, first.number) == ("base", "ready", uri, 1)
    assert (again.name, again.number) == ("tiny", 2)
    assert AuditEntry.objects.filter(verb="model.registered").count() == 2


@pytest.mark.parametrize(
    "source",
    [
        {}, [], "org/name", None, {"hub": "name"}, {"hub": "org/na me"}, {"hub": "../.."}, {"hub": "org/.."},
        {"hub": "a/b/c"}, {"hub": "org/name\n"}, {"hub": "org/name", "revision": "../x"},
        {"hub": "org/name", "revision": 3}, {"hub": "org/name", "folder": "tiny-1.0"}, {"folder": "absent"},
        {"folder": ""}, {"folder": "."}, {"folder": ".."}, {"folder": "../bases/tiny-1.0"}, {"folder": "/etc"},
        {"folder": "tiny-1.0/"}, {"folder": "tiny-1.0\x00"}, {"folder": 3},
        {"endpoint": "vllm"}, {"endpoint": "other", "model": "m"}, {"endpoint": "vllm", "model": ""},
        {"endpoint": "vllm", "model": "a b"}, {"endpoint": "vllm", "model": 3}, {"endpoint": "http://h/v1", "model": "m"},
        {"endpoint": "vllm", "model": "m", "revision": "x"}, {"endpoint": "vllm", "model": "m" * 301},
    ],
)  # fmt: skip
def test_what_is_neither_is_refused(cast, folders, source):
    with pytest.raises(RuleBroken, match=r"^source: "):
        base_register(actor=None, project=cast.project, name="tiny", source=source)
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x00b"])
def test_a_base_has_a_name(cast, folders, name):
    with pytest.raises(RuleBroken, match=r"^name: "):
        base_register(actor=None, project=cast.project, name=name, source={"hub": "org/name"})


# --- roles and licences ---------------------------------------------------------------------------
def test_a_servers_model_may_be_a_policy_and_no_other_may(cast, folders):
    made = base_register(actor=None, project=cast.project, name="x", source=ENDPOINT, role="policy")
    assert (made.role, made.licence, made.facts) == ("policy", "unknown", {})
    for source, role in ((ENDPOINT, "reward"), ({"hub": "org/name"}, "policy"), ({"folder": "tiny-1.0"}, "sft")):
        with pytest.raises(RuleBroken, match=r"^role: "):
            base_register(actor=None, project=cast.project, name="x", source=source, role=role)


def test_the_database_knows_that_a_servers_model_only_writes(cast):
    for role in ("sft", "reward"):
        with pytest.raises(DatabaseError, match="model_of_an_endpoint_writes"), transaction.atomic():
            ModelVersion.objects.create(project=cast.project, name="x", role=role, artifact_uri="endpoint:vllm/m")


def test_the_licence_is_the_typed_one_else_the_folders(cast, folders):
    def licence(source, typed=""):
        return base_register(actor=None, project=cast.project, name="x", source=source, licence=typed).licence

    assert licence({"folder": "tiny-1.0"}) == "apache-2.0"
    assert licence({"folder": "tiny-1.0"}, " mit ") == "mit"
    put(folders / "tiny-1.0", "README.md", "no front matter")
    assert licence({"folder": "tiny-1.0"}) == "unknown"
    assert licence(ENDPOINT, "llama3") == "llama3"


@pytest.mark.parametrize("licence", ["x" * 121, "a\nb", "a\x00b"])
def test_a_licence_can_be_shown(cast, folders, licence):
    with pytest.raises(RuleBroken, match=r"^licence: "):
        base_register(actor=None, project=cast.project, name="x", source={"hub": "org/name"}, licence=licence)


# --- folders --------------------------------------------------------------------------------------
def test_a_folder_is_looked_into_and_hashed(cast, folders):
    made = base_register(actor=None, project=cast.project, name="x", source={"folder": "tiny-1.0"})
    assert (made.facts["architecture"], made.facts["parameters"]) == ("LlamaForCausalLM", 6)
    assert set(made.facts["files"]) == {"README.md", "config.json", "model.safetensors", "tokenizer_config.json"}
    assert len(made.artifact_sha256) == 64


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("model.safetensors", WEIGHTS[:-1], "cut short"), ("x.py", "import os", "code"),
        ("config.json", {**CONFIG, "auto_map": {"AutoModel": "x.Y"}}, "auto_map"),
        ("model.safetensors", None, "only safetensors"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_read_safely_is_refused(cast, folders, name, content, sentence):
    put(folders / "tiny-1.0", name, content)
    with pytest.raises(RuleBroken, match=rf"^source: tiny-1.0 cannot be registered: .*{sentence}"):
        base_register(actor=None, project=cast.project, name="x", source={"folder": "tiny-1.0"})
    assert not ModelVersion.objects.exists()


@pytest.fixture
def large(cast, folders, monkeypatch, rung):
    """A folder that is too large to be hashed while one waits."""
    monkeypatch.setattr(bases, "HASHED_AT_ONCE", 1)
    made = base_register(actor=None, project=cast.project, name="x", source={"folder": "tiny-1.0"})
    assert (made.state, made.artifact_sha256, made.facts["parameters"]) == ("registered", "", 6)
    return made


@pytest.fixture
def rung(monkeypatch):
    calls = []
    monkeypatch.setattr("apps.training.services.settling.ring", lambda *ring: calls.append(ring))
    return calls


def test_a_large_folder_is_hashed_by_a_worker(large, rung):
    models_requeue()
    assert rung == [("training.settle", large.uid)]
    model_settle(uid=large.uid)
    large.refresh_from_db()
    assert (large.state, len(large.artifact_sha256), len(large.facts["files"])) == ("ready", 64, 4)
    model_settle(uid=large.uid)  # another ring finds nothing to do
    assert AuditEntry.objects.filter(verb="model.ready").count() == 1
    models_requeue()
    assert len(rung) == 1


@pytest.mark.parametrize("content", [WEIGHTS[:-1], None])
def test_what_broke_meanwhile_is_refused_with_a_sentence(large, folders, content):
    put(folders / "tiny-1.0", "model.safetensors", content)
    model_settle(uid=large.uid)
    large.refresh_from_db()
    assert (large.state, large.artifact_sha256) == ("refused", "")
    assert "safetensors" in large.problem


# --- frozen ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("change", [{"facts": {"a": 1}}, {"artifact_sha256": "0" * 64}, {"state": "registered"}, {"manifest": {"a": 1}}, {"role": "sft"}])  # fmt: skip
def test_what_is_settled_stays(cast, change):
    model = a_model(cast.project)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ModelVersion.objects.filter(pk=model.pk).update(**change)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"licence": ""}, "model_has_a_licence"), ({"state": "refused"}, "model_refused_says_why"),
        ({"state": "lost"}, "model_state_known"),
    ],
)  # fmt: skip
def test_the_database_is_the_referee(cast, change, constraint):
    model = a_model(cast.project)
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        ModelVersion.objects.filter(pk=model.pk).update(**change)


# --- what a server's model is good for ------------------------------------------------------------
def test_nothing_is_trained_from_what_is_only_asked(cast, folders):
    base = base_register(actor=None, project=cast.project, name="x", source=ENDPOINT)
    with pytest.raises(RuleBroken, match=r"^parent_model: x 1 is a server's"):
        training_launch(
            actor=None, project=cast.project, kind="sft", spec={}, parent_model=base,
            snapshot=a_snapshot(cast.project, "demonstrations"),
        )  # fmt: skip
    with pytest.raises(RuleBroken, match=r"^base_model: there is no base"):
        require_base(cast.project, None)
    with pytest.raises(RuleBroken, match=r"^base_model: x 1 is a server's"):
        require_base(cast.project, base)


def test_a_generation_run_names_the_server_and_the_model(cast, folders):
    policy = base_register(actor=None, project=cast.project, name="x", source=ENDPOINT, role="policy")
    run = generation_launch(
        actor=None, project=cast.project, model_version=policy, snapshot=prompts(cast), spec={"samples": 2}
    )
    assert run.spec["model"] == "endpoint:vllm/org/name:7b"
