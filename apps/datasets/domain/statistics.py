"""What a dataset card says in numbers, counted record by record."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from apps.core.domain.ranking import comparisons

from .records import (
    CompletionRecord,
    ConsensusRecord,
    DemonstrationRecord,
    LabelerRecord,
    PromptRecord,
    RankingRecord,
    RatingsRecord,
    Record,
)


@dataclass(slots=True)
class Statistics:
    """Memory grows with the number of labelers, models, languages and use cases, not with that of records."""

    rows: int = 0
    labelers: Counter[LabelerRecord] = field(default_factory=Counter)
    guidelines: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    cohorts: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    use_cases: Counter[str] = field(default_factory=Counter)
    sizes: Counter[int] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    imported: int = 0
    surplus: int = 0
    methods: Counter[str] = field(default_factory=Counter)
    parts: Counter[int] = field(default_factory=Counter)
    claimed: float = 0.0
    pairs: int = 0
    tied_pairs: int = 0
    decided: int = 0
    longer_won: int = 0

    def add(self, record: Record) -> None:
        self.rows += 1
        self.splits[record.split] += 1
        self.languages[record.language or "not stated"] += 1
        self.use_cases[record.use_case or "not stated"] += 1
        if isinstance(record, RankingRecord | RatingsRecord | DemonstrationRecord):
            self._add_judgment(record)
        if isinstance(record, RankingRecord | RatingsRecord | PromptRecord):
            self.sizes[len(record.completions)] += 1
            self.models.update(map(_writer, record.completions))
        if isinstance(record, RankingRecord):
            self._add_ranking(record)

    def _add_judgment(self, record: RankingRecord | RatingsRecord | DemonstrationRecord) -> None:
        if isinstance(record, ConsensusRecord):
            self._add_consensus(record)
            return
        self.labelers[record.labeler] += 1
        self.cohorts[f"{record.split}, {record.labeler.cohort}"] += 1
        named = record.guideline
        self.guidelines[f"{named.track} {named.number}" if named else "none of this project"] += 1
        self.imported += record.imported
        self.surplus += record.surplus

    def _add_consensus(self, record: ConsensusRecord) -> None:
        """Its labelers are those of the judgments it was made of."""
        self.methods[record.method] += 1
        self.parts[len(record.judgments)] += 1
        self.claimed += record.reliability or 0.0
        self.labelers.update(part.labeler for part in record.judgments)
        self.cohorts[f"{record.split}, {record.labeler.cohort}"] += 1
        self.imported += record.imported

    def _add_ranking(self, record: RankingRecord) -> None:
        """Ties, and how often the longer of two texts won: the best known bias of rankings."""
        k, pairs = len(record.tiers), comparisons(record.tiers)
        self.pairs += len(pairs)
        self.tied_pairs += k * (k - 1) // 2 - len(pairs)
        for better, worse in pairs:
            won, lost = len(record.completions[better].text), len(record.completions[worse].text)
            self.decided += won != lost
            self.longer_won += won > lost

    @property
    def tie_share(self) -> float:
        total = self.pairs + self.tied_pairs
        return self.tied_pairs / total if total else 0.0

    @property
    def longer_share(self) -> float:
        return self.longer_won / self.decided if self.decided else 0.0


@dataclass(slots=True)
class Agreement:
    """How often two labelers who ranked the same candidates said the same of two of them: better, worse or equal."""

    tasks: int = 0
    agreeing: int = 0
    compared: int = 0

    def add(self, rankings: Sequence[Sequence[int]]) -> None:
        """All rankings of one task."""
        self.tasks += 1
        for first, second in combinations(rankings, 2):
            for one, other in combinations(range(len(first)), 2):
                self.agreeing += _sign(first[one] - first[other]) == _sign(second[one] - second[other])
                self.compared += 1

    @property
    def share(self) -> float:
        return self.agreeing / self.compared if self.compared else 0.0


def _writer(completion: CompletionRecord) -> str:
    return completion.model or ("a member, no model" if completion.origin == "member" else "not stated")


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)
