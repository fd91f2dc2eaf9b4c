"""A group of prompts to its completions, by a model in this process.

A prompt is read once for all its samples: its key-value cache is copied to as many rows as it has samples. Rows that
have ended leave the batch.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from apps.training.domain.specs import GenerateSpec
from workers.rlhf.candidates.completion import Completion, cut_at, sample_seed
from workers.rlhf.candidates.drawing import RowDice
from workers.rlhf.frame.job import Job
from workers.rlhf.frame.program import Interrupted
from workers.rlhf.language.batches import pad_left
from workers.rlhf.language.render import Ids, Renderer
from workers.rlhf.language.roomy_cache import roomy_cache

# Rows that have ended leave the batch once so many of its rows have: moving the cache costs as much as a few steps.
LEAVE_AT = 0.25
BYTES = 4  # a character of a stop text may take so many tokens
MARGIN = 8  # tokens before it: decoders look at a few to know whether a word begins


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt and its tokens."""

    prompt_uid: str
    ids: Ids


@dataclass(slots=True)
class Draw:
    """A completion in the making; `end` is how it ended, empty while it goes on."""

    question: Question
    index: int
    seed: int
    limit: int
    tokens: Ids = field(default_factory=list)
    end: str = ""


class Completer:
    """`share` False reads a prompt anew for each of its samples, which the benchmark compares with."""

    def __init__(
        self, job: Job, spec: GenerateSpec, model: Any, renderer: Renderer, context: int | None, *, share: bool = True
    ) -> None:
        self.job, self.spec, self.model, self.renderer = job, spec, model, renderer
        self.context, self.share = context, share
        self.last_position = sys.maxsize if context is None else context - 1
        self.tail = BYTES * max(map(len, spec.stop), default=0) + MARGIN

    def complete(self, group: Sequence[Question]) -> list[Completion]:
        """`samples` completions of each prompt, in order. Raises Interrupted when asked to stop: none is made then."""
        draws = [self._draw(question, index) for question in group for index in range(self.spec.samples)]
        for start in range(0, len(draws), self.spec.batch_size):
            self._write(draws[start : start + self.spec.batch_size])
        return [self._completion(draw) for draw in draws]

    def _draw(self, question: Question, index: int) -> Draw:
        """Its limit is the prompt's own, whatever stands beside it in the batch."""
        room = self.spec.max_completion_tokens
        if self.context is not None:
            room = min(room, self.context - len(question.ids))
        return Draw(question, index, sample_seed(self.spec.seed, question.prompt_uid, index), room)

    @torch.no_grad()
    def _write(self, draws: Sequence[Draw]) -> None:
        dice = RowDice([draw.seed for draw in draws], self.spec.temperature, self.spec.top_p)
        logits, cache, mask, positions = self._read(draws)
        alive = list(range(len(draws)))  # the draw that each row of the batch writes
        while True:
            if self.job.stopping:
                raise Interrupted("stopped within a batch, which is made again")
            tokens = dice.draw(logits.float(), alive)
            for row, token in enumerate(tokens.tolist()):
                self._take(draws[alive[row]], token)
            going = [row for row, number in enumerate(alive) if not draws[number].end]
            if not going:
                return
            if len(going) <= (1 - LEAVE_AT) * len(alive):
                kept = torch.tensor(going, device=self.job.device)
                cache.batch_select_indices(kept)
                tokens, mask, positions = tokens[kept], mask[kept], positions[kept]
                alive = [alive[row] for row in going]
            # Beyond the context are only rows that have ended there and wait for others to leave with them.
            positions = (positions + 1).clamp(max=self.last_position)
            mask = torch.cat([mask, mask.new_ones(len(alive), 1)], dim=1)
            logits = self._next(tokens[:, None], cache, mask, positions)

    def _read(self, draws: Sequence[Draw]) -> tuple[Tensor, Any, Tensor, Tensor]:
        """The prompts, each once, then a row for each draw: next-token logits, cache, mask, and the last position."""
        own = [draw.question for draw in draws]
        read = list({question.prompt_uid: question for question in own}.values()) if self.share else own
        ids, mask = (given.to(self.job.device) for given in pad_left([one.ids for one in read], self.renderer.pad_id))
        positions = (mask.cumsum(dim=1) - 1).clamp(min=0)
        cache = roomy_cache(self.model.config)
        logits, last = self._next(ids, cache, mask, positions), positions[:, -1:]
        if not self.share:
            return logits, cache, mask, last
        places = {question.prompt_uid: place for place, question in enumerate(read)}
        rows = torch.tensor([places[question.prompt_uid] for question in own], device=self.job.device)
        cache.batch_select_indices(rows)
        return logits[rows], cache, mask[rows], last[rows]

    def _next(self, ids: Tensor, cache: Any, mask: Tensor, positions: Tensor) -> Tensor:
        """(B, V): what follows the last of ids (B, T), which the cache then holds."""
        made = self.model(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=cache, use_cache=True,
            logits_to_keep=1,
        )  # fmt: skip
        logits: Tensor = made.logits[:, -1]
        return logits

    def _take(self, draw: Draw, token: int) -> None:
        if draw.end:  # it waits for others to leave with it
            return
        draw.tokens.append(token)
        if token == self.renderer.eos_id or self._has_stop(draw.tokens):
            draw.end = "stop"
        elif len(draw.tokens) == draw.limit:
            draw.end = "length"

    def _has_stop(self, tokens: Ids) -> bool:
        """Looked for near the end: what stood earlier would have ended it then."""
        return bool(self.spec.stop) and cut_at(self.renderer.text(tokens[-self.tail :]), self.spec.stop) is not None

    def _completion(self, draw: Draw) -> Completion:
        text = self.renderer.text(draw.tokens)
        cut = cut_at(text, self.spec.stop)
        return Completion(
            prompt_uid=draw.question.prompt_uid,
            sample_index=draw.index,
            text=text if cut is None else cut,
            finish_reason=draw.end if cut is None else "stop",
            tokens=len(draw.tokens),
            seed=draw.seed,
        )
