"""Names and places in texts, by a token-classification model: a text a line in, its spans a line out, until the input ends.

    python -m workers.rlhf.recognise --model DIR < texts.jsonl > spans.jsonl

A text is a JSON string; its spans are `[[start, end, "PER"], ...]`, in characters, in order, none overlapping. The same
text always gives the same spans: no sampling, one text at a time, so that no neighbour's padding counts.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForTokenClassification, AutoTokenizer

# What a window shares with the next one: a name at the edge is read whole in one of them.
STRIDE = 32
WINDOW_MOST = 512
Span = tuple[int, int, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    folder = parser.parse_args().model
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, use_fast=True)
    model = AutoModelForTokenClassification.from_pretrained(folder, local_files_only=True, use_safetensors=True).eval()
    print("ready", flush=True)  # noqa: T201 - the protocol
    for line in sys.stdin:
        print(json.dumps(spans_of(tokenizer, model, json.loads(line))), flush=True)  # noqa: T201
    return 0


@torch.inference_mode()
def spans_of(tokenizer: Any, model: Any, text: str) -> list[Span]:
    """Neighbouring tokens of one label are one span; where windows overlap, either of them may have seen it."""
    if not text.strip():
        return []
    most = min(WINDOW_MOST, tokenizer.model_max_length, model.config.max_position_embeddings)
    windows = tokenizer(
        text, truncation=True, max_length=most, stride=min(STRIDE, most // 4), return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )  # fmt: skip
    found: list[Span] = []
    for ids, offsets in zip(windows["input_ids"], windows["offset_mapping"], strict=True):
        labels = model(input_ids=torch.tensor([ids])).logits[0].argmax(-1).tolist()
        named = (model.config.id2label[label] for label in labels)
        found += [
            (start, end, name.rpartition("-")[2]) for (start, end), name in zip(offsets, named, strict=True)
            if end > start and name != "O"
        ]  # fmt: skip
    return _joined(text, sorted(set(found)))


def _joined(text: str, found: list[Span]) -> list[Span]:
    spans: list[Span] = []
    for start, end, label in found:
        last = spans[-1] if spans else None
        if last and (start < last[1] or (label == last[2] and not text[last[1] : start].strip())):
            spans[-1] = (last[0], max(end, last[1]), last[2])
        else:
            spans.append((start, end, label))
    return spans


if __name__ == "__main__":
    raise SystemExit(main())
