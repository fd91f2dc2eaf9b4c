"""Generation: every prompt its completions, once, the same for the same seed wherever the work stopped."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from django.conf import settings

from tests.rlhf.foreign import write_foreign_base
from tests.rlhf.make import demonstration, failure, manifest, metrics, prompt, run_program, write
from tests.rlhf.test_program import wait_for_step
from workers.rlhf import completing, generate
from workers.rlhf.drawing import RowDice, nucleus, sample_seed
from workers.rlhf.errors import Diverged
from workers.rlhf.files import file_sha256
from workers.rlhf.loading import load_policy, load_tokenizer, locate, own_pad, save_model
from workers.rlhf.render import Renderer

SPEC: dict[str, Any] = {"device": "cpu", "samples": 3, "batch_size": 6, "max_completion_tokens": 24, "seed": 5}
ASKED = [prompt(f"p{number}", "When are you open? " * (1 + number % 4)) for number in range(10)]


@pytest.fixture
def folder(tiny_base: Path, tmp_path: Path) -> Path:
    return prepare(tmp_path, tiny_base)


def prepare(folder: Path, model: Path) -> Path:
    write(folder / "input" / "prompts.jsonl", ASKED)
    (folder / "input" / "policy").symlink_to(model)
    return folder


def run(folder: Path, **spec: Any) -> int:
    return run_program("generate", generate.run, folder, **{**SPEC, **spec})


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "output" / "completions.jsonl").read_text().splitlines()]


def test_every_prompt_gets_its_completions(folder: Path):
    assert run(folder) == 0

    made = lines(folder)
    assert Counter(line["prompt_uid"] for line in made) == {f"p{number}": 3 for number in range(10)}
    assert {line["sample_index"] for line in made} == {0, 1, 2}
    assert len({line["text"] for line in made}) > 3
    for line in made:
        assert line["seed"] == sample_seed(5, line["prompt_uid"], line["sample_index"])
        assert (line["finish_reason"] == "length") <= (line["tokens"] == 24)
        assert 1 <= line["tokens"] <= 24
        assert "<|" not in line["text"]
    assert {line["finish_reason"] for line in made} == {"stop", "length"}


def test_the_manifest_and_the_metrics_add_up(folder: Path):
    assert run(folder) == 0

    made, told = lines(folder), manifest(folder)
    file = folder / "output" / "completions.jsonl"
    assert told["files"] == {"completions.jsonl": {"sha256": file_sha256(file), "size": file.stat().st_size}}
    reasons = Counter(line["finish_reason"] for line in made)
    assert told["report"]["finish_reasons"] == {"stop": reasons["stop"], "length": reasons["length"]}
    assert told["report"]["completions"] == 30
    assert told["report"]["mean_tokens"] == pytest.approx(sum(line["tokens"] for line in made) / 30)
    assert [line["step"] for line in metrics(folder)] == [2, 4, 6, 8, 10]
    assert metrics(folder)[-1]["steps_total"] == 10


def test_another_seed_draws_other_completions(folder: Path, tmp_path: Path, tiny_base: Path):
    other = prepare(tmp_path / "other", tiny_base)
    assert run(folder) == 0
    assert run(other, seed=6) == 0

    assert [line["text"] for line in lines(folder)] != [line["text"] for line in lines(other)]


def test_a_completion_does_not_depend_on_its_neighbours_dice(folder: Path, tmp_path: Path, tiny_base: Path):
    """More samples of a prompt leave the first ones as they were (batches differ, so texts may by rounding alone)."""
    more = prepare(tmp_path / "more", tiny_base)
    for one in (folder, more):
        write(one / "input" / "prompts.jsonl", ASKED[:3])
    assert run(folder, batch_size=1) == 0
    assert run(more, batch_size=1, samples=4) == 0

    def by_place(folder: Path) -> dict[tuple[str, int], str]:
        return {(line["prompt_uid"], line["sample_index"]): line["text"] for line in lines(folder)}

    assert by_place(folder).items() <= by_place(more).items()


@pytest.mark.parametrize("torn", [b"", b'{"finish_reason":"st', b'{"prompt_uid":"p9","sample_index":0}\n'])
def test_what_was_written_after_the_checkpoint_is_made_again(
    folder: Path, tmp_path: Path, tiny_base: Path, torn: bytes, monkeypatch: pytest.MonkeyPatch
):
    whole = prepare(tmp_path / "whole", tiny_base)
    assert run(whole) == 0
    with monkeypatch.context() as patch:
        patch.setattr(completing.Completer, "complete", stopping_after(2))
        assert run(folder) == 1
    assert len(lines(folder)) == 12
    with (folder / "output" / "completions.jsonl").open("ab") as file:
        file.write(torn)

    assert run(folder) == 0
    assert lines(folder) == lines(whole)
    assert metrics(folder) == metrics(whole)


def stopping_after(groups: int) -> Any:
    """`complete`, broken after so many calls."""
    honest, calls = completing.Completer.complete, []

    def complete(self: completing.Completer, group: Any) -> Any:
        if len(calls) == groups:
            raise ZeroDivisionError("pulled the plug")
        calls.append(group)
        return honest(self, group)

    return complete


def test_a_killed_run_goes_on_without_a_duplicate_or_a_gap(folder: Path, tmp_path: Path, tiny_base: Path):
    many = [prompt(f"p{number}", "When are you open?") for number in range(15)]
    spec = {**SPEC, "batch_size": 3, "max_completion_tokens": 60}
    whole = prepare(tmp_path / "whole", tiny_base)
    for one in (folder, whole):
        write(one / "input" / "prompts.jsonl", many)
    assert run(whole, **spec) == 0

    (folder / "spec.json").write_text(json.dumps(spec))
    paths = ["--spec", f"{folder}/spec.json", "--input", f"{folder}/input", "--output", f"{folder}/output"]
    child = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "workers.rlhf.generate", *paths], cwd=settings.BASE_DIR,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for_step(folder, 2)
    child.kill()
    assert child.wait() == -signal.SIGKILL

    assert run(folder, **spec) == 0
    assert lines(folder) == lines(whole)
    assert metrics(folder) == metrics(whole)


def test_a_stop_within_a_batch_makes_the_batch_again(
    folder: Path, tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
):
    whole = prepare(tmp_path / "whole", tiny_base)
    assert run(whole) == 0
    draws = []

    def draw(self: RowDice, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        draws.append(1)
        if len(draws) == 30:
            os.kill(os.getpid(), signal.SIGTERM)
        return honest(self, input_ids, scores)

    honest = RowDice.__call__
    with monkeypatch.context() as patch:
        patch.setattr(RowDice, "__call__", draw)
        assert run(folder) == 75
    assert len(draws) in (30, 31)
    assert 0 < len(lines(folder)) < 30

    assert run(folder) == 0
    assert lines(folder) == lines(whole)


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


def test_a_models_own_generation_settings_are_not_used(tmp_path: Path, tiny_base: Path):
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in tiny_base.iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    settings_file = changed / "generation_config.json"
    settings_file.write_text(
        json.dumps({**json.loads(settings_file.read_text()), "repetition_penalty": 9.0, "min_new_tokens": 20})
    )
    plain, odd = prepare(tmp_path / "plain", tiny_base), prepare(tmp_path / "odd", changed)
    assert run(plain) == 0
    assert run(odd) == 0

    assert lines(plain) == lines(odd)


def test_a_cold_model_says_one_thing(folder: Path):
    assert run(folder, temperature=0.001) == 0
    texts: dict[str, set[str]] = {}
    for line in lines(folder):
        texts.setdefault(line["prompt_uid"], set()).add(line["text"])

    assert all(len(said) == 1 for said in texts.values())


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_padding_changes_nothing(tmp_path: Path, tiny_base: Path, family: str):
    """Prompts of four lengths in one batch, and each alone: the likeliest completions are the same."""
    model = tiny_base if family == "llama" else padded_gpt2(tmp_path / "gpt2")
    together, alone = prepare(tmp_path / "together", model), prepare(tmp_path / "alone", model)
    assert run(together, temperature=0.001, samples=1, batch_size=64) == 0
    assert run(alone, temperature=0.001, samples=1, batch_size=1) == 0

    assert manifest(together)["report"]["prompts"] == 10
    assert lines(together) == lines(alone)
    assert len(metrics(together)) == 1


def padded_gpt2(folder: Path) -> Path:
    place = locate("model", str(write_foreign_base(folder)), folder)
    model, tokenizer = load_policy(place, torch.device("cpu")), load_tokenizer(place)
    own_pad(model, tokenizer)
    save_model(folder, model, Renderer(tokenizer))
    return folder


def test_the_nucleus():
    logits = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]).log()

    torch.testing.assert_close(nucleus(logits, 1.0, 1.0), logits.exp())
    torch.testing.assert_close(nucleus(logits, 1.0, 0.6), torch.tensor([[0.5, 0.3, 0.0], [0.0, 0.0, 0.7]]))
    torch.testing.assert_close(nucleus(logits, 1.0, 1e-6), torch.tensor([[0.5, 0.0, 0.0], [0.0, 0.0, 0.7]]))
    squared = torch.tensor([[0.25, 0.09, 0.04]])
    torch.testing.assert_close(nucleus(logits[:1], 0.5, 1.0), squared / squared.sum())


def test_tokens_are_drawn_as_often_as_they_are_likely():
    wanted = torch.tensor([0.5, 0.3, 0.2, 0.0])
    scores = wanted.log().repeat(4_000, 1)
    drawn = RowDice(list(range(4_000)), 1.0, 1.0)(torch.empty(0), scores).argmax(dim=-1)
    shares = torch.bincount(drawn, minlength=4) / 4_000

    assert shares[3] == 0
    assert torch.allclose(shares, wanted, atol=4 * 0.5 / 4_000**0.5)


def test_a_distribution_that_is_none_is_told():
    with pytest.raises(Diverged):
        RowDice([1], 1.0, 1.0)(torch.empty(0), torch.full((1, 3), torch.nan))
