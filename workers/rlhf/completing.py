"""A group of prompts to its completions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessorList, PreTrainedModel, StoppingCriteria, StoppingCriteriaList

from apps.training.domain.specs import GenerateSpec
from workers.rlhf.batches import pad_left
from workers.rlhf.drawing import RowDice, sample_seed
from workers.rlhf.job import Job
from workers.rlhf.program import Interrupted
from workers.rlhf.render import Ids, Renderer


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt and its tokens."""

    prompt_uid: str
    ids: Ids


@dataclass(frozen=True, slots=True)
class Completion:
    """A line of completions.jsonl. `tokens` counts the end token where there is one."""

    prompt_uid: str
    sample_index: int
    text: str
    finish_reason: str  # stop or length
    tokens: int
    seed: int


@dataclass(frozen=True, slots=True)
class Draw:
    """A completion to make."""

    question: Question
    index: int
    seed: int


class Completer:
    def __init__(
        self, job: Job, spec: GenerateSpec, model: PreTrainedModel, renderer: Renderer, context: int | None
    ) -> None:
        self.job, self.spec, self.model, self.renderer, self.context = job, spec, model, renderer, context
        # A model's own generation settings (a repetition penalty, a top_k...) would be silently merged with ours.
        model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
            eos_token_id=renderer.eos_id, pad_token_id=renderer.pad_id
        )

    def complete(self, group: Sequence[Question]) -> list[Completion]:
        """`samples` completions of each prompt, in order. Raises Interrupted when asked to stop: none is made then."""
        draws = [
            Draw(question, index, sample_seed(self.spec.seed, question.prompt_uid, index))
            for question in group
            for index in range(self.spec.samples)
        ]
        size = self.spec.batch_size
        return [one for start in range(0, len(draws), size) for one in self._complete(draws[start : start + size])]

    @torch.no_grad()
    def _complete(self, draws: Sequence[Draw]) -> list[Completion]:
        ids, mask = pad_left([draw.question.ids for draw in draws], self.renderer.pad_id)
        width = ids.shape[1]
        limit = self.spec.max_completion_tokens
        if self.context is not None:
            limit = min(limit, self.context - width)
        model: Any = self.model
        tokens = model.generate(
            ids.to(self.job.device),
            attention_mask=mask.to(self.job.device),
            max_new_tokens=limit,
            do_sample=False,  # RowDice draws
            logits_processor=LogitsProcessorList(
                [RowDice([draw.seed for draw in draws], self.spec.temperature, self.spec.top_p)]
            ),
            stopping_criteria=StoppingCriteriaList([_Told(self.job)]),
        )
        if self.job.stopping:
            raise Interrupted("stopped within a batch, which is made again")
        rows: list[Ids] = tokens[:, width:].tolist()
        return [self._completion(draw, row) for draw, row in zip(draws, rows, strict=True)]

    def _completion(self, draw: Draw, row: Ids) -> Completion:
        """`row` is what was sampled, with padding after its end token where others of the batch went on."""
        ended = self.renderer.eos_id in row
        count = row.index(self.renderer.eos_id) + 1 if ended else len(row)
        return Completion(
            prompt_uid=draw.question.prompt_uid,
            sample_index=draw.index,
            text=self.renderer.text(row[:count]),
            finish_reason="stop" if ended else "length",
            tokens=count,
            seed=draw.seed,
        )


class _Told(StoppingCriteria):
    """Ends a batch early when the job is asked to stop: a supervisor waits 20 seconds only."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def __call__(self, input_ids: Tensor, scores: Tensor, **kwargs: object) -> Tensor:
        """(B,) bool: which rows are done."""
        return torch.full((input_ids.shape[0],), self.job.stopping, device=input_ids.device)
