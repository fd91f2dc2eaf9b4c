"""What a report is read as: only what its intervals bear out."""

import pytest

from apps.training.domain.facts import facts_of
from apps.training.domain.readings.policy import read_policy
from apps.training.domain.readings.reward import read_reward

NB = "\u00a0"


def share(accuracy: float, low: float, high: float, prompts: int = 200) -> dict:
    return {"accuracy": accuracy, "low": low, "high": high, "pairs": 5 * prompts, "prompts": prompts}


def report(**changed) -> dict:
    whole = {
        "held_out": share(0.72, 0.69, 0.75),
        "train": share(0.74, 0.72, 0.76),
        "baselines": {
            "length": {"accuracy": 0.55, "low": 0.51, "high": 0.59},
            "bag_of_words": {"accuracy": 0.6, "low": 0.56, "high": 0.64},
        },
        "agreement": share(0.73, 0.70, 0.76) | {"on": "held-out prompts"},
        "why_no_held_out": None,
        "why_no_agreement": None,
        "left_out": {"ties_only": 3, "too_long": 0},
    }
    return whole | changed


def said(**changed) -> str:
    return " ".join(read_reward(report(**changed)).sentences)


def test_a_good_model_is_told_so():
    text = said()
    assert "better than chance" in text
    assert "It beats the rule that the longer reply is better: the intervals do not meet." in text
    assert "It beats a bag of words" in text
    assert "at the labelers' ceiling" in text


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"held_out": share(0.52, 0.48, 0.56)}, "not shown to order replies better than chance"),
        ({"held_out": share(0.42, 0.38, 0.46)}, "worse than chance"),
        ({"held_out": share(0.62, 0.58, 0.66)}, "It is ahead of a bag of words, but the intervals overlap"),
        ({"held_out": share(0.58, 0.55, 0.61)}, "It does not beat a bag of words."),
        ({"held_out": share(0.48, 0.46, 0.50)}, "It does worse than the rule that the longer reply is better."),
        ({"agreement": share(0.85, 0.82, 0.88)}, "below the labelers' own agreement"),
        ({"agreement": share(0.78, 0.74, 0.82)}, "behind the labelers' own agreement, but the intervals overlap"),
        ({"agreement": share(0.6, 0.57, 0.63)}, "agrees with a labeler more often than two labelers"),
        ({"train": share(0.95, 0.93, 0.97)}, "learned some of them by heart"),
        ({"held_out": share(0.72, 0.69, 0.75, prompts=12)}, "Only 12 prompts were held out"),
        ({"held_out": None}, "none were held out"),
    ],
)
def test_sentences_follow_the_intervals(changed, sentence):
    assert sentence in said(**changed)


def test_where_shorter_replies_win_that_is_the_rule_to_beat():
    """Longer is better on 30 % of the pairs: whoever always takes the shorter reply is right on 70 %."""
    baselines = {"length": {"accuracy": 0.3, "low": 0.26, "high": 0.34}}
    read = read_reward(report(baselines=baselines))
    rule = next(measure for measure in read.measures if measure.key == "length")
    assert (rule.label, rule.text, rule.interval) == ("Shorter is better", f"70.0{NB}%", f"66.0 to 74.0{NB}%")
    assert "It is ahead of the rule that the shorter reply is better, but the intervals overlap" in " ".join(
        read.sentences
    )


def test_touching_intervals_are_not_a_win():
    """The lower end meets the rule's upper end: nothing between them."""
    assert "ahead of the rule" in said(held_out=share(0.62, 0.59, 0.65))


def test_what_is_missing_says_why():
    read = read_reward(report(held_out=None, why_no_held_out="No prompt is in the validation split."))
    assert read.missing == ["No prompt is in the validation split."]
    assert "held_out" not in {measure.key for measure in read.measures}


@pytest.mark.parametrize(
    ("told", "sentences"),
    [
        ({"form": {"used": "cache", "why": "It agrees."}}, ["Each prompt was read once for all its completions, through the key-value cache."]),
        ({"form": {"used": "plain", "why": "mask: it has a window."}},
         ["The prompt was read again with each of its completions.", "mask: it has a window."]),
        ({"precision": "bfloat16"}, ["It learned in bfloat16; the head, the loss and all that was measured are in float32."]),
        ({"precision": "float32"}, []),
        ({"ties": {"rule": "drop"}}, ["Ties taught it nothing, as in InstructGPT."]),
        ({"ties": {"rule": "davidson", "parameter": "nu", "value": 0.5, "tied_pairs": 1200, "share": 0.1}},
         ["It learned from 1,200 tied pairs, too, by Davidson's rule, with nu at 0.5."]),
        ({"form": {"used": "another"}, "ties": {"rule": "davidson"}}, []),
        ({"form": [], "ties": 3}, []),
    ],
)  # fmt: skip
def test_how_it_was_trained_is_said(told, sentences):
    assert read_reward(told).ways == sentences


