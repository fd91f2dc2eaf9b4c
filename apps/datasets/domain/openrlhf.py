"""openrlhf.jsonl: preferences as OpenRLHF's reward and DPO programs read them.

    --data.prompt_key prompt --data.chosen_key chosen --data.rejected_key rejected --data.apply_chat_template

All three are message lists; OpenRLHF joins prompt and reply and applies the tokenizer's template. It knows no weights:
a K = 9 ranking counts up to 36 times there.
"""

from collections.abc import Iterator
from typing import Any

from apps.core.domain.ranking import comparisons

from .records import Message, RankingRecord, Record, model_messages


def openrlhf_rows(record: Record) -> Iterator[dict[str, Any]]:
    assert isinstance(record, RankingRecord)
    prompt = model_messages(record.messages, record.context)
    for better, worse in comparisons(record.tiers):
        yield {
            "prompt": prompt,
            "chosen": _reply(record.completions[better].text),
            "rejected": _reply(record.completions[worse].text),
            "prompt_uid": record.prompt_uid,
            "ranking_uid": record.uid,
        }


def _reply(text: str) -> list[Message]:
    return [{"role": "assistant", "content": text}]
