"""Models and tokenizers from a folder of the input, a local folder or the hub: one code path, never remote code."""

import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from workers.rlhf.frame import processes, sharding
from workers.rlhf.frame.errors import BadInput, failure_kind
from workers.rlhf.frame.files import folder_sha256, sync_folder
from workers.rlhf.frame.job import Job
from workers.rlhf.language.render import Renderer
from workers.rlhf.language.revisions import commit_for

PAD = "<|pad|>"
HEAD = "score."  # the reward head, which a language model has none of
PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
LONGEST = 300  # characters of what a library says of a model that it cannot load
# What libraries raise where a folder's files are not what they look for: RuntimeError for weights of other shapes, the
# last three where a JSON file holds another kind of thing.
FAULTS = (OSError, ValueError, RuntimeError, SafetensorError, TypeError, AttributeError, LookupError)
HUB = "hub:"
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
    return Place(setting, named["id"], named["revision"], f"{HUB}{value}")


def find(job: Job, setting: str) -> Place:
    """The place of the model that the job's spec names in `setting`, noted among the job's inputs."""
    place = _pinned(job, locate(setting, getattr(job.spec, setting), job.input.resolve()))
    job.inputs[setting] = place.identity
    return place


def _pinned(job: Job, place: Place) -> Place:
    """A hub's model at the commit that its revision means to this run."""
    commit = commit_for(job, place.path, place.revision) if place.identity.startswith(HUB) else None
    return replace(place, revision=commit, identity=f"{HUB}{place.path}@{commit}") if commit else place


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
    loaded: PreTrainedModel = _load_weights(AutoModelForCausalLM, place, config).to(device).eval()
    return loaded


def load_reward(place: Place, device: torch.device, *, new_head: bool = True, **config: Any) -> PreTrainedModel:
    """A model with one score a token, in float32, in evaluation mode; a new head where `place` is a language model.

    Without `new_head` a model that has none is refused: it would score at random.

    A completion's reward is the score at its last token (Batch.last), its EOS: call the base model and its head
    `score`. The class's own pooling searches for padding, so it is not used.
    """
    config |= {"num_labels": 1}
    model = _load_weights(AutoModelForSequenceClassification, place, config, made_anew=HEAD if new_head else "")
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
    """The model and its tokenizer in `folder`, whole or not at all. Of several processes the first writes them."""
    state = sharding.whole_weights(model) if sharding.is_sharded(model) else None
    if processes.is_first():
        _write_model(folder, model, renderer, state)
    processes.wait()


def _write_model(folder: Path, model: PreTrainedModel, renderer: Renderer, state: dict[str, Any] | None) -> None:
    new = folder.with_name(folder.name + ".new")
    for leftover in (new, folder):
        if leftover.is_dir():
            shutil.rmtree(leftover)
    try:
        model.save_pretrained(new, state_dict=state)
        renderer.tokenizer.save_pretrained(new)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)  # on a full disk its room is needed to say so
        raise
    new.replace(folder)
    sync_folder(folder.parent)


def count_parameters(model: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _load_weights(kind: Any, place: Place, config: dict[str, Any], made_anew: str = "") -> Any:
    """A model in float32, every weight of it read from safetensors, but those whose names begin with `made_anew`.

    transformers fills up what a file lacks with random numbers and goes on; a model that is partly that is refused.
    """
    if pickled := _only_pickled(place):
        raise BadInput(
            place.setting,
            f"{place.setting}: the weights of {place.path} are pickled ({pickled}), and unpickling may run code; "
            "only safetensors are read. Save the model again as safetensors.",
        )
    model, told = _load(kind, place, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **config)
    missing = sorted(name for name in told["missing_keys"] if not (made_anew and name.startswith(made_anew)))
    if missing:
        raise BadInput(
            place.setting,
            f"{place.setting}: {place.path} lacks {len(missing)} of the weights that its config.json speaks of, "
            f"{missing[0]} among them.",
        )
    return model


def _only_pickled(place: Place) -> str:
    """The name of a pickled file of a folder without any safetensors; empty where there is none, or for a hub's model."""
    folder = Path(place.path)
    if not folder.is_dir() or any(folder.glob("*.safetensors")):
        return ""
    return next((path.name for path in sorted(folder.iterdir()) if path.suffix in PICKLED), "")


def _load(kind: Any, place: Place, **options: Any) -> Any:
    try:
        return kind.from_pretrained(place.path, revision=place.revision or "main", trust_remote_code=False, **options)
    except FAULTS as error:
        if failure_kind(error, set()) != "error":  # a full disk, say: not the spec's fault
            raise
        raise BadInput(place.setting, f"{place.setting}: {_why_not(place, str(error))}") from error


def _why_not(place: Place, said: str) -> str:
    if "trust_remote_code" in said:
        return f"{place.path} needs code of its own, and code that comes with a model is never run."
    said = " ".join(said.split())
    return f"{place.path} could not be loaded: {said if len(said) <= LONGEST else said[:LONGEST] + '...'}"
