"""Models and tokenizers from a folder of the input, a local folder or the hub: one code path, never remote code."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from workers.rlhf.errors import BadInput, failure_kind
from workers.rlhf.files import folder_sha256, sync_folder
from workers.rlhf.job import Job
from workers.rlhf.render import Renderer

PAD = "<|pad|>"
_HUB_ID = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w./-]+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model is. `setting` is the field of the spec that names it; `identity` goes into the manifest."""

    setting: str
    path: str  # a folder or a hub id
    revision: str | None
    identity: str


def locate(setting: str, value: str, folder: Path) -> Place:
    """The model that `value`, the spec's `setting`, names; `folder` is the job's input. Raises BadInput."""
    for candidate in (folder / value, Path(value)):
        if candidate.is_absolute() and (candidate / "config.json").is_file():
            return Place(setting, str(candidate), None, folder_sha256(candidate))
    if Path(value).is_absolute():
        raise BadInput(setting, f"{setting}: {value} is not a folder with a model's config.json.")
    named = _HUB_ID.fullmatch(value)
    if named is None:
        raise BadInput(
            setting,
            f"{setting}: {value!r} is neither a model folder of the input, nor an absolute folder, "
            "nor a hub id such as org/name or org/name@revision.",
        )
    return Place(setting, named["id"], named["revision"], f"hub:{value}")


def find(job: Job, setting: str) -> Place:
    """The place of the model that the job's spec names in `setting`, noted among the job's inputs."""
    place = locate(setting, getattr(job.spec, setting), job.input.resolve())
    job.inputs[setting] = place.identity
    return place


def load_tokenizer(place: Place) -> PreTrainedTokenizerBase:
    tokenizer: PreTrainedTokenizerBase = _load(AutoTokenizer, place)
    return tokenizer


def load_config(place: Place) -> PreTrainedConfig:
    config: PreTrainedConfig = _load(AutoConfig, place)
    return config


def context_length(config: PreTrainedConfig) -> int | None:
    """How many tokens a model can read, None where its config sets no limit."""
    return getattr(config.get_text_config(), "max_position_embeddings", None)


def load_policy(place: Place, device: torch.device, **config: Any) -> PreTrainedModel:
    """A causal language model, in float32, in evaluation mode. `config` overrides fields of its config."""
    model = _load(AutoModelForCausalLM, place, dtype=torch.float32, **config)
    loaded: PreTrainedModel = model.to(device).eval()
    return loaded


def load_reward(place: Place, device: torch.device, **config: Any) -> PreTrainedModel:
    """A model with one score a token, in float32, in evaluation mode; a new head where `place` is a language model.

    A completion's reward is the score at its last token (Batch.last), its EOS: call the base model and its head
    `score`. The class's own pooling searches for padding, so it is not used.
    """
    model = _load(AutoModelForSequenceClassification, place, dtype=torch.float32, num_labels=1, **config)
    loaded: PreTrainedModel = model.to(device).eval()
    return loaded


def own_pad(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> bool:
    """Give a base whose padding is missing, or is its EOS, a padding token of its own; whether that was needed.

    The new embedding is drawn near the mean of the others, since a small random one would dominate the logits of
    models such as GPT-2, whose logits are all far below 0.
    """
    if tokenizer.pad_token_id is not None and tokenizer.pad_token_id != tokenizer.eos_token_id:
        return False
    tokenizer.add_special_tokens({"pad_token": PAD})
    embeddings: Any = model.get_input_embeddings()
    if len(tokenizer) > embeddings.weight.shape[0]:
        model.resize_token_embeddings(len(tokenizer))
    model.config.pad_token_id = tokenizer.pad_token_id
    if model.generation_config is not None:
        model.generation_config.pad_token_id = tokenizer.pad_token_id
    return True


def save_model(folder: Path, model: PreTrainedModel, renderer: Renderer) -> None:
    """The model and its tokenizer in `folder`, whole or not at all."""
    new = folder.with_name(folder.name + ".new")
    for leftover in (new, folder):
        if leftover.is_dir():
            shutil.rmtree(leftover)
    model.save_pretrained(new)
    renderer.tokenizer.save_pretrained(new)
    new.replace(folder)
    sync_folder(folder.parent)


def count_parameters(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _load(kind: Any, place: Place, **options: Any) -> Any:
    try:
        return kind.from_pretrained(place.path, revision=place.revision or "main", trust_remote_code=False, **options)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: weights of other shapes
        if failure_kind(error, set()) != "error":  # a full disk, say: not the spec's fault
            raise
        raise BadInput(place.setting, f"{place.setting}: {place.path} could not be loaded: {error}") from error
