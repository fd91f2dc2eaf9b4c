"""What the page of an SFT run says of its report: no more than it holds, and nothing where it holds nothing."""

from typing import Any

import pytest

from apps.training.domain.readings.sft import read_sft
from tests.cast import Cast
from tests.training.pages import show, text_of
from tests.training.rows import a_model, a_run

REPORT: dict[str, Any] = {
    "demonstrations": 1200, "validation_demonstrations": 60, "left_out": {"prompts over 1024 tokens": 3},
    "train_loss": 1.234, "validation_loss": 1.6, "reward": 0.7,
    "tokens": {"learned": 24_000, "seen": 100_000}, "template": "own", "pad_added": False,
    "selection": {
        "by": "reward", "why": "A reward model was given.", "prompts": 48, "kept_epoch": 2, "loss_epoch": 1,
        "epochs": [
            {"epoch": 0, "step": 0, "validation_loss": 3.0, "reward": -1.0, "ended": 0.5},
            {"epoch": 1, "step": 5, "validation_loss": 1.5, "reward": 0.4, "ended": 0.9},
            {"epoch": 2, "step": 10, "validation_loss": 1.6, "reward": 0.7, "ended": 0.8},
            {"epoch": 3, "step": 15, "validation_loss": 1.9, "reward": 0.6, "ended": 1.0},
        ],
        "ahead_of_last": {"mean": 0.1, "low": -0.1, "high": 0.3},
        "ahead_of_loss": {"mean": 0.3, "low": 0.1, "high": 0.5},
    },
    "packing": {"used": True, "why_not": None, "padding": 0.25, "padding_packed": 0.02},
    "lora": {"rank": 8, "alpha": 16.0, "targets": ["q_proj"], "learned_parameters": 5_000, "parameters": 100_000},
    "precision": "float32", "dropout": {"setting": "attention_dropout", "value": 0.2},
}  # fmt: skip


def test_it_says_which_epoch_was_kept_and_what_speaks_for_it():
    assert read_sft(REPORT).sentences == [
        "Epoch 2 was kept: the reward model scores its replies best.",
        "By the loss on validation demonstrations it would have been epoch 1.",
        "Its replies score 0.1 more than the last epoch's on the same prompts (-0.1 to 0.3). "
        "The interval holds 0: that it is better is not shown.",
        "They score 0.3 more than those of the epoch of the lowest loss (0.1 to 0.5).",
        "Its loss on validation demonstrations is above the lowest one. InstructGPT's rose after the first epoch too, "
        "while people liked the replies better.",
        "20\u00a0% of its replies do not end by themselves.",
    ]


def test_the_epochs_and_the_facts():
    read = read_sft(REPORT)

    assert [(one.number, one.reward, one.marks) for one in read.epochs] == [
        (0, "-1", ["before"]), (1, "0.4", ["lowest loss"]), (2, "0.7", ["kept"]), (3, "0.6", []),
    ]  # fmt: skip
    facts = dict(read.facts)
    assert facts["Tokens with a loss (replies and their ends)"] == "24,000 / 100,000"
    assert facts["LoRA: rank, alpha"] == "8, 16"
    assert facts["LoRA: parameters learned"] == "5,000 / 100,000"
    assert facts["Padding in packed rows"] == "2.0\u00a0%"
    assert facts["Dropout"] == "0.2 (attention_dropout)"
    assert "Not packed" not in facts
    assert read.left_out == {"prompts over 1024 tokens": 3}


@pytest.mark.parametrize(
    ("selection", "sentence"),
    [
        ({"by": "last", "kept_epoch": 3, "why": "So."}, "Epoch 3, the last, was kept. So."),
        ({"by": "loss", "kept_epoch": 3}, "Epoch 3 was kept: its loss on validation demonstrations is the lowest."),
    ],
)
def test_the_other_ways(selection: dict[str, Any], sentence: str):
    assert read_sft({"selection": selection}).sentences == [sentence]


def test_a_report_of_an_older_program():
    read = read_sft(
        {"demonstrations": 50, "left_out": {}, "train_loss": 0.5, "validation_loss": 0.7, "pad_added": True}
    )

    assert dict(read.facts) == {
        "Demonstrations learned from": "50",
        "Loss on the training demonstrations": "0.5",
        "Loss on the validation demonstrations": "0.7",
    }
    assert read.sentences == ["The base had no padding token apart from its end token, so it got one."]
    assert read.epochs == []


@pytest.mark.parametrize("odd", [{}, {"selection": 3}, {"selection": {"epochs": [1, {"epoch": "x"}], "kept_epoch": "2"}},
                                 {"tokens": {"learned": True}, "lora": [], "left_out": {"a": "b"}, "train_loss": float("inf")}])  # fmt: skip
def test_what_is_not_what_it_should_be_is_left_out(odd: dict[str, Any]):
    read = read_sft(odd)
    assert (read.sentences, read.epochs, read.facts, read.left_out) == ([], [], [], {})


@pytest.mark.django_db
def test_the_page(cast: Cast, researcher: Any):
    why = {"packing": {**REPORT["packing"], "why_not": "<b>Bloom</b> takes no position_ids."}}
    run = a_run(cast.project, "sft", "done", report={**REPORT, **why}, reward_model=a_model(cast.project, "reward"))
    page = show(researcher, f"runs/{run.uid}/")

    assert "Epoch 2 was kept: the reward model scores its replies best." in text_of(page)
    assert "&lt;b&gt;Bloom&lt;/b&gt; takes no position_ids." in page
    assert "Left out: 3 prompts over 1024 tokens." in text_of(page)


@pytest.mark.django_db
def test_the_page_of_a_run_without_a_report(cast: Cast, researcher: Any):
    run = a_run(cast.project, "sft", "running")

    assert "which epoch was kept" not in show(researcher, f"runs/{run.uid}/")
