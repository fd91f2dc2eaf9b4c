"""What is said of a finished reward model: accuracy on held-out prompts, and the numbers it must be read beside."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from workers.rlhf.card.agreement import agreement
from workers.rlhf.card.baselines import bag_of_words, lengths, tally
from workers.rlhf.card.interval import Accuracy, Floats, accuracy
from workers.rlhf.card.table import Values
from workers.rlhf.preference.ranked import RankedPrompt, count_comparisons

NO_VALIDATION = "No prompt of the validation split has a comparison."
NO_PAIR_TWICE = "No two labelers ordered the same two candidates."
NO_BASELINES = "Simple rules are measured on the held-out comparisons, and there are none."
TOO_FEW_WORDS = "A bag of words needs two comparisons on training prompts."


def reward_report(
    *,
    train: Sequence[RankedPrompt],
    held_out: Sequence[RankedPrompt],
    rewards: tuple[Values, Values],
    left_out: Mapping[str, int],
    resamples: int,
    seed: int,
) -> dict[str, Any]:
    """The report of a reward run. `rewards` are those of the texts of the train and of the held-out prompts.

    Intervals are 95 %, by resampling prompts. A number that cannot be had is null, with the reason beside it.
    """

    def measured(tallied: tuple[Floats, Floats]) -> Accuracy | None:
        return accuracy(*tallied, resamples=resamples, seed=seed)

    def shown(prompts: Sequence[RankedPrompt], values: Values) -> dict[str, Any] | None:
        found = measured(tally(prompts, values))
        return asdict(found) if found else None

    of_train, of_held_out = rewards
    asked = count_comparisons(held_out)
    words = bag_of_words(train, held_out)
    heard = held_out if agreement(held_out)[1].any() else [*train, *held_out]
    agreed = measured(agreement(heard))
    return {
        "held_out": shown(held_out, of_held_out),
        "why_no_held_out": None if asked else NO_VALIDATION,
        "train": shown(train, of_train),
        "baselines": {
            "length": _with_rule(shown(held_out, lengths(held_out))),
            "bag_of_words": shown(held_out, words) if words else None,
        },
        "why_no_baselines": NO_BASELINES if not asked else None if words else TOO_FEW_WORDS,
        "agreement": {**asdict(agreed), "on": "held-out prompts" if heard is held_out else "all prompts"} if agreed else None,
        "why_no_agreement": None if agreed else _why_no_agreement([*train, *held_out]),
        "comparisons": count_comparisons(train),
        "held_out_comparisons": asked,
        "prompts": len(train),
        "left_out": dict(left_out),
    }  # fmt: skip


def _with_rule(length: dict[str, Any] | None) -> dict[str, Any] | None:
    """Says which way length points: under a half, it is the shorter text that wins."""
    if length is None:
        return None
    share = length["accuracy"]
    wins = "longer" if share > 0.5 else "shorter" if share < 0.5 else "neither"
    return {**length, "rule": "the longer text wins", "more_often_better": wins}


def _why_no_agreement(prompts: Sequence[RankedPrompt]) -> str:
    people = {ranking.labeler for prompt in prompts for ranking in prompt.rankings if ranking.by_one}
    if not people:
        return "Every ranking is a pool's or made of several, and neither is one labeler."
    return "One labeler made every ranking." if len(people) == 1 else NO_PAIR_TWICE
