"""LoRA (arXiv 2106.09685): what is learned is a small product beside every linear layer; the weights themselves rest.

The model stays the object it was, with adapters inside, and `merge` makes it whole again: what is saved is a model like
any other. A token that was added to the vocabulary has an embedding that nobody taught, so its rows are learned too.
"""

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from transformers.pytorch_utils import Conv1D

from workers.rlhf.frame import sharding
from workers.rlhf.language.loading import count_parameters

# peft asks transformers by a name that transformers has renamed; nothing else is let through.
_RENAMED = ".is_gradient_checkpointing. is deprecated"


class Lora:
    """Adapters on every linear layer of `model` but its output head, which PEFT finds by the model's family."""

    def __init__(self, model: Any, *, rank: int, alpha: float, new_token: int | None = None) -> None:
        """`new_token` is one whose embedding has to be learned. A score head is learned whole and saved (trl#381)."""
        from peft import LoraConfig, TaskType, get_peft_model  # seconds of import, which most runs have no use for

        has_score = isinstance(getattr(model, "score", None), torch.nn.Linear)
        config = LoraConfig(
            task_type=TaskType.SEQ_CLS if has_score else TaskType.CAUSAL_LM,
            r=rank,
            lora_alpha=alpha,  # type: ignore[arg-type]  # PEFT divides by it; it need not be whole
            target_modules="all-linear",
            modules_to_save=["score"] if has_score else None,
            fan_in_fan_out=any(isinstance(module, Conv1D) for module in model.modules()),  # GPT-2's layers
            trainable_token_indices=None if new_token is None else _rows(model, new_token),
        )
        self.rank, self.alpha = rank, alpha
        self.whole = count_parameters(model)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", _RENAMED, FutureWarning)
            inside: Any = get_peft_model(model, config)
        self._peft = inside
        found = inside.peft_config["default"].target_modules
        self.targets = sorted({name.rpartition(".")[2] for name in found})
        self.learned = sum(one.numel() for one in model.parameters() if one.requires_grad)

    def merge(self) -> None:
        """The model's own weights become what weights and adapters were together; the adapters go."""
        self._peft.merge_and_unload()

    def to_json(self) -> dict[str, Any]:
        return {
            "rank": self.rank,
            "alpha": self.alpha,
            "targets": self.targets,
            "learned_parameters": self.learned,
            "parameters": self.whole,
        }


def adapted(model: Any, spec: Any, *, new_token: int | None = None) -> Lora | None:
    """Adapters as the spec's lora_rank and lora_alpha say; None where every weight is to be learned."""
    return Lora(model, rank=spec.lora_rank, alpha=spec.lora_alpha, new_token=new_token) if spec.lora_rank else None


def _rows(model: Any, token: int) -> list[int] | dict[str, list[int]]:
    """The token's rows of the input embeddings and, unless these are the same numbers, of the output head."""
    embeddings, head = model.get_input_embeddings(), model.get_output_embeddings()
    if head is None or head.weight is embeddings.weight:
        return [token]
    names = {id(module): name for name, module in model.named_modules()}
    return {names[id(one)].rpartition(".")[2]: [token] for one in (embeddings, head)}


def learned_state(model: torch.nn.Module) -> dict[str, Tensor]:
    """What a checkpoint needs of the model: its state; where some weights rest, only those that learn."""
    if all(one.requires_grad for one in model.parameters()):
        return dict(sharding.whole(model.state_dict()))
    return {name: one.detach() for name, one in model.named_parameters() if one.requires_grad}


def load_learned(model: torch.nn.Module, state: Mapping[str, Tensor]) -> None:
    """Puts `learned_state` back. Raises RuntimeError where it is another model's."""
    if all(one.requires_grad for one in model.parameters()):
        sharding.load_weights(model, dict(state))
        return
    own = {name: one for name, one in model.named_parameters() if one.requires_grad}
    if own.keys() != state.keys():
        raise RuntimeError("The state's weights are not those that this model learns.")
    with torch.no_grad():
        for name, one in own.items():
            one.copy_(state[name])
