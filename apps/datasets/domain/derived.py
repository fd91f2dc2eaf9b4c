"""Files for other trainers, derived from the records: preference pairs and fine-tuning conversations."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from apps.core.domain.ranking import comparisons

from .hh import hh_rows
from .kto import Overall, kto_rows
from .openrlhf import openrlhf_rows
from .records import DemonstrationRecord, Message, RankingRecord, Record, model_messages


def pair_rows(record: Record) -> Iterator[dict[str, Any]]:
    """TRL's explicit-prompt conversational preferences, one for each pair of different tiers.

    A K = 9 ranking has up to 36 pairs, so each carries `weight`, one divided by its ranking's pairs:
    every ranking counts once. Ties give none, as InstructGPT drops them.
    """
    assert isinstance(record, RankingRecord)
    pairs = comparisons(record.tiers)
    prompt = model_messages(record.messages, record.context)
    for better, worse in pairs:
        yield {
            "prompt": prompt,
            "chosen": [_reply(record.completions[better].text)],
            "rejected": [_reply(record.completions[worse].text)],
            "prompt_uid": record.prompt_uid,
            "ranking_uid": record.uid,
            "weight": 1 / len(pairs),
        }


def sft_rows(record: Record) -> Iterator[dict[str, Any]]:
    """A demonstration as one conversation to learn from."""
    assert isinstance(record, DemonstrationRecord)
    yield {"messages": [*model_messages(record.messages, record.context), _reply(record.text)]}


def _reply(text: str) -> Message:
    return {"role": "assistant", "content": text}


RowFunction = Callable[[Record], Iterator[dict[str, Any]]]
# What each kind can give beside its records: file name -> the rows that one record becomes. A .parquet file also
# needs its columns in services.tables.COLUMNS.
DERIVED: dict[str, dict[str, Callable[..., Iterator[dict[str, Any]]]]] = {
    "rankings": {
        "pairs.jsonl": pair_rows, "pairs.parquet": pair_rows,
        "kto.jsonl": kto_rows, "hh.jsonl": hh_rows, "openrlhf.jsonl": openrlhf_rows,
    },
    "demonstrations": {"sft.jsonl": sft_rows, "sft.parquet": sft_rows},
}  # fmt: skip
CARD = "README.md"


def row_function(kind: str, name: str, forms: Mapping[int, Overall]) -> RowFunction:
    """The rows that one record becomes in that file. `forms`: the project's scales, for the file that goes by them."""
    found = DERIVED[kind][name]
    return partial(found, forms=forms) if found is kto_rows else found


def file_names(kind: str) -> list[str]:
    """Every file of a snapshot of `kind`: its records, and what is derived of them."""
    return [records_name(kind), *derived_names(kind)]


def records_name(kind: str) -> str:
    return f"{kind}.jsonl"


def table_name(kind: str) -> str:
    """The records as Parquet."""
    return f"{kind}.parquet"


def derived_names(kind: str) -> list[str]:
    """The files that a snapshot of `kind` can give beside its records."""
    return [table_name(kind), *DERIVED.get(kind, {}), CARD]
