"""What a run is asked to do: one frozen spec per program, checked before any compute is spent.

The page, the API and the ML programs parse specs with this module, so they agree on what is wrong with one.
Defaults marked "C.n" are InstructGPT's (arXiv 2203.02155, appendix C); the others are said where they stand.
"""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, ClassVar, get_type_hints

from apps.core.domain.canonical import content_hash
from apps.core.domain.errors import RuleBroken

# A program's inputs, by the names they have in its --input folder.
RANKINGS, DEMONSTRATIONS, PROMPTS = "rankings.jsonl", "demonstrations.jsonl", "prompts.jsonl"
DIALOGUES = "dialogues.jsonl"
BASE, POLICY, REWARD = "base", "policy", "reward"


def number(default: float, low: float, high: float, *, open_low: bool = False) -> Any:
    """A numeric field with its bounds; `open_low` leaves `low` itself out."""
    return field(default=default, metadata={"low": low, "high": high, "open_low": open_low})


def choice(default: str, *allowed: str) -> Any:
    return field(default=default, metadata={"allowed": allowed})


def text(longest: int) -> Any:
    """A free text of at most so many characters; empty by default."""
    return field(default="", metadata={"longest": longest})


def texts(most: int, longest: int) -> Any:
    """A list of at most `most` different texts, none of them empty; none by default."""
    return field(default=(), metadata={"most": most, "longest": longest})


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What every program is told. `threads` is torch's CPU threads: with 1 the same seed gives the same weights."""

    program: ClassVar[str]
    seed: int = number(0, 0, 2**31 - 1)
    threads: int = number(1, 1, 256)
    device: str = choice("auto", "auto", "cpu", "cuda")
    checkpoint_every: int = number(50, 1, 1_000_000)  # optimiser steps

    def to_json(self) -> dict[str, Any]:
        return {"program": self.program, **{name: _plain(value) for name, value in asdict(self).items()}}

    @property
    def sha256(self) -> str:
        return content_hash(self.to_json())


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainSpec(Spec):
    """A small Llama on given dialogues, or on text this project generates: a base where no model hub is reachable."""

    program: ClassVar[str] = "pretrain"
    vocabulary: int = number(1_500, 300, 100_000)
    width: int = number(128, 16, 4_096)
    layers: int = number(3, 1, 64)
    heads: int = number(4, 1, 64)
    context: int = number(512, 32, 8_192)  # tokens
    dialogues: int = number(4_000, 50, 1_000_000)  # how many to generate, or the most of those given
    steps: int = number(600, 1, 1_000_000)
    batch_size: int = number(16, 1, 4_096)  # sequences
    learning_rate: float = number(2e-3, 0, 1, open_low=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnModel(Spec):
    """A program that starts from a model: a folder of --input, else a local folder, else a hub id."""

    max_prompt_tokens: int = number(1_024, 8, 1_000_000)  # C: prompts over 1k tokens are left out
    max_completion_tokens: int = number(1_024, 1, 1_000_000)  # C: responses up to 1k


@dataclass(frozen=True, slots=True, kw_only=True)
class _Adapted(_OnModel):
    """A program that tunes a model, wholly or by LoRA."""

    lora_rank: int = number(0, 0, 1_024)  # 0: every weight is learned
    lora_alpha: float = number(16.0, 0, 4_096, open_low=True)  # adapters count lora_alpha / lora_rank times


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tuned(_Adapted):
    """And what it does where memory or time is short."""

    gradient_checkpointing: str = choice("off", "off", "on")
    precision: str = choice("auto", "auto", "float32", "bfloat16")  # auto: bfloat16 where a GPU has it


@dataclass(frozen=True, slots=True, kw_only=True)
class SftSpec(_Tuned):
    """Supervised fine-tuning on demonstrations (C.1: 16 epochs, batch 32, cosine to 10 %, no warm-up, dropout 0.2).

    `select` says which epoch is kept: auto is `reward` where a reward model is there to choose (C.1), else `last`.
    """

    program: ClassVar[str] = "sft"
    model: str = BASE
    reward: str = text(500)  # a reward model that only chooses among the epochs; empty: none
    epochs: int = number(16, 1, 1_000)
    batch_size: int = number(32, 1, 65_536)
    learning_rate: float = number(9.65e-6, 0, 1, open_low=True)
    dropout: float = number(0.2, 0, 0.9)
    packing: str = choice("off", "off", "auto")  # auto: wherever the model's family can
    select: str = choice("auto", "auto", "last", "loss", "reward")
    selection_prompts: int = number(64, 1, 100_000)  # validation prompts that are answered after each epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardSpec(_Tuned):
    """The reward model (C.2: 1 epoch, 64 prompts a batch, lr 9e-6 cosine to 10 %, ties dropped)."""

    program: ClassVar[str] = "reward"
    model: str = POLICY  # the SFT model
    epochs: int = number(1, 1, 1_000)
    batch_size: int = number(64, 1, 65_536)  # prompts: all pairs of a prompt share a batch element
    learning_rate: float = number(9e-6, 0, 1, open_low=True)
    min_comparisons: int = number(20, 1, 1_000_000_000)  # ordered pairs on training prompts
    bootstrap: int = number(1_000, 100, 100_000)  # resamples of prompts for the interval
    form: str = choice("auto", "auto", "plain", "mask", "cache")  # how completions share their prompt's tokens
    ties: str = choice("drop", "drop", "davidson", "rao-kupper")  # C.2 drops them
    sft_samples: int = number(128, 0, 100_000)  # replies of the SFT model, whose deviation is the scale
    # Further trainings for the report card; each costs up to what the model itself does.
    folds: int = number(0, 0, 20)  # groups of labelers, each left out once; C.2 has 5
    curve: int = number(0, 0, 8)  # points of a learning curve, each on half the prompts of the next
    ensemble: int = number(0, 0, 20)  # further seeds


@dataclass(frozen=True, slots=True, kw_only=True)
class PpoSpec(_OnModel):
    """PPO against a reward model, held near the SFT policy (C.4: beta 0.02, one inner epoch, clip 0.2, gamma 1).

    `gae_lambda` is not in the paper; 0.95 is lm-human-preferences'. `kl_stop` ends the run: the policy of the last
    update at or below it is kept.
    """

    program: ClassVar[str] = "ppo"
    policy: str = POLICY
    reward: str = REWARD
    episodes: int = number(256_000, 1, 1_000_000_000)
    batch_size: int = number(512, 1, 65_536)  # episodes an update
    minibatch_size: int = number(64, 1, 65_536)
    inner_epochs: int = number(1, 1, 16)
    learning_rate: float = number(9.65e-6, 0, 1, open_low=True)
    value_learning_rate: float = number(9e-6, 0, 1, open_low=True)
    warmup_updates: int = number(10, 0, 100_000)
    beta: float = number(0.02, 0, 100)  # per-token KL penalty
    kl_stop: float = number(15.0, 0, 1_000, open_low=True)  # nats a completion, to the SFT policy
    gamma: float = number(1.0, 0, 1)
    gae_lambda: float = number(0.95, 0, 1)
    clip: float = number(0.2, 0, 10, open_low=True)
    value_clip: float = number(0.2, 0, 10, open_low=True)
    missing_eos_penalty: float = number(1.0, 0, 1_000)  # in units of the reward's scale, where a reply does not end
    ema: float = number(0.992, 0, 0.999999)
    sample_prompts: int = number(6, 0, 200)  # shown before and after


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateSpec(_OnModel):
    """Candidates: `samples` completions of each prompt, by a model in process or at an endpoint (the last four settings)."""

    program: ClassVar[str] = "generate"
    model: str = POLICY
    samples: int = number(4, 1, 64)
    batch_size: int = number(32, 1, 65_536)  # completions in flight
    temperature: float = number(1.0, 0, 10, open_low=True)
    top_p: float = number(1.0, 0, 1, open_low=True)
    stop: tuple[str, ...] = texts(4, 200)  # a completion ends before the first of these
    system_prompt: str = text(20_000)  # before a prompt's own
    concurrency: int = number(8, 1, 512)  # requests in flight
    request_timeout: float = number(120.0, 0, 3_600, open_low=True)  # seconds, for a whole answer
    retries: int = number(5, 0, 20)  # of one request
    budget_tokens: int = number(0, 0, 1_000_000_000_000)  # prompts and completions; 0: no limit


SPECS: dict[str, type[Spec]] = {cls.program: cls for cls in (PretrainSpec, SftSpec, RewardSpec, PpoSpec, GenerateSpec)}


def parse_spec(program: str, given: Mapping[str, Any]) -> Spec:
    """The spec that `given` states, with defaults for the rest. Raises RuleBroken that names the field and the rule."""
    if program not in SPECS:
        raise RuleBroken(f"program: {program!r} is not one of {', '.join(SPECS)}.", field="program")
    if not isinstance(given, Mapping):
        raise RuleBroken("spec: an object of settings is expected.", field="spec")
    cls = SPECS[program]
    stated = {name: value for name, value in given.items() if name != "program"}
    if given.get("program", program) != program:
        raise RuleBroken(f"program: this is the spec of {given['program']!r}, not of {program!r}.", field="program")
    known = {one.name: one for one in fields(cls)}
    for name in stated:
        if name not in known:
            raise RuleBroken(
                f"{name}: {program} has no such setting. It has {', '.join(sorted(known))}.", field=str(name)
            )
    types = get_type_hints(cls)
    spec = cls(**{name: _checked(known[name], types[name], value) for name, value in stated.items()})
    _check_together(spec)
    return spec


def describe(program: str) -> list[dict[str, Any]]:
    """The settings of a program with type, default and bounds: what a form and the docs show."""
    cls = SPECS[program]
    types = get_type_hints(cls)
    return [
        {"name": one.name, "type": types[one.name].__name__, "default": _plain(one.default), **one.metadata}
        for one in fields(cls)
        if one.default is not MISSING
    ]


def _plain(value: Any) -> Any:
    """As JSON has it."""
    return list(value) if isinstance(value, tuple) else value


def _checked(one: Any, kind: Any, value: Any) -> Any:
    if "most" in one.metadata:
        return _checked_texts(one, value)
    if "longest" in one.metadata:
        return _checked_text(one, value)
    if kind is str:
        if not isinstance(value, str) or not value or "\x00" in value:
            raise RuleBroken(f"{one.name}: a text is expected, got {value!r}.", field=one.name)
        allowed = one.metadata.get("allowed")
        if allowed and value not in allowed:
            raise RuleBroken(f"{one.name}: {value!r} is not one of {', '.join(allowed)}.", field=one.name)
        return value
    whole = kind is int
    wanted = int if whole else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise RuleBroken(
            f"{one.name}: {'a whole number' if whole else 'a number'} is expected, got {value!r}.", field=one.name
        )
    low, high, open_low = one.metadata["low"], one.metadata["high"], one.metadata["open_low"]
    if not (low < value if open_low else low <= value) or not value <= high:
        bounds = f"over {low:g} and at most {high:g}" if open_low else f"from {low:g} to {high:g}"
        raise RuleBroken(f"{one.name}: it must be {bounds}, got {value!r}.", field=one.name)
    return value if whole else float(value)


def _checked_text(one: Any, value: Any) -> str:
    if not isinstance(value, str) or "\x00" in value or not _is_unicode(value):
        raise RuleBroken(f"{one.name}: a text without NUL characters is expected.", field=one.name)
    longest = one.metadata["longest"]
    if len(value) > longest:
        raise RuleBroken(f"{one.name}: at most {longest} characters, got {len(value)}.", field=one.name)
    return value


def _checked_texts(one: Any, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise RuleBroken(f"{one.name}: a list of texts is expected, got {value!r:.100}.", field=one.name)
    found = tuple(_checked_text(one, each) for each in value)
    if "" in found or len(set(found)) < len(found):
        raise RuleBroken(f"{one.name}: the texts must differ, and none may be empty.", field=one.name)
    if len(found) > one.metadata["most"]:
        raise RuleBroken(f"{one.name}: at most {one.metadata['most']} texts, got {len(found)}.", field=one.name)
    return found


def _is_unicode(value: str) -> bool:
    """Whether UTF-8 can hold it: JSON may spell half of a character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_together(spec: Spec) -> None:
    if isinstance(spec, PretrainSpec) and spec.width % (2 * spec.heads):
        raise RuleBroken(f"width: {spec.width} must be a multiple of twice the {spec.heads} heads.", field="width")
    if isinstance(spec, RewardSpec) and spec.folds == 1:
        raise RuleBroken("folds: 0 for none, or at least 2: who is left out needs others to learn from.", field="folds")
    if isinstance(spec, SftSpec) and spec.select == "reward" and not spec.reward:
        raise RuleBroken("select: reward needs a reward model; give one, or choose another way.", field="select")
    if isinstance(spec, PpoSpec) and spec.batch_size % spec.minibatch_size:
        raise RuleBroken(
            f"minibatch_size: {spec.minibatch_size} must divide batch_size {spec.batch_size}.", field="minibatch_size"
        )
