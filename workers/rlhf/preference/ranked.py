"""The rankings of a snapshot, gathered by prompt: what the reward model learns from and is measured on."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from apps.core.domain.ranking import comparisons
from apps.datasets.domain.records import Message, RankingRecord
from workers.rlhf.frame.records import read_records
from workers.rlhf.preference.kwise import Pair

TRAIN, VALIDATION = "train", "validation"  # the test split is for evaluations: nothing here reads it

TIES_ONLY = "rankings that hold ties only"
CORRECTED = "rankings that a later one corrects"
EQUAL_TEXTS = "comparisons of two equal texts"


@dataclass(frozen=True, slots=True)
class Judged:
    """One labeler's ranking: ordered pairs of positions in the prompt's texts, and tied ones where ties are kept.

    `tiers` (1 best) and `shown` (0 first; empty where nobody recorded the order) are by position, too.
    """

    labeler: str
    kind: str
    pairs: list[Pair]
    cohort: str = ""
    tiers: dict[int, int] = field(default_factory=dict)
    shown: dict[int, int] = field(default_factory=dict)
    ties: list[Pair] = field(default_factory=list)

    @property
    def by_one(self) -> bool:
        """A pool, or a ranking made of several, is not one labeler."""
        return self.kind not in ("pool", "consensus")


@dataclass(slots=True)
class RankedPrompt:
    """A prompt, the distinct texts that were ranked on it, and every ranking of them that holds a comparison."""

    uid: str
    split: str
    messages: list[Message]
    context: str | None = None
    texts: list[str] = field(default_factory=list)
    rankings: list[Judged] = field(default_factory=list)
    use_case: str = ""

    @property
    def comparisons(self) -> int:
        return sum(len(ranking.pairs) for ranking in self.rankings)


def count_comparisons(prompts: Iterable[RankedPrompt]) -> int:
    return sum(prompt.comparisons for prompt in prompts)


def read_rankings(path: Path, *, keep_ties: bool = False) -> tuple[list[RankedPrompt], Counter[str]]:
    """The prompts of the train and validation splits, in the file's order, and what was left out of them and why.

    Unless `keep_ties`, rankings hold no ties, and those of nothing else are left out.

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
            prompt = RankedPrompt(
                record.prompt_uid, record.split, record.messages, record.context,
                use_case=record.use_case or record.judged_use_case,
            )  # fmt: skip
            prompts[prompt.uid] = prompt
        _add(prompt, record, left_out, keep_ties)
    return [prompt for prompt in prompts.values() if prompt.rankings], left_out


def _add(prompt: RankedPrompt, record: RankingRecord, left_out: Counter[str], keep_ties: bool) -> None:
    ranked = comparisons(record.tiers)
    if not ranked and not keep_ties:
        left_out[TIES_ONLY] += 1
        return
    where = [_position(prompt, completion.text) for completion in record.completions]
    pairs = [(where[better], where[worse]) for better, worse in ranked if where[better] != where[worse]]
    if len(pairs) < len(ranked):
        left_out[EQUAL_TEXTS] += len(ranked) - len(pairs)
    ties = _ties(where, record.tiers) if keep_ties else []
    if pairs or ties:
        by = record.labeler
        tiers = dict(zip(where, record.tiers, strict=True))
        prompt.rankings.append(Judged(by.pseudonym, by.kind, pairs, by.cohort, tiers, _shown(record, where), ties))


def _ties(where: list[int], tiers: list[int]) -> list[Pair]:
    """The pairs of different texts in one tier."""
    said = combinations(zip(where, tiers, strict=True), 2)
    return [(one, other) for (one, first), (other, second) in said if first == second and one != other]


def _shown(record: RankingRecord, where: list[int]) -> dict[int, int]:
    """The place at which each text was shown; none where the record does not say it of every completion."""
    order = record.shown_order or []
    if sorted(order) != list(range(len(where))):
        return {}
    return {where[candidate]: place for place, candidate in enumerate(order)}


def _position(prompt: RankedPrompt, text: str) -> int:
    """Where the text stands among the prompt's, added at the end if it is new. There are a handful."""
    if text not in prompt.texts:
        prompt.texts.append(text)
    return prompt.texts.index(text)
