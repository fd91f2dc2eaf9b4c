"""hh.jsonl: pairs as HH-RLHF has them, two whole transcripts that part at the last reply.

A transcript is plain text, so it says less than our records: a system message (with a context at its end) stands
unmarked before the first speaker, and a text that itself holds a speaker's mark could not be told from a turn. Such
pairs are left out.
"""

import re
from collections.abc import Iterator
from typing import Any

from apps.core.domain.ranking import comparisons

from .records import Message, RankingRecord, Record, model_messages

_SPEAKERS = {"user": "Human", "assistant": "Assistant"}
_MARK = re.compile(r"\n\n(?:Human|Assistant):")


def hh_rows(record: Record) -> Iterator[dict[str, Any]]:
    assert isinstance(record, RankingRecord)
    messages = model_messages(record.messages, record.context)
    if any(_MARK.search("\n\n" * (message["role"] == "system") + message["content"]) for message in messages):
        return
    prompt = "".join(map(_turn, messages)) + "\n\nAssistant: "
    for better, worse in comparisons(record.tiers):
        chosen, rejected = record.completions[better].text, record.completions[worse].text
        if not _MARK.search(chosen) and not _MARK.search(rejected):
            yield {"chosen": prompt + chosen, "rejected": prompt + rejected}


def _turn(message: Message) -> str:
    if message["role"] == "system":
        return message["content"]
    return f"\n\n{_SPEAKERS[message['role']]}: {message['content']}"
