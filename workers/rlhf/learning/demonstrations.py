"""The demonstrations of a snapshot as tokens, by split, and what was left out of them and why.

What is learned is the labeler's reply and its end. An assistant's earlier turns in a conversation are part of the
prompt: no labeler wrote or chose them, so they are read and not learned.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from apps.datasets.domain.records import DemonstrationRecord
from workers.rlhf.frame.records import read_records
from workers.rlhf.language.render import Renderer
from workers.rlhf.learning.optimise import Pair

TRAIN, VALIDATION = "train", "validation"  # the test split is for evaluations: nothing is learned or chosen by it


@dataclass(frozen=True, slots=True)
class Limits:
    """In tokens. `context` is how many the model can read, None where its config does not say."""

    prompt: int
    completion: int
    context: int | None

    def broken_by(self, pair: Pair) -> str | None:
        prompt, completion = map(len, pair)
        if prompt > self.prompt:
            return f"prompts over {self.prompt} tokens"
        if completion > self.completion:
            return f"completions over {self.completion} tokens"
        if self.context is not None and prompt + completion > self.context:
            return f"longer than the model's context of {self.context} tokens"
        return None


@dataclass(slots=True)
class Demonstrations:
    train: list[Pair] = field(default_factory=list)
    validation: list[Pair] = field(default_factory=list)
    held_out: list[DemonstrationRecord] = field(default_factory=list)  # the records of `validation`
    left_out: Counter[str] = field(default_factory=Counter)


def read_demonstrations(path: Path, renderer: Renderer, limits: Limits) -> Demonstrations:
    """Those of the train and validation splits. Raises BadInput that names the line that is not a demonstration."""
    records = list(read_records(path, DemonstrationRecord))
    corrected = {record.supersedes for record in records if record.supersedes}
    read = Demonstrations()
    for record in records:
        pair = renderer.prompt_ids(record.messages, record.context), renderer.completion_ids(record.text)
        if record.split not in (TRAIN, VALIDATION):
            read.left_out[f"of the {record.split} split"] += 1
        elif record.uid in corrected:
            read.left_out["corrected by a later one"] += 1
        elif reason := limits.broken_by(pair):
            read.left_out[reason] += 1
        elif record.split == TRAIN:
            read.train.append(pair)
        else:
            read.validation.append(pair)
            read.held_out.append(record)
    return read
