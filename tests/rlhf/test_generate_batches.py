"""A completion is the same whatever its batch: neighbours, padding, a prompt read once for all its samples."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.rlhf.foreign import write_foreign_base
from tests.rlhf.generate_runs import ASKED, by_place, lines, prepare, run
from tests.rlhf.make import manifest, metrics, prompt, write
from workers.rlhf.candidates import completing, local
from workers.rlhf.language.loading import load_config, load_policy, load_tokenizer, locate, own_pad, save_model
from workers.rlhf.language.render import Renderer, own_template


@pytest.fixture
def folder(tiny_base: Path, tmp_path: Path) -> Path:
    return prepare(tmp_path, tiny_base)


def test_a_completion_does_not_depend_on_its_neighbours_dice(folder: Path, tmp_path: Path, tiny_base: Path):
    """More samples of a prompt leave the first ones as they were (batches differ, so texts may by rounding alone)."""
    more = prepare(tmp_path / "more", tiny_base)
    for one in (folder, more):
        write(one / "input" / "prompts.jsonl", ASKED[:3])
    assert run(folder, batch_size=1) == 0
    assert run(more, batch_size=1, samples=4) == 0

    assert by_place(folder).items() <= by_place(more).items()


@pytest.mark.parametrize("family", ["llama", "gpt2"])
def test_a_completion_is_the_same_in_any_batch(tmp_path: Path, tiny_base: Path, family: str):
    """Alone, beside longer prompts, its prompt read once for all samples or anew for some of them."""
    model = tiny_base if family == "llama" else padded_gpt2(tmp_path / "gpt2")
    told = []
    for size in (1, 2, 7, 64):
        one = prepare(tmp_path / str(size), model)
        assert run(one, batch_size=size) == 0
        told.append(by_place(one))

    assert told[0] == told[1] == told[2] == told[3]


def test_a_prompt_is_read_once_for_all_its_samples(tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch):
    honest, read = completing.Completer._next, []

    def counting(self: Any, ids: torch.Tensor, *rest: Any) -> torch.Tensor:
        read.append(tuple(ids.shape))
        return honest(self, ids, *rest)

    monkeypatch.setattr(completing.Completer, "_next", counting)
    one = prepare(tmp_path, tiny_base)
    write(one / "input" / "prompts.jsonl", ASKED[:1])
    assert run(one, samples=6) == 0

    long = [shape for shape in read if shape[1] > 1]
    assert len(long) == 1
    assert long[0][0] == 1


def test_the_shared_prompt_says_what_six_readings_say(tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch):
    shared, anew = prepare(tmp_path / "shared", tiny_base), prepare(tmp_path / "anew", tiny_base)
    assert run(shared) == 0
    monkeypatch.setattr(local, "Completer", partial(completing.Completer, share=False))
    assert run(anew) == 0

    assert lines(shared) == lines(anew)


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


def test_a_reply_at_the_contexts_end_waits_for_its_neighbours_without_reading_on(tmp_path: Path):
    """One prompt leaves room for four tokens; the others go on, and too few rows have ended for it to leave the batch."""
    model = padded_gpt2(tmp_path / "gpt2")
    context = load_config(locate("model", str(model), tmp_path)).max_position_embeddings
    given = [prompt(f"p{number}", "x" * 12) for number in range(31)]
    fixed = len(Renderer(load_tokenizer(locate("model", str(model), tmp_path))).prompt_ids(given[0].messages)) - 12
    one = prepare(tmp_path / "run", model)
    write(one / "input" / "prompts.jsonl", [*given, prompt("long", "x" * (context - fixed - 4))])

    assert (
        run(one, samples=1, batch_size=32, max_completion_tokens=context - fixed - 12, max_prompt_tokens=context) == 0
    )
    said = {line["prompt_uid"]: line["tokens"] for line in lines(one)}
    assert said["long"] <= 4
    assert max(said.values()) > 20


def padded_gpt2(folder: Path) -> Path:
    place = locate("model", str(write_foreign_base(folder)), folder)
    model, tokenizer = load_policy(place, torch.device("cpu")), load_tokenizer(place)
    own_pad(model, tokenizer)
    own_template(tokenizer)
    save_model(folder, model, Renderer(tokenizer))
    return folder
