"""What a dataset card says in numbers, counted record by record."""

from collections import Counter
from dataclasses import dataclass, field

from apps.core.domain.ranking import comparisons

from .records import DemonstrationRecord, LabelerRecord, PromptRecord, RankingRecord, Record


@dataclass(slots=True)
class Statistics:
    """Memory grows with the number of labelers, models and prompts, not with their texts."""

    rows: int = 0
    prompt_uids: set[str] = field(default_factory=set)
    labelers: Counter[LabelerRecord] = field(default_factory=Counter)
    guidelines: Counter[str] = field(default_factory=Counter)
    splits: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    use_cases: Counter[str] = field(default_factory=Counter)
    sizes: Counter[int] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    imported: int = 0
    surplus: int = 0
    pairs: int = 0
    tied_pairs: int = 0
    decided: int = 0
    longer_won: int = 0

    def add(self, record: Record) -> None:
        self.rows += 1
        self.prompt_uids.add(record.prompt_uid)
        self.splits[record.split] += 1
        self.languages[record.language or "not stated"] += 1
        self.use_cases[record.use_case or "not stated"] += 1
        if isinstance(record, RankingRecord | DemonstrationRecord):
            self._add_judgment(record)
        if isinstance(record, RankingRecord | PromptRecord):
            self.sizes[len(record.completions)] += 1
            self.models.update(one.model or "not stated" for one in record.completions)
        if isinstance(record, RankingRecord):
            self._add_ranking(record)

    def _add_judgment(self, record: RankingRecord | DemonstrationRecord) -> None:
        self.labelers[record.labeler] += 1
        named = record.guideline
        self.guidelines[f"{named.track} {named.number}" if named else "none of this project"] += 1
        self.imported += record.imported
        self.surplus += record.surplus

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
