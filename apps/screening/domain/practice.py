"""Practice: what is right, and when the exam opens."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.labeling.domain.submission import Submission

from .answers import flags_said
from .exam import FLAGS, RANKINGS, Exam, Item
from .scoring import pair_counts, ranking_score


def is_right(item: Item, exam: Exam, answer: Submission) -> bool:
    """All flags as the researchers set them; a ranking that reaches the exam's cut-off with the researchers'."""
    if item.part == FLAGS:
        return flags_said(answer) == dict(item.key)
    score = ranking_score([pair_counts(answer.tiers or (), [one.tiers for one in item.references])])
    return (score.with_ties.value or 0) >= exam.cutoffs[RANKINGS]


@dataclass(frozen=True, slots=True)
class Standing:
    """Of the `last` different items practised most recently, how many are right as they were answered last."""

    right: int
    counted: int
    last: int
    needed: int

    @property
    def passed(self) -> bool:
        return self.counted >= self.last and self.right >= self.needed


def standing(exam: Exam, tries: Sequence[tuple[str, bool]], *, visible: Sequence[Item]) -> Standing:
    """`tries` are (item, right), oldest first. A retry replaces what was said of its item before.

    Where somebody sees fewer items than the rule counts (the sensitive ones are not accepted), those are counted.
    """
    last = min(exam.rule.last, len(visible))
    latest: dict[str, bool] = {}
    for item, right in tries:
        latest.pop(item, None)
        latest[item] = right
    window = list(latest.values())[-last:] if last else []
    return Standing(sum(window), len(window), last, min(exam.rule.right, last))


def next_item(exam: Exam, tries: Sequence[tuple[str, bool]], *, visible: Sequence[Item]) -> Item | None:
    """The first item not tried yet; then the one whose last answer is wrong and longest ago; then the longest ago."""
    latest: dict[str, tuple[int, bool]] = {item: (place, right) for place, (item, right) in enumerate(tries)}
    fresh = [item for item in visible if item.id not in latest]
    if fresh:
        return fresh[0]
    return min(visible, key=lambda item: (latest[item.id][1], latest[item.id][0]), default=None)
