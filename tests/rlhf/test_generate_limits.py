"""What generation refuses or leaves out: prompts that do not fit, settings and models that do not allow it."""

from pathlib import Path
from typing import Any

import pytest

from tests.rlhf.foreign import write_foreign_base
from tests.rlhf.generate_runs import ASKED, lines, prepare, run
from tests.rlhf.make import demonstration, failure, manifest, prompt, write


@pytest.fixture
def folder(tiny_base: Path, tmp_path: Path) -> Path:
    return prepare(tmp_path, tiny_base)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"stop": "###"}, "stop: a list of texts is expected, got '###'."),
        ({"stop": [""]}, "stop: the texts must differ, and none may be empty."),
        ({"stop": list("abcde")}, "stop: at most 4 texts, got 5."),
        ({"stop": ["x" * 201]}, "stop: at most 200 characters, got 201."),
        ({"system_prompt": "\ud800"}, "system_prompt: a text without NUL characters is expected."),
    ],
)
def test_texts_that_are_no_settings_are_refused(folder: Path, spec: dict[str, Any], text: str):
    assert run(folder, **spec) == 64
    assert failure(folder) == {"kind": "spec", "text": text}


def test_prompts_that_do_not_fit_are_left_out_and_counted(folder: Path):
    write(folder / "input" / "prompts.jsonl", [*ASKED, prompt("long", "word " * 300)])

    assert run(folder) == 0
    assert manifest(folder)["report"]["left_out"] == {"prompts over 191 tokens": 1}  # its context is 192
    assert manifest(folder)["report"]["prompts"] == 10


def test_a_reply_ends_where_the_model_can_read_no_further(folder: Path):
    write(folder / "input" / "prompts.jsonl", [prompt("long", "word " * 60)])

    assert run(folder, max_completion_tokens=1000, temperature=5.0) == 0
    assert {line["finish_reason"] for line in lines(folder)} <= {"stop", "length"}
    assert max(line["tokens"] for line in lines(folder)) < 192


@pytest.mark.parametrize(
    ("given", "spec", "text"),
    [
        ([], {}, "prompts.jsonl: there is no prompt."),
        (ASKED, {"max_prompt_tokens": 8}, "prompts.jsonl: all of the 10 prompts have more than 8 tokens."),
        ([demonstration("d", "Hi", "Hello")], {}, "prompts.jsonl: line 1 is a demonstration/1, not a prompt/1."),
    ],
)
def test_prompts_that_cannot_be_answered_are_refused(folder: Path, given: list[Any], spec: dict[str, Any], text: str):
    write(folder / "input" / "prompts.jsonl", given)

    assert run(folder, **spec) == 64
    assert failure(folder) == {"kind": "data", "text": text}


def test_a_model_whose_padding_is_missing_is_refused(tmp_path: Path):
    prepare(tmp_path, write_foreign_base(tmp_path / "base"))

    assert run(tmp_path) == 64
    assert failure(tmp_path)["kind"] == "spec"
    assert failure(tmp_path)["text"] == (
        "model: its tokenizer has no padding token; fine-tune it with sft, which adds one."
    )
