"""Models side by side with the client: typed, and whatever a newer server says beside it."""

from labelstudio_rlhf_client import Comparison, Measure, Preferred

from tests.training.rows import a_generation, a_run
from tests.training.test_preferred import ranked


def test_models_are_compared(researcher, cast):
    runs = [a_generation(cast.project, "done"), a_generation(cast.project, "done")]
    for tiers in ([1, 2, 3], [2, 2, 1]):
        ranked(cast, runs, tiers)
    one, other = (str(run.model_version.uid) for run in runs)
    found = researcher.compare_models("clinic", one, other)
    assert [model["uid"] for model in found.models] == [one, other]
    assert found.preferred == [Preferred(one, other, 1, 1, 0, 2, 0.75, None, None)]
    assert found.computed_at.tzinfo is not None
    assert found.facts["licence"] == ["unknown", "unknown"]


def test_what_a_report_says_has_its_interval(researcher, cast):
    held_out = {"accuracy": 0.7, "low": 0.65, "high": 0.75}
    models = [a_run(cast.project, "reward", "done", report=said).output_model for said in ({"held_out": held_out}, {})]
    found = researcher.compare_models("clinic", *(str(model.uid) for model in models))
    assert found.measured == {"held_out_accuracy": [Measure(0.7, 0.65, 0.75), None]}
    assert found.preferred == []


def test_what_a_newer_server_says_beside_it_is_no_error():
    pair = {"one": "a", "other": "b", "above": 1, "tied": 0, "below": 0, "prompts": 1, "share": 1.0, "low": None, "high": None}  # fmt: skip
    answer = {"models": [], "measured": [], "facts": [], "settings": []}
    counted = {"computed_at": "2026-01-02T03:04:05Z", "pairs": [pair | {"colour": "red"}]}
    assert Comparison.of(answer | {"preferred": counted}).preferred == [Preferred(**pair)]
    assert Comparison.of(answer | {"preferred": None}).preferred is None