@pytest.mark.parametrize(
    ("normalisation", "sentences"),
    [
        ({"zero": 0.5, "scale": 2.0, "from": "Zero is a mean.", "n": 5},
         ["A reward is what the model says, less 0.5, divided by 2.", "Zero is a mean."]),
        ({"zero": 0.5, "scale": 2.0}, ["A reward is what the model says, less 0.5, divided by 2."]),
        ({"zero": 0.5, "scale": 0.0}, []), ({"zero": None, "scale": 1}, []), ([], []), (None, []),
    ],
)  # fmt: skip
def test_where_zero_and_unit_lie_is_said(normalisation, sentences):
    assert read_reward({}, normalisation).ways == sentences


def test_the_axis_is_common_and_reaches_the_lowest_interval():
    assert read_reward(report()).strips.axis == 0.4
    low = read_reward(report(held_out=share(0.4, 0.27, 0.5)))
    assert low.strips.axis == 0.2
    assert {measure.axis for measure in low.measures} == {0.2}
    assert low.strips.ticks[0] == ("0.00%", "20")
    assert low.strips.ticks[-1] == ("100.00%", "100")


def test_places_on_the_strip():
    model = read_reward(report()).measures[0]
    assert (model.begin, model.at, model.end) == ("48.33%", "53.33%", "58.33%")
    assert model.text == f"72.0{NB}%"
    assert model.interval == f"69.0 to 75.0{NB}%"


def test_only_what_was_left_out_is_counted():
    assert read_reward(report()).left_out == {"ties_only": 3}


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"held_out": "high"},
        {"held_out": {"accuracy": "0.7", "low": 0.6, "high": 0.8}},
        {"held_out": {"accuracy": 1.7, "low": 0.6, "high": 0.8}},
        {"held_out": {"accuracy": float("nan"), "low": 0.6, "high": 0.8}},
        {"baselines": [], "left_out": [], "why_no_agreement": 3},
    ],
)
def test_another_versions_report_is_read_as_far_as_it_goes(broken):
    assert read_reward(broken).measures == []


PPO = {
    "updates": 12, "episodes": 768, "stopped": "episodes", "kl": 3.2, "reward_before": 0.1, "reward_after": 0.9,
    "length_before": 40.0, "length_after": 60.0, "eos_before": 0.95, "eos_after": 0.8,
    "samples": [
        {"prompt_uid": "u", "messages": [{"role": "user", "content": "Hi"}], "before": "a", "after": "",
         "reward_before": -1.0, "reward_after": 2}
    ],
}  # fmt: skip


def test_a_policy_is_read_before_and_after():
    read = read_policy(PPO)
    assert [(change.before, change.after) for change in read.changes] == [
        ("0.1", "0.9"), ("40", "60"), (f"95{NB}%", f"80{NB}%"),
    ]  # fmt: skip
    text = " ".join(read.sentences)
    assert "only fresh rankings tell" in text
    assert f"Replies grew 50{NB}% longer" in text
    assert f"20{NB}% of its replies do not end" in text
    sample = read.samples[0]
    assert (sample.messages, sample.before, sample.after) == ([("user", "Hi")], "a", "")
    assert (sample.reward_before, sample.reward_after) == ("-1", "2")


def test_a_policy_that_gained_nothing_and_one_that_strayed():
    assert "The reward did not rise." in read_policy(PPO | {"reward_after": 0.1}).sentences
    assert "kl_stop" in read_policy(PPO | {"stopped": "kl"}).sentences[0]
    assert any("shorter" in one for one in read_policy(PPO | {"length_after": 20.0}).sentences)


@pytest.mark.parametrize(
    "broken",
    [{}, {"reward_before": 10**400}, {"samples": "x"}, {"samples": [1, {"messages": 3}]}, {"reward_after": "x"}],
)
def test_another_versions_policy_report_is_read_as_far_as_it_goes(broken):
    assert read_policy(broken).changes == []


def test_facts_are_written_out_one_level_deep():
    facts = facts_of({"mean_tokens": 12.34567, "finish_reasons": {"stop": 38, "length": 2}, "left_out": {}, "x": [1]})
    assert facts == [("Mean tokens", "12.35"), ("Finish reasons", "stop: 38, length: 2")]
