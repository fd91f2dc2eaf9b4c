"""Models side by side over the API: the numbers of the page, as numbers."""

import pytest

from apps.projects.models import Project
from apps.training.domain.specs import parse_spec
from apps.training.services import preferred as service
from tests.training.rows import a_generation, a_model, a_run
from tests.training.test_preferred import ranked

COMPARISON = "projects/clinic/models/comparison/"


def asked(models):
    return f"{COMPARISON}?" + "&".join(f"model={model.uid}" for model in models)


@pytest.fixture
def two(cast):
    """Two models whose replies to five prompts were ranked: three times the first higher, once tied, once lower."""
    runs = [a_generation(cast.project, "done"), a_generation(cast.project, "done")]
    for tiers in ([1, 2, 3], [1, 2, 3], [1, 2, 1], [2, 2, 1], [3, 1, 2]):
        ranked(cast, runs, tiers)
    return [run.model_version for run in runs]


def test_whose_replies_people_ranked_higher(cast, researcher, two):
    told = researcher.get(asked(two)).json()
    assert [model["uid"] for model in told["models"]] == [str(model.uid) for model in two]
    (pair,) = told["preferred"]["pairs"]
    assert (pair["one"], pair["other"]) == (str(two[0].uid), str(two[1].uid))
    assert (pair["above"], pair["tied"], pair["below"], pair["prompts"], pair["share"]) == (3, 1, 1, 5, 0.7)
    (shown,) = service.preferred_now(pairs=[tuple(two)], project=cast.project).pairs
    assert (pair["low"], pair["high"]) == (shown.low, shown.high)
    assert 0 <= pair["low"] < 0.7 < pair["high"] <= 1
    (turned,) = researcher.get(asked(two[::-1])).json()["preferred"]["pairs"]
    assert (turned["above"], turned["below"]) == (1, 3)


def test_null_while_the_first_count_of_many_goes_on(cast, researcher, two, monkeypatch):
    monkeypatch.setattr(service, "QUICK_JUDGMENTS", 0)
    assert researcher.get(asked(two)).json()["preferred"] is None
    service.preferences_refresh_all()
    assert len(researcher.get(asked(two)).json()["preferred"]["pairs"]) == 1


def test_what_was_measured_and_what_differs(cast, researcher):
    def reward(epochs, **report):
        spec = parse_spec("reward", {"epochs": epochs}).to_json()
        return a_run(cast.project, "reward", "done", report=report, spec=spec).output_model

    held_out = {"accuracy": 0.7, "low": 0.65, "high": 0.75, "pairs": 361}
    models = [
        reward(1, held_out=held_out, train_loss=0.5),
        reward(3, held_out={"accuracy": 0.6}),
        a_model(None, licence="mit"),
    ]
    told = researcher.get(asked(models)).json()
    measured = {row["name"]: row["values"] for row in told["measured"]}
    assert measured["held_out_accuracy"] == [
        {"value": 0.7, "low": 0.65, "high": 0.75}, {"value": 0.6, "low": None, "high": None}, None,
    ]  # fmt: skip
    assert [one and one["value"] for one in measured["held_out_pairs"]] == [361, None, None]
    assert measured["train_loss"][0]["value"] == 0.5
    assert {"name": "licence", "values": ["unknown", "unknown", "mit"]} in told["facts"]
    assert told["settings"] == [{"name": "epochs", "values": [1, 3, None]}]


@pytest.mark.parametrize("number", [0, 1, 5])
def test_two_to_four_are_compared(cast, researcher, number):
    answer = researcher.get(asked([a_model(cast.project) for _ in range(number)]))
    assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, "model")


def test_what_is_no_model_of_the_project_is_named(cast, researcher):
    mine = a_model(cast.project)
    theirs = a_model(Project.objects.create(slug="other", name="Other", seed=1))
    for other in (theirs, mine):
        answer = researcher.get(asked([mine, other]))
        assert (answer.status_code, answer.json()["error"]["details"]["field"]) == (422, "model")
    assert researcher.get(f"{COMPARISON}?model={mine.uid}&model=x").json()["error"]["details"]["field"] == "model.1"
