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


def normalise(completions: Tensor, demonstrations: Tensor, samples: Tensor) -> Normalisation:
    """From raw rewards of the training completions, (N,), of the demonstrations on training prompts, (D,), and of
    replies that the SFT model gives to them, (S,). Of the last two there may be none.

    Demonstrations score 0 on average, as InstructGPT's do (C.2), else the SFT model's replies do. The unit is the
    deviation of the SFT model's replies, since PPO's rewards begin as theirs. Training completions stand in for either.
    """
    of = {
        "demonstrations on training prompts": demonstrations,
        "replies of the SFT model": samples,
        "training completions": completions,
    }
    what, source = next((name, found) for name, found in of.items() if len(found))
    whose, measured = next((name, found) for name, found in list(of.items())[1:] if len(found) > 1)
    spread = float(measured.double().std(correction=0))
    flat = spread < SMALLEST
    said = f"Zero is the mean raw reward of {len(source):,} {what}; " + (
        f"the raw rewards of {len(measured):,} {whose} do not differ, so the scale is 1."
        if flat
        else f"the scale is the standard deviation over {len(measured):,} {whose}."
    )
    return Normalisation(float(source.double().mean()), 1.0 if flat else spread, said, len(source))
