"""What a reply is worth: a reward model's score, on the scale that its manifest states."""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from workers.rlhf.frame.errors import BadInput
from workers.rlhf.frame.manifest import MANIFEST
from workers.rlhf.language.loading import Place, load_reward, load_tokenizer
from workers.rlhf.language.render import Ids, Renderer
from workers.rlhf.preference.scoring import score


@dataclass(frozen=True, slots=True)
class Scorer:
    """A reward model behind texts: its tokenizer need not be the policy's (trl#3595). reward = (raw - zero) / scale."""

    model: Any
    renderer: Renderer
    zero: float
    scale: float

    @property
    def context(self) -> int | None:
        return context_of(self.model)

    def score(self, prompts: Sequence[Ids], texts: Sequence[str], between: Callable[[], None] = lambda: None) -> Tensor:
        """Rewards (B,), on the CPU, of replies as texts to prompts as this scorer's own tokens.

        A reply is rendered as the reward model learned from it, EOS last, also where the policy was cut off. What is
        over the model's context is left out before the EOS: it happens where the tokenizers differ. A prompt has to leave
        room for one token. `between` is called after each forward.
        """
        pairs = [(prompt, self._fitting(prompt, text)) for prompt, text in zip(prompts, texts, strict=True)]
        return (score(self.model, pairs, self.renderer.pad_id, between=between) - self.zero) / self.scale

    def _fitting(self, prompt: Ids, text: str) -> Ids:
        ids = self.renderer.completion_ids(text)
        room = len(ids) if self.context is None else self.context - len(prompt)
        return ids if len(ids) <= room else [*ids[: room - 1], ids[-1]]


def load_scorer(place: Place, device: torch.device) -> Scorer:
    """Raises BadInput where the folder does not say how its scores are normalised: PPO's settings are in that unit."""
    zero, scale = _normalisation(place)
    model: Any = load_reward(place, device, new_head=False)
    if not hasattr(model, "score"):
        raise BadInput(place.setting, f"{place.setting}: {type(model).__name__} has no head `score` over a decoder.")
    return Scorer(model, Renderer(load_tokenizer(place), place.setting), zero, scale)


def _normalisation(place: Place) -> tuple[float, float]:
    match _manifest(place):
        case {"normalisation": {"zero": int() | float() as zero, "scale": int() | float() as scale}}:
            pass
        case _:
            raise BadInput(
                place.setting,
                f"{place.setting}: normalisation is missing: its {MANIFEST} must state the zero and the scale of its "
                "scores, as the program reward writes them.",
            )
    if not (math.isfinite(zero) and math.isfinite(scale) and scale > 0):
        raise BadInput(
            place.setting,
            f"{place.setting}: normalisation: zero must be finite and scale must be over 0, got {zero:g} and {scale:g}.",
        )
    return float(zero), float(scale)


def _manifest(place: Place) -> Any:
    """None where there is none that can be read."""
    try:
        return json.loads((Path(place.path) / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return None


def context_of(model: Any) -> int | None:
    """How many tokens the model reads, None where its config does not say."""
    found: int | None = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return found
