"""TRL's RewardTrainer on exploded pairs, in the environment of tests/consumers, an optimiser step for each line on stdin.

In, as arguments: the model, the pairs, a folder of its own, pairs a forward, forwards a step, steps.
Out, after each step: {"seconds": of it, "trl": version}.
"""

import sys
from typing import Any

import torch
import trl
from datasets import load_dataset
from transformers import AutoModelForSequenceClassification, AutoTokenizer, TrainerCallback
from trl import RewardConfig, RewardTrainer

from bench.reward_turns import Turns


class Clock(TrainerCallback):
    def __init__(self) -> None:
        self.turns = Turns()

    def on_step_begin(self, *given: Any, **named: Any) -> None:
        if not hasattr(self.turns, "began"):
            self.turns.wait()

    def on_step_end(self, args: Any, state: Any, control: Any, **named: Any) -> None:
        self.turns.say(trl=trl.__version__)
        if state.global_step < state.max_steps:
            self.turns.wait()


def main(model: str, pairs: str, output: str, batch: str, accumulate: str, steps: str) -> None:
    torch.set_num_threads(1)
    settings = RewardConfig(
        output_dir=output, max_steps=int(steps), per_device_train_batch_size=int(batch),
        gradient_accumulation_steps=int(accumulate), learning_rate=9e-6, max_length=512, use_cpu=True, bf16=False,
        gradient_checkpointing=False, save_strategy="no", report_to="none", disable_tqdm=True,
    )  # fmt: skip
    RewardTrainer(
        AutoModelForSequenceClassification.from_pretrained(model, num_labels=1, dtype=torch.float32), settings,
        train_dataset=load_dataset("json", data_files=pairs, split="train"),
        processing_class=AutoTokenizer.from_pretrained(model), callbacks=[Clock()],
    ).train()  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
