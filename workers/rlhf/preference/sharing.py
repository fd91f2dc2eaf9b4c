"""Which form a run uses: the quickest that gives this model's own answer on this run's prompts.

Whether completions may share a prompt depends on the model: a sliding window that ends within a text, distances that
are no position ids (ALiBi), a state instead of keys and values, all break it. So a form is tried before it is used, on
the longest prompt of the run and on the shortest, and the plain form stands in where it fails. The trial is in float32
whatever the run computes in: there rounding hides no wrong mask.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from workers.rlhf.frame import sharding
from workers.rlhf.frame.errors import failure_kind
from workers.rlhf.learning.precision import keeps_activations
from workers.rlhf.preference.encoded import Encoded
from workers.rlhf.preference.forms import CACHE, FORMS, MASK, PLAIN, Form
from workers.rlhf.preference.groups import Asked

AUTO = "auto"
QUICKEST = (CACHE, MASK)  # first the quicker: docs/researchers.md has the measurement
COMPLETIONS_TRIED = 3  # of either prompt
# The most that two forms' states may differ by, as a share of their size: rounding is far below, a wrong mask far above.
NEAR = 1e-3
log = logging.getLogger("rlhf")


@dataclass(frozen=True, slots=True)
class Choice:
    form: Form
    why: str

    def to_json(self) -> dict[str, str]:
        return {"used": self.form.name, "why": self.why}


def choose(model: Any, wanted: str, prompts: Sequence[Encoded], pad_id: int, longest: int = 0) -> Choice:
    """The form that the spec wants, `auto` the quickest; the plain one, with the reason, where that does not agree.

    `longest`: tokens of the longest text that the run may read beside the prompts'.
    """
    made = _choose(model, wanted, prompts, pad_id, max(longest, *(one.longest for one in prompts)))
    log.info("Form %s: %s", made.form.name, made.why)
    return made


def _choose(model: Any, wanted: str, prompts: Sequence[Encoded], pad_id: int, longest: int) -> Choice:
    if wanted == PLAIN.name:
        return Choice(PLAIN, "The spec asks for it.")
    refused: list[str] = []
    for form in QUICKEST if wanted == AUTO else (FORMS[wanted],):
        obstacle = _obstacle(model, form, longest) or _difference(model, form, prompts, pad_id)
        if obstacle is None:
            return Choice(
                form, " ".join([*refused, "It gives what the plain form gives on this run's longest prompt."])
            )
        refused.append(f"{form.name}: {obstacle}.")
    return Choice(PLAIN, " ".join(refused))


def _obstacle(model: Any, form: Form, longest: int) -> str | None:
    """What the model's settings say against a form, in words."""
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None) if getattr(config, "use_sliding_window", True) else None
    if window and window < longest:
        return f"the model's sliding window of {window:,} tokens is shorter than the longest text of {longest:,}"
    if form is CACHE and sharding.wanted():
        return "all processes forward a model in parts as often, and how often this form does hangs on the texts"
    if form is CACHE and not keeps_activations(model):
        return "gradient checkpointing keeps no keys and values"
    return None


@torch.no_grad()
def _difference(model: Any, form: Form, prompts: Sequence[Encoded], pad_id: int) -> str | None:
    """What trying says against a form."""
    ordered = sorted(prompts, key=lambda one: one.longest)
    tried = [_some(ordered[-1]), _some(ordered[0])]
    plain = PLAIN.states(model, tried, pad_id)
    try:
        found = form.states(model, tried, pad_id)
    except (TypeError, ValueError, RuntimeError, AttributeError, LookupError) as error:
        if failure_kind(error, set()) != "error":  # out of memory, say, which is not the form's fault
            raise
        return f"{type(model).__name__} does not take it ({type(error).__name__})"
    apart = _apart(plain, found)
    if not apart <= NEAR:  # not a number is not near
        return f"{type(model).__name__} answers otherwise, its states differ by {apart:.1g} of their size"
    return None


def _some(one: Encoded) -> Asked:
    return Asked(one.ids, sorted(one.completions, key=len)[-COMPLETIONS_TRIED:])


def _apart(one: Tensor, other: Tensor) -> float:
    sizes = one.float().norm(dim=-1).clamp(min=torch.finfo(torch.float32).tiny)
    return float(((one.float() - other.float()).norm(dim=-1) / sizes).max())
