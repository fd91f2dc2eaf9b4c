"""kto.jsonl: TRL's unpaired preferences, one completion a row with a label that says whether it is desirable.

The label comes from what the labeler said of the completion itself, where every completion of the ranking has an
`overall` rating: on the better side of the middle of the form's scale is desirable, on the other is not, the middle
itself gives no row. Without ratings it comes from the ranking: the first tier is desirable, the last is not, what lies
between and a ranking that is all one tie give no row. So a rating is a word about one text, a tier only about the texts
beside it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .records import RankingRecord, Record, model_messages


@dataclass(frozen=True, slots=True)
class Overall:
    """The scale `overall` of one form. `higher_is_better` is false where it asks for something bad."""

    low: int
    high: int
    higher_is_better: bool = True

    def desirable(self, rating: int) -> bool | None:
        """Null in the middle."""
        twice = 2 * rating - self.low - self.high
        return None if twice == 0 else (twice > 0) == self.higher_is_better


def kto_rows(record: Record, *, forms: Mapping[int, Overall]) -> Iterator[dict[str, Any]]:
    """`forms`: the scale of each of the project's forms that has one, by its number."""
    assert isinstance(record, RankingRecord)
    prompt = model_messages(record.messages, record.context)
    scale = None if record.schema is None else forms.get(record.schema)
    for completion, label in zip(record.completions, _labels(record, scale), strict=True):
        if label is not None:
            yield {
                "prompt": prompt,
                "completion": [{"role": "assistant", "content": completion.text}],
                "label": label,
                "prompt_uid": record.prompt_uid,
                "ranking_uid": record.uid,
            }


def _labels(record: RankingRecord, scale: Overall | None) -> list[bool | None]:
    ratings = [(rating or {}).get("overall") for rating in record.ratings or []]
    if scale and ratings and all(isinstance(rating, int) for rating in ratings):
        return [scale.desirable(rating) for rating in ratings if rating is not None]
    last = max(record.tiers)
    return [None if last == 1 or 1 < tier < last else tier == 1 for tier in record.tiers]
