"""Models over the API: registered, retired, taken back, licensed, found."""

import pytest

from apps.registry.models import ModelVersion
from tests.registry.folders import a_folder
from tests.training.rows import a_model, a_run

MODELS = "projects/clinic/models/"


def test_a_folder_says_what_it_is(cast, researcher, settings, tmp_path):
    settings.MODEL_FOLDERS = tmp_path
    a_folder(tmp_path / "tiny")
    answer = researcher.post(MODELS, {"name": "tiny", "source": {"folder": "tiny"}})
    told = answer.json()
    assert (answer.status_code, told["state"], told["licence"]) == (201, "ready", "apache-2.0")
    assert (told["facts"]["parameters"], len(told["sha256"])) == (6, 64)
    assert researcher.get(f"models/{told['uid']}/").json() == told


def test_a_servers_model_is_registered_and_its_key_nowhere(cast, researcher, settings):
    settings.ENDPOINT_NAMES = frozenset({"vllm"})
    body = {"name": "big", "source": {"endpoint": "vllm", "model": "org/big"}, "role": "policy", "licence": "llama3"}
    told = researcher.post(MODELS, body).json()
    assert (told["artifact_uri"], told["role"], told["licence"]) == ("endpoint:vllm/org/big", "policy", "llama3")
    assert (told["manifest"], told["facts"]) == ({"source": body["source"]}, {})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "reward"}, "role"), ({"role": "magic"}, "role"), ({"licence": "x" * 121}, "licence"),
        ({"licence": "a\nb"}, "licence"), ({"licence": 3}, "licence"), ({"name": ""}, "name"),
        ({"source": {"endpoint": "http://h/v1", "model": "m"}}, "source"), ({"source": {"endpoint": "vllm"}}, "source"),
        ({"source": {"folder": "x"}}, "source"),
    ],
)  # fmt: skip
def test_what_breaks_a_rule_names_its_field(cast, researcher, settings, change, field):
    settings.ENDPOINT_NAMES = frozenset({"vllm"})
    answer = researcher.post(MODELS, {"name": "x", "source": {"endpoint": "vllm", "model": "m"}} | change)
    assert answer.status_code == 422
    assert field in str(answer.json()["error"]["details"])
    assert not ModelVersion.objects.exists()


def test_a_model_is_retired_and_taken_back(cast, researcher):
    model = a_model(cast.project)
    for verb, state in (("retire", "retired"), ("retire", "retired"), ("restore", "ready"), ("restore", "ready")):
        answer = researcher.post(f"models/{model.uid}/{verb}/")
        assert (answer.status_code, answer.json()["state"]) == (200, state)
    a_run(cast.project, "sft", parent_model=model)
    answer = researcher.post(f"models/{model.uid}/retire/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "model_in_use")


def test_a_licence_is_learned_later(cast, researcher):
    model = a_model(cast.project)
    assert researcher.patch(f"models/{model.uid}/", {"licence": "mit"}).json()["licence"] == "mit"
    for body in ({}, {"licence": ""}, {"licence": 3}, {"licence": "x" * 121}):
        assert researcher.patch(f"models/{model.uid}/", body).status_code == 422


def test_models_are_found_by_licence_and_parent(cast, researcher):
    base = a_model(cast.project, licence="mit")
    child = a_model(cast.project, "sft", parent=base)

    def found(query):
        return [row["uid"] for row in researcher.get(f"{MODELS}?{query}").json()["results"]]

    assert found("licence=mit") == [str(base.uid)]
    assert found(f"parent={base.uid}") == [str(child.uid)]
    assert researcher.get(f"{MODELS}?parent=x").status_code == 422


@pytest.mark.parametrize("verb", ["retire", "restore"])
def test_labelers_change_no_model(cast, labeler, verb):
    model = a_model(cast.project)
    assert labeler.post(f"models/{model.uid}/{verb}/").status_code in (403, 404)
    model.refresh_from_db()
    assert model.state == "ready"
