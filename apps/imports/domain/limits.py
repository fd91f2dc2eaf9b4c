"""Who still has room: prompts a source, prompts a use case."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.core.domain.errors import RuleBroken


@dataclass(slots=True)
class Limits:
    """`sources` and `use_cases` count the project's prompts; `take` adds one where both have room."""

    cap_per_source: int | None
    quotas: Mapping[str, int]
    sources: Counter[str] = field(default_factory=Counter)
    use_cases: Counter[str] = field(default_factory=Counter)

    def check(self, source: str, use_case: str) -> None:
        """Raises RuleBroken where a new prompt would be one too many."""
        if self.cap_per_source is not None and source and self.sources[source] >= self.cap_per_source:
            raise RuleBroken(
                f"source_key: the project has {self.cap_per_source} prompts of this source, the most options.cap_per_source allows.",
                field="source_key", code="source_full",
            )  # fmt: skip
        quota = self.quotas.get(use_case)
        if quota is not None and self.use_cases[use_case] >= quota:
            raise RuleBroken(
                f"use_case: the project has {quota} prompts of {use_case or 'no use case'}, the most options.use_case_quotas allows.",
                field="use_case", code="use_case_full",
            )  # fmt: skip

    def take(self, source: str, use_case: str) -> None:
        self.sources[source] += 1
        self.use_cases[use_case] += 1
