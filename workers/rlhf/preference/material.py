"""What a reward model learns from and is measured on, read from a job's input: rankings and demonstrations as tokens."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from apps.datasets.domain.records import DemonstrationRecord
from apps.training.domain.specs import DEMONSTRATIONS, RANKINGS, RewardSpec
from workers.rlhf.frame.errors import BadInput
from workers.rlhf.frame.job import Job
from workers.rlhf.frame.records import read_records
from workers.rlhf.language.render import Ids, Renderer
from workers.rlhf.preference.encoded import Encoded, Limits, encode
from workers.rlhf.preference.ranked import TRAIN, RankedPrompt, count_comparisons, read_rankings
from workers.rlhf.preference.ties import DROP

WIDEST = 2**31  # the context of a model that states none
Pair = tuple[Ids, Ids]  # prompt, reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Prompts of the train split are learned from, those of the validation split held out; the test split is not read."""

    learned: Sequence[Encoded]
    held_out: Sequence[Encoded]
    demonstrations: Sequence[Pair]  # on prompts of the train split
    limits: Limits
    left_out: Counter[str]


def read_enough(job: Job, spec: RewardSpec) -> tuple[list[RankedPrompt], Counter[str]]:
    """The ranked prompts, and what was left out of them. Raises BadInput on fewer than `min_comparisons`.

    It reads no model, so that a run with too few rankings ends at once.
    """
    prompts, left_out = read_rankings(job.file(RANKINGS), keep_ties=spec.ties != DROP)
    _require_enough(prompts, spec, left_out)
    return prompts, left_out


def as_tokens(
    job: Job,
    spec: RewardSpec,
    prompts: Sequence[RankedPrompt],
    left_out: Counter[str],
    renderer: Renderer,
    context: int | None,
) -> Material:
    """`context` is how many tokens the model reads. Raises BadInput where too little is within the limits."""
    limits = Limits(spec.max_prompt_tokens, spec.max_completion_tokens, context or WIDEST)
    encoded = encode(prompts, renderer, limits, left_out)
    _require_enough([one.prompt for one in encoded], spec, left_out)
    return Material(
        learned=[one for one in encoded if one.prompt.split == TRAIN],
        held_out=[one for one in encoded if one.prompt.split != TRAIN],
        demonstrations=_demonstrations(job, renderer, limits, left_out),
        limits=limits,
        left_out=left_out,
    )


def pairs_of(prompts: Sequence[Encoded]) -> list[Pair]:
    return [pair for one in prompts for pair in one.pairs]


def _require_enough(prompts: Sequence[RankedPrompt], spec: RewardSpec, left_out: Counter[str]) -> None:
    found = count_comparisons(prompt for prompt in prompts if prompt.split == TRAIN)
    if found < spec.min_comparisons:
        raise BadInput(RANKINGS, _too_few(found, spec, left_out))


def _too_few(found: int, spec: RewardSpec, left_out: Counter[str]) -> str:
    reasons = ", ".join(f"{reason} ({count:,})" for reason, count in sorted(left_out.items()))
    return (
        f"{RANKINGS}: {found:,} comparisons on prompts of the train split, {spec.min_comparisons:,} are needed "
        f"(min_comparisons). Ties {'give none' if spec.ties == DROP else 'are learned from, but are none'}."
        + (f" Left out: {reasons}." if reasons else "")
    )


def _demonstrations(job: Job, renderer: Renderer, limits: Limits, left_out: Counter[str]) -> list[Pair]:
    """Demonstrations on prompts of the train split; none where the input has no such file."""
    if not (job.input / DEMONSTRATIONS).is_file():
        return []
    given = list(read_records(job.file(DEMONSTRATIONS), DemonstrationRecord))
    corrected = {record.supersedes for record in given}
    pairs = []
    for record in given:
        if record.split != TRAIN or record.uid in corrected:
            continue
        prompt = renderer.prompt_ids(record.messages, record.context)
        text = renderer.completion_ids(record.text)
        if limits.refuses_prompt(prompt) or limits.refuses_completion(prompt, text):
            left_out["demonstrations over the limits of tokens"] += 1
        else:
            pairs.append((prompt, text))
    return pairs
