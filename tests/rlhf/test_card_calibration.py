"""Calibration: a synthetic scorer whose probabilities are right, and ones that say too much or too little."""

import json

import numpy as np
import pytest

from tests.rlhf.card_runs import draws_of, pairs_table
from workers.rlhf.card.calibration import (
    ALL_RIGHT,
    FINE,
    OVER,
    TIMID,
    TOO_WIDE,
    WRONG_WAY,
    calibration,
    equal_parts,
    fit_temperature,
    log_odds,
    margins,
)


def scorer(prompts=600, pairs=4, *, factor=1.0, seed=0):
    """A table and margins, `factor` times the log odds with which the labelers prefer the better text."""
    chance = np.random.default_rng(seed)
    odds = chance.normal(0, 1.5, prompts * pairs)
    agreed = chance.random(len(odds)) < 1 / (1 + np.exp(-odds))
    return pairs_table(prompts, pairs), factor * np.where(agreed, odds, -odds)


def calibrated(table, raw):
    found = calibration(table, raw, draws_of(table))
    json.dumps(found, allow_nan=False)
    return found


def test_a_scorer_whose_odds_are_right_is_calibrated():
    found = calibrated(*scorer())
    assert found["says"] == FINE
    assert found["temperature"]["low"] < 1 < found["temperature"]["high"]
    assert found["temperature"]["value"] == pytest.approx(1, abs=0.1)
    assert found["ece"]["value"] < 0.03
    assert found["ece"]["value"] < 2.5 * found["ece_if_calibrated"]


@pytest.mark.parametrize(("factor", "says"), [(3.0, OVER), (0.25, TIMID)])
def test_too_much_and_too_little_confidence_are_told_with_the_temperature_that_mends_them(factor, says):
    table, raw = scorer(factor=factor)
    found = calibrated(table, raw)
    assert found["says"] == says
    assert found["temperature"]["low"] < factor < found["temperature"]["high"]
    assert found["ece"]["low"] > found["ece_if_calibrated"]
    assert found["log_loss_calibrated"] < found["log_loss"]["value"]
    assert calibrated(table, raw / found["temperature"]["value"])["says"] == FINE


def test_the_temperature_s_interval_holds_the_truth_about_as_often_as_it_says():
    held = 0
    for seed in range(60):
        table, raw = scorer(80, 3, factor=2.0, seed=seed)
        found = calibration(table, raw, draws_of(table))["temperature"]
        held += found["low"] <= 2.0 <= found["high"]
    assert held >= 51


def test_bins_are_counted_by_hand():
    """Forty pairs on forty prompts: half with odds 3 to 1, of which 15 of 20 are right; half sure, of which all are."""
    raw = np.array([np.log(3)] * 15 + [-np.log(3)] * 5 + [9.0] * 20)
    table = pairs_table(40)
    near, sure = calibrated(table, raw)["bins"]
    assert (near["pairs"], near["prompts"], near["agreed"]) == (20, 20, 0.75)
    assert near["predicted"] == pytest.approx(0.75)
    assert (near["from"], near["to"]) == (pytest.approx(0.75), pytest.approx(0.75))
    assert (sure["agreed"], sure["high"]) == (1, 1)
    found = calibrated(table, raw)["ece"]
    assert found["value"] == pytest.approx((1 - 1 / (1 + np.exp(-9))) / 2, abs=1e-9)


def test_margins_are_binned_by_size():
    raw = np.array([-0.5] * 10 + [0.5] * 10 + [2.0] * 20)
    small, large = margins(pairs_table(40), raw, draws_of(pairs_table(40)))["bins"]
    assert (small["from"], small["to"], small["accuracy"], small["pairs"]) == (0.5, 0.5, 0.5, 20)
    assert (large["mean"], large["accuracy"]) == (2, 1)


def test_turning_a_pair_round_changes_nothing():
    """The order in which a pair's texts stand is no fact: only margins towards the labelers' choice are read."""
    _, raw = scorer(60, 2)
    shuffled = np.random.default_rng(1).permutation(len(raw))
    one, other = (
        calibration(pairs_table(120), values, draws_of(pairs_table(120)))["bins"] for values in (raw, raw[shuffled])
    )
    assert [(b["pairs"], b["agreed"], b["predicted"]) for b in one] == [
        (b["pairs"], pytest.approx(b["agreed"]), pytest.approx(b["predicted"])) for b in other
    ]


def test_equal_values_share_a_part():
    assert equal_parts(np.array([1.0] * 100)).tolist() == [0] * 100
    codes = equal_parts(np.repeat([1.0, 2.0, 3.0], 20))
    assert codes.tolist() == [0] * 20 + [1] * 20 + [2] * 20


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (np.full(40, 2.0), ALL_RIGHT),
        (np.full(40, -2.0), WRONG_WAY),
        (np.zeros(40), WRONG_WAY),
        (np.concatenate([np.full(21, 1.0), np.full(19, -1.0)]), TOO_WIDE),
    ],
)
def test_a_temperature_that_cannot_be_had_says_why(raw, why):
    found = calibrated(pairs_table(40), raw)
    assert (found["temperature"], found["why_no_temperature"]) == (None, why)
    assert (found["says"], found["log_loss_calibrated"]) == (None, None)


def test_the_fit_is_where_the_likelihood_is_highest():
    _, raw = scorer(200, 2, factor=1.7)
    best, _ = fit_temperature(raw)
    losses = [np.logaddexp(0, -raw / t).mean() for t in (best, best * 0.98, best * 1.02)]
    assert losses[0] == min(losses)


def test_log_odds_are_of_pairs_that_are_no_tie():
    raw = np.array([-1.5, 0.0, 2.0])
    assert log_odds(raw, {"rule": "drop"}) is raw
    assert log_odds(raw, {"rule": "davidson", "value": 3.0}) is raw
    theta = 2.5
    won, lost = (1 / (1 + theta * np.exp(sign * raw)) for sign in (-1, 1))
    assert log_odds(raw, {"rule": "rao-kupper", "value": theta}) == pytest.approx(np.log(won / lost))
