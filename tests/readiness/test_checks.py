"""The rules: what is missing, what is doubtful, what is in order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.readiness.domain.checks import RULES, Facts, Known, Standing, Verdict, readiness
from apps.readiness.words import NAMES, SENTENCES, STEPS, sentence

GOOD = Facts(
    rankings=4000, comparisons=20_000, labelers=12, heaviest=0.2, held_out_prompts=400, held_out_labelers=3,
    agreement=Known(0.74, 0.72, 0.76), gold_labelers=12, by_failing=0.0, guideline=3, old=0.1, cause=None,
    causes_told=True, opposed=0, habits=0,
)  # fmt: skip


def standing(name: str, **changes: object) -> tuple[str, str]:
    found = next(one for one in readiness(replace(GOOD, **changes)).checks if one.name == name)
    return found.standing.value, found.reason


def test_good_data_can_be_trained_on():
    found = readiness(GOOD)
    assert found.verdict == Verdict.YES
    assert {check.name for check in found.having(Standing.MET)} == set(RULES)


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("comparisons", {"comparisons": 0, "rankings": 0}, ("missing", "none")),
        ("comparisons", {"comparisons": 0}, ("missing", "ties_only")),
        ("comparisons", {"comparisons": 999}, ("doubt", "few")),
        ("comparisons", {"comparisons": 1000}, ("met", "enough")),
        ("held_out_prompts", {"held_out_prompts": 0}, ("missing", "none")),
        ("held_out_prompts", {"held_out_prompts": 99}, ("doubt", "few")),
        ("held_out_labelers", {"held_out_labelers": 0}, ("doubt", "none")),
        ("agreement", {"agreement": None}, ("missing", "unknown")),
        ("agreement", {"agreement": Known(0.8)}, ("doubt", "no_interval")),
        ("agreement", {"agreement": Known(0.55, 0.5, 0.6)}, ("missing", "chance")),
        ("agreement", {"agreement": Known(0.7, 0.64, 0.76)}, ("doubt", "wide")),
        ("gold", {"gold_labelers": 0}, ("doubt", "none")),
        ("gold", {"by_failing": 0.11}, ("doubt", "failing")),
        ("guideline", {"guideline": None}, ("doubt", "none")),
        ("guideline", {"old": 0.6}, ("doubt", "old")),
        ("weight", {"labelers": 1, "heaviest": 1.0}, ("doubt", "alone")),
        ("weight", {"heaviest": 0.5}, ("doubt", "heavy")),
        ("causes", {"cause": "noise"}, ("doubt", "named")),
        ("causes", {"causes_told": False}, ("doubt", "untold")),
        ("adjudication", {"opposed": 2}, ("doubt", "waiting")),
        ("habits", {"habits": None}, ("doubt", "unknown")),
        ("habits", {"habits": 2}, ("doubt", "some")),
    ],
)
def test_each_rule_at_its_limit(name, changes, expected):
    assert standing(name, **changes) == expected
    verdict = readiness(replace(GOOD, **changes)).verdict
    assert verdict == {"missing": Verdict.NO, "doubt": Verdict.DOUBTFUL, "met": Verdict.YES}[expected[0]]


shares = st.floats(0, 1)
known = st.none() | st.builds(Known, shares, st.none() | shares, st.none() | shares)
facts = st.builds(
    Facts, rankings=st.integers(0, 10**7), comparisons=st.integers(0, 10**8), labelers=st.integers(0, 500), heaviest=shares,
    held_out_prompts=st.integers(0, 10**6), held_out_labelers=st.integers(0, 50), agreement=known,
    gold_labelers=st.integers(0, 500), by_failing=shares, guideline=st.none() | st.integers(1, 99), old=shares,
    cause=st.none() | st.sampled_from(["noise", "pluralism", "guideline", "prompts"]), causes_told=st.booleans(),
    opposed=st.integers(0, 10**6), habits=st.none() | st.integers(0, 6),
)  # fmt: skip


@given(facts)
def test_whatever_is_known_there_is_a_sentence(given_facts):
    found = readiness(given_facts)
    assert [check.name for check in found.checks if check.standing == Standing.MISSING] == [
        check.name for check in found.checks[: len(found.having(Standing.MISSING))]
    ]
    for check in found.checks:
        said = sentence(check, ["length"])
        assert said
        assert "%(" not in said


def test_every_check_has_a_name_sentences_and_a_way_on():
    assert set(RULES) == set(NAMES) == set(SENTENCES) == set(STEPS)
