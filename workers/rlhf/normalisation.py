"""Where a reward model's zero and unit lie: reward = (raw - zero) / scale. PPO does not start without them."""

from dataclasses import asdict, dataclass
from typing import Any

from torch import Tensor

SMALLEST = 1e-6  # a spread below this is rounding


@dataclass(frozen=True, slots=True)
class Normalisation:
    """`origin`, written as "from": the sentence that says what zero and scale were measured on; n: texts behind zero."""

    zero: float
    scale: float
    origin: str
    n: int

    def to_json(self) -> dict[str, Any]:
        given = asdict(self)
        return {"from": given.pop("origin"), **given}


def normalise(completions: Tensor, demonstrations: Tensor) -> Normalisation:
    """From raw rewards of the training completions, (N,), and of the demonstrations on training prompts, (D,).

    Demonstrations score 0 on average, as InstructGPT's do (C.2); without any, the training completions do.
    """
    source = demonstrations if len(demonstrations) else completions
    what = "demonstrations on training prompts" if len(demonstrations) else "training completions"
    spread = float(completions.double().std(correction=0))
    flat = spread < SMALLEST
    said = f"Zero is the mean raw reward of {len(source):,} {what}; " + (
        f"the raw rewards of {len(completions):,} training completions do not differ, so the scale is 1."
        if flat
        else f"the scale is the standard deviation over {len(completions):,} training completions."
    )
    return Normalisation(float(source.double().mean()), 1.0 if flat else spread, said, len(source))
