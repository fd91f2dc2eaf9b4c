"""The rankings of a snapshot, gathered by prompt: what the reward model learns from and is measured on."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from apps.core.domain.ranking import comparisons
from apps.datasets.domain.records import Message, RankingRecord
from workers.rlhf.kwise import Pair
from workers.rlhf.records import read_records

TRAIN, VALIDATION = "train", "validation"  # the test split is for evaluations: nothing here reads it

TIES_ONLY = "rankings that hold ties only"
CORRECTED = "rankings that a later one corrects"
EQUAL_TEXTS = "comparisons of two equal texts"


@dataclass(frozen=True, slots=True)
class Judged:
    """One labeler's ranking: ordered pairs of positions in the prompt's texts. A pool is not one person."""

    labeler: str
    kind: str
    pairs: list[Pair]


@dataclass(slots=True)
class RankedPrompt:
    """A prompt, the distinct texts that were ranked on it, and every ranking of them that holds a comparison."""

    uid: str
    split: str
    messages: list[Message]
    context: str | None = None
    texts: list[str] = field(default_factory=list)
    rankings: list[Judged] = field(default_factory=list)

    @property
    def comparisons(self) -> int:
        return sum(len(ranking.pairs) for ranking in self.rankings)


def count_comparisons(prompts: Iterable[RankedPrompt]) -> int:
    return sum(prompt.comparisons for prompt in prompts)


def read_rankings(path: Path) -> tuple[list[RankedPrompt], Counter[str]]:
    """The prompts of the train and validation splits, in the file's order, and what was left out of them and why.

    A text that stands under several candidates of a prompt is kept once: each text is scored once, and two equal
    texts in different tiers teach nothing. Raises BadInput that names the file and the line.
    """
    records = [record for record in read_records(path, RankingRecord) if record.split in (TRAIN, VALIDATION)]
    corrected = {record.supersedes for record in records if record.supersedes}
    prompts: dict[str, RankedPrompt] = {}
    left_out: Counter[str] = Counter()
    for record in records:
        if record.uid in corrected:
            left_out[CORRECTED] += 1
            continue
        prompt = prompts.get(record.prompt_uid)
        if prompt is None:
            prompt = RankedPrompt(record.prompt_uid, record.split, record.messages, record.context)
            prompts[prompt.uid] = prompt
        _add(prompt, record, left_out)
    return [prompt for prompt in prompts.values() if prompt.rankings], left_out


def _add(prompt: RankedPrompt, record: RankingRecord, left_out: Counter[str]) -> None:
    ranked = comparisons(record.tiers)
    if not ranked:
        left_out[TIES_ONLY] += 1
        return
    where = [_position(prompt, completion.text) for completion in record.completions]
    pairs = [(where[better], where[worse]) for better, worse in ranked if where[better] != where[worse]]
    if len(pairs) < len(ranked):
        left_out[EQUAL_TEXTS] += len(ranked) - len(pairs)
    if pairs:
        prompt.rankings.append(Judged(record.labeler.pseudonym, record.labeler.kind, pairs))


def _position(prompt: RankedPrompt, text: str) -> int:
    """Where the text stands among the prompt's, added at the end if it is new. There are a handful."""
    if text not in prompt.texts:
        prompt.texts.append(text)
    return prompt.texts.index(text)
