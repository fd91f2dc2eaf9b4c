"""kto.jsonl: TRL's unpaired preferences, one completion a row with a label that says whether it is desirable.

The label comes from what the labeler said of the completion itself, where every completion of the ranking has an
`overall` rating (1 to 7): above the middle is desirable, below is not, the middle gives no row. Without ratings it
comes from the ranking: the first tier is desirable, the last is not, what lies between and a ranking that is all
one tie give no row. So a rating is a word about one text, a tier only about the texts beside it.
"""

from collections.abc import Iterator
from typing import Any

from .records import RankingRecord, Record, model_messages

MIDDLE = 4


def kto_rows(record: Record) -> Iterator[dict[str, Any]]:
    assert isinstance(record, RankingRecord)
    prompt = model_messages(record.messages, record.context)
    for completion, label in zip(record.completions, _labels(record), strict=True):
        if label is not None:
            yield {
                "prompt": prompt,
                "completion": [{"role": "assistant", "content": completion.text}],
                "label": label,
                "prompt_uid": record.prompt_uid,
                "ranking_uid": record.uid,
            }


def _labels(record: RankingRecord) -> list[bool | None]:
    ratings = [(rating or {}).get("overall") for rating in record.ratings or []]
    if ratings and all(isinstance(rating, int) for rating in ratings):
        return [None if rating == MIDDLE else rating > MIDDLE for rating in ratings if rating is not None]
    last = max(record.tiers)
    return [None if last == 1 or 1 < tier < last else tier == 1 for tier in record.tiers]
