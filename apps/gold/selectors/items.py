"""Gold items as those who made them look at them: how they did, and which are in doubt."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from apps.core.domain.errors import NotFound
from apps.projects.models import Project
from apps.prompts.models import Completion
from apps.prompts.selectors import messages_of

from ..domain.key import Pair
from ..domain.standing import Answer, Doubt, doubts_of
from ..models import GoldItem
from .scores import GoldAnswer


@dataclass(frozen=True, slots=True)
class ItemNumbers:
    """How often an item was answered, and passed, and how good labelers did on it."""

    answers: int = 0
    passed: int = 0
    doubt: Doubt = field(default_factory=Doubt)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """`question` is the prompt's last message. `proposed`: good labelers fail on it, so its key is likely to be wrong."""

    item: GoldItem
    question: str
    numbers: ItemNumbers

    @property
    def proposed(self) -> bool:
        return self.item.retired_at is None and self.numbers.doubt.is_proposed


def gold_items(project: Project) -> QuerySet[GoldItem]:
    """Newest first."""
    return GoldItem.objects.filter(task__project=project).select_related("task__prompt", "made_by").order_by("-id")


def item_numbers(answers: Iterable[GoldAnswer], threshold: float) -> dict[int, ItemNumbers]:
    """Of each item that was answered; `answers` are all of the project's: who is good is judged by everything they
    answered."""
    given = list(answers)
    doubts = doubts_of((Answer(one.item, one.member, one.score.passed) for one in given if one.counts), threshold)
    passed = Counter(one.item for one in given if one.score.passed)
    return {
        item: ItemNumbers(many, passed[item], doubts.get(item, Doubt()))
        for item, many in Counter(one.item for one in given).items()
    }


def item_rows(items: Iterable[GoldItem], numbers: Mapping[int, ItemNumbers]) -> list[ItemRow]:
    return [
        ItemRow(item, messages_of(item.task.prompt)[-1]["content"], numbers.get(item.pk, ItemNumbers()))
        for item in items
    ]


def gold_item(project: Project, uid: Any) -> GoldItem:
    item = gold_items(project).filter(uid=uid).first()
    if item is None:
        raise NotFound("There is no such gold item in this project.")
    return item


@dataclass(frozen=True, slots=True)
class Placed:
    """A candidate of an item by its number from 1, and what the key says of it, by numbers."""

    number: int
    completion: Completion
    beats: list[int]
    beats_or_ties: list[int]


def placed(item: GoldItem) -> list[Placed]:
    texts = Completion.objects.in_bulk(item.task.candidates)
    return [
        Placed(
            place + 1, texts[pk], _worse(item.key, place, may_tie=False), _worse(item.key, place, may_tie=True)
        )
        for place, pk in enumerate(item.task.candidates)
    ]  # fmt: skip


def _worse(key: Iterable[Pair], place: int, *, may_tie: bool) -> list[int]:
    return [pair.worse + 1 for pair in key if pair.better == place and pair.may_tie is may_tie]
