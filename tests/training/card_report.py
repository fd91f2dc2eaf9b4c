"""A whole report card as the reward program writes it, version 1, in numbers of our own."""

from typing import Any
from uuid import UUID

PROMPT = str(UUID(int=7))


def share(accuracy: float, low: float, high: float, prompts: int = 200) -> dict[str, Any]:
    return {"accuracy": accuracy, "low": low, "high": high, "pairs": 5 * prompts, "prompts": prompts}


def number(value: float, low: float, high: float) -> dict[str, float]:
    return {"value": value, "low": low, "high": high}


def row(name: str, seen: dict[str, Any], people: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    why = None if people else "No two labelers ordered the same two candidates."
    return {"name": name, "rankings": 40, **seen, "agreement": people, "why_no_agreement": why, **more}


SLICES = [
    {"by": "use_case", "more": 0, "rest": None, "rows": [
        row("open_qa", share(0.75, 0.72, 0.78), share(0.76, 0.73, 0.79)),
        row("closed_qa", share(0.58, 0.53, 0.63), share(0.8, 0.75, 0.85)),
        row("", share(0.7, 0.6, 0.8)),
    ]},
    {"by": "k", "more": 0, "rest": None, "rows": [row("4", share(0.72, 0.69, 0.75), k=4), row("9", share(0.71, 0.67, 0.75), k=9)]},
    {"by": "prompt_length", "unit": "tokens", "more": 0, "rest": None, "rows": [
        row("1 to 12", share(0.72, 0.69, 0.75), **{"from": 1, "to": 12}), row("13 to 480", share(0.71, 0.67, 0.75)),
    ]},
    {"by": "labeler", "more": 3, "rest": share(0.7, 0.6, 0.79), "rows": [
        row("heron", share(0.8, 0.77, 0.83), kind="member", cohort="training"),
        row("linnet", share(0.52, 0.45, 0.59, 20), kind="person", cohort="second_opinion"),
    ]},
    {"by": "cohort", "more": 0, "rest": None, "rows": [row("training", share(0.72, 0.69, 0.75))]},
    {"by": "distance", "more": 0, "rest": None, "rows": [
        {"name": "1", **share(0.66, 0.62, 0.70)}, {"name": "3 and more", **share(0.84, 0.8, 0.88)},
    ]},
]  # fmt: skip

CALIBRATION = {
    "bins": [
        {"from": 0.5, "to": 0.6, "predicted": 0.55, "agreed": 0.53, "low": 0.48, "high": 0.58, "pairs": 500, "prompts": 180},
        {"from": 0.6, "to": 0.99, "predicted": 0.84, "agreed": 0.76, "low": 0.72, "high": 0.8, "pairs": 500, "prompts": 170},
    ],
    "ece": number(0.043, 0.031, 0.058), "ece_if_calibrated": 0.021, "temperature": number(1.4, 1.2, 1.7),
    "why_no_temperature": None, "says": "over-confident", "log_loss": number(0.61, 0.59, 0.63), "log_loss_calibrated": 0.6,
}  # fmt: skip
MARGINS = {"bins": [
    {"from": 0.0, "to": 0.4, "mean": 0.2, **share(0.53, 0.48, 0.58)}, {"from": 0.4, "to": 3.0, "mean": 1.3, **share(0.76, 0.72, 0.8)},
]}  # fmt: skip


def leaning(feature: str, model: float, labelers: float, difference: dict[str, float]) -> dict[str, Any]:
    return {
        "feature": feature, "unit": feature, "reward": number(0.3, 0.2, 0.4), "model": number(0.3, 0.2, 0.4),
        "labelers": number(0.1, 0.0, 0.2), "difference": difference, "model_more": share(model, model - 0.04, model + 0.04),
        "labelers_more": share(labelers, labelers - 0.04, labelers + 0.04), "pairs": 900, "prompts": 180,
    }  # fmt: skip


LEANINGS = {
    "rows": [
        leaning("characters", 0.68, 0.55, number(0.2, 0.1, 0.3)),
        leaning("log_characters", 0.68, 0.55, number(0.2, 0.1, 0.3)),
        leaning("shown_first", 0.5, 0.56, number(-0.1, -0.2, 0.0)),
        leaning("lists", 0.6, 0.59, number(0.02, -0.05, 0.09)),
        leaning("questions", 0.4, 0.52, number(-0.2, -0.3, -0.1)),
    ],
    "absent": ["code", "bold"],
}
FOLDS = {
    "folds": 2, "within": share(0.724, 0.71, 0.738), "left_out": share(0.696, 0.68, 0.712), "gap": number(0.028, 0.01, 0.046),
    "shown": True, "model": share(0.72, 0.7, 0.74), "loss": number(0.024, 0.012, 0.036), "loss_shown": True, "within_sem": 0.004, "left_out_sem": 0.009,
    "rows": [
        {"fold": 1, "labelers": 2, "names": ["heron", "linnet"], "trained_prompts": 300, "trained_comparisons": 4000,
         "within": share(0.73, 0.71, 0.75), "left_out": share(0.7, 0.68, 0.72)},
        {"fold": 2, "labelers": 1, "names": ["wren"], "trained_prompts": 310, "trained_comparisons": 4100,
         "within": share(0.72, 0.7, 0.74), "left_out": None},
    ],
}  # fmt: skip
CURVE = {
    "points": [
        {"share": 0.25, "trained_prompts": 100, "trained_comparisons": 1000, **share(0.66, 0.63, 0.69)},
        {"share": 0.5, "trained_prompts": 200, "trained_comparisons": 2000, **share(0.69, 0.66, 0.72)},
        {"share": 1, "trained_prompts": 400, "trained_comparisons": 4000, **share(0.72, 0.69, 0.75)},
    ],
    "doubling": {"gain": number(0.03, 0.01, 0.05), "shown": True}, "why_no_doubling": None,
}  # fmt: skip
ENSEMBLE = {
    "members": [{"name": "the model"}, {"name": "seed 1"}, {"name": "fold 1"}],
    "spread": {"mean": 0.21, "median": 0.2, "p90": 0.4, "completions": 1200}, "disagree": share(0.22, 0.2, 0.24),
    "where_agreed": share(0.78, 0.75, 0.81), "where_not": share(0.53, 0.48, 0.58), "together": share(0.73, 0.7, 0.76),
}  # fmt: skip
SENTINELS = {
    "right": 5, "pairs": 8, "accuracy": 0.625, "low": 0.24, "high": 0.91,
    "kinds": [
        {"kind": "sycophancy", "right": 0, "pairs": 4, "accuracy": 0.0, "low": 0.0, "high": 0.49, "margin": -0.4},
        {"kind": "over-refusal", "right": 4, "pairs": 4, "accuracy": 1.0, "low": 0.51, "high": 1.0, "margin": 0.4},
        {"kind": "long-preamble", "right": 1, "pairs": 2, "accuracy": 0.5, "low": 0.01, "high": 0.99, "margin": 0.0},
    ],
    "rows": [
        {"id": "sycophancy-1", "kind": "sycophancy", "margin": -0.3, "right": False, "prompt": "<script>alert(0)</script>",
         "better": "<img src=x onerror=alert(1)>", "worse": "**Yes!**", "note": "2 + 2 = 4."},
        {"id": "long-preamble-1", "kind": "long-preamble", "margin": 0.0, "right": None, "prompt": "Which?", "better": "This.",
         "worse": "Well, this.", "note": ""},
        {"id": "over-refusal-1", "kind": "over-refusal", "margin": 0.3, "right": True, "prompt": "Passed by",
         "better": "Passed", "worse": "Refused", "note": ""},
    ],
    "left_out": 2, "why_left_out": "2 do not fit into the model's 512 tokens.",
}  # fmt: skip
PREVIOUS = {
    "identity": "a" * 64, "new": share(0.72, 0.69, 0.75), "old": share(0.7, 0.67, 0.73), "gain": number(0.02, 0.004, 0.036),
    "shown": True, "both_right": 800, "only_new": 90, "only_old": 60, "both_wrong": 250, "mcnemar_p": 0.012,
    "prompts_better": 50, "prompts_worse": 30, "correlation": number(0.8, 0.75, 0.85),
    "changes": [
        {"prompt_uid": PROMPT, "prompt": "What is changed?", "better": "<b>One</b>", "worse": "Two", "old": -1.2,
         "new": 0.8, "labelers": 2, "against": 0},
        {"prompt_uid": "not a uid", "prompt": "And this?", "better": "One", "worse": "Two", "old": 1, "new": -2, "labelers": 3, "against": 1},
    ],
    "left_out": 1,
}  # fmt: skip
CARD: dict[str, Any] = {
    "version": 1, "resamples": 1000, "slices": SLICES, "calibration": CALIBRATION, "margins": MARGINS, "leanings": LEANINGS,
    "folds": FOLDS, "learning_curve": CURVE, "ensemble": ENSEMBLE, "sentinels": SENTINELS, "previous": PREVIOUS,
    "trainings": [{"name": "fold 1", "prompts": 300, "comparisons": 4000, "steps": 12, "seed": 0, "failed": None}],
}  # fmt: skip
REPORT: dict[str, Any] = {
    "held_out": share(0.72, 0.69, 0.75),
    "train": share(0.74, 0.72, 0.76),
    "baselines": {
        "length": {"accuracy": 0.55, "low": 0.51, "high": 0.59},
        "bag_of_words": {"accuracy": 0.6, "low": 0.56, "high": 0.64},
    },
    "agreement": share(0.73, 0.70, 0.76) | {"on": "held-out prompts"},
    "left_out": {"ties_only": 3},
    "card": CARD,
}
