"""Pretraining: a base of our own that has learned something, and the same one for the same seed."""

import json
from pathlib import Path

import pytest

from apps.datasets.domain.records import Message
from tests.rlhf.conftest import TINY
from tests.rlhf.make import failure, manifest, metrics, run_program, said
from workers.rlhf import pretrain
from workers.rlhf.frame.files import file_sha256
from workers.rlhf.frame.program import Job, Outcome
from workers.rlhf.language.loading import load_tokenizer, locate
from workers.rlhf.language.render import Renderer

WEIGHTS = Path("output/model/model.safetensors")


def test_it_learns(tiny_run: Path):
    lines = metrics(tiny_run)

    assert [line["step"] for line in lines] == list(range(TINY["steps"] + 1))
    assert lines[-1]["held_out_loss"] < 0.75 * lines[0]["held_out_loss"]
    assert manifest(tiny_run)["report"]["held_out_loss"] == lines[-1]["held_out_loss"]


def test_the_manifest_names_every_file_of_the_model(tiny_run: Path):
    made = manifest(tiny_run)
    model = tiny_run / "output" / "model"

    assert {path.name for path in model.iterdir()} == {*made["files"], "manifest.json"}
    for name, claimed in made["files"].items():
        assert claimed == {"sha256": file_sha256(model / name), "size": (model / name).stat().st_size}
    assert (model / "manifest.json").read_bytes() == (tiny_run / "output" / "manifest.json").read_bytes()
    assert made["program"] == "pretrain"
    assert made["spec"]["width"] == 32
    assert made["inputs"] == {}
    assert made["parameters"] > 10_000
    assert not (tiny_run / "output" / "checkpoint").exists()


def test_the_tokenizer_speaks_the_chat_format(tiny_base: Path):
    renderer = Renderer(load_tokenizer(locate("model", str(tiny_base), tiny_base)))
    ids = renderer.prompt_ids([{"role": "user", "content": "I need a check-up."}])

    assert renderer.tokenizer.decode(ids) == "<|begin|><|user|>I need a check-up.<|assistant|>"
    assert len({renderer.pad_id, renderer.eos_id, renderer.tokenizer.bos_token_id}) == 3


def test_same_seed_same_weights(tiny_run: Path, tmp_path: Path):
    assert run_program("pretrain", pretrain.run, tmp_path / "same", **TINY) == 0
    assert run_program("pretrain", pretrain.run, tmp_path / "other", **{**TINY, "seed": 1}) == 0

    assert file_sha256(tmp_path / "same" / WEIGHTS) == file_sha256(tiny_run / WEIGHTS)
    assert file_sha256(tmp_path / "other" / WEIGHTS) != file_sha256(tiny_run / WEIGHTS)


def test_a_stop_while_the_model_is_made_is_heeded_before_the_first_step(tmp_path: Path):
    def stopped(job: Job) -> Outcome:
        job.stop.set()
        return pretrain.run(job)

    assert run_program("pretrain", stopped, tmp_path, **TINY) == 75
    assert not (tmp_path / "output" / "metrics.jsonl").exists()


def test_dialogues_that_do_not_fit_are_counted(tmp_path: Path):
    assert run_program("pretrain", pretrain.run, tmp_path, **{**TINY, "steps": 1, "context": 100}) == 0

    report = manifest(tmp_path)["report"]
    assert 0 < report["left_out"]["dialogues over 100 tokens"] < 300
    assert report["dialogues"] + report["held_out_dialogues"] == 300 - report["left_out"]["dialogues over 100 tokens"]


def test_dialogues_that_are_all_too_long_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pretrain, "dialogues", lambda count, seed: [said("word " * 500) * 2] * count)

    assert run_program("pretrain", pretrain.run, tmp_path, **TINY) == 64
    assert failure(tmp_path)["text"] == "context: too few dialogues have at most 192 tokens."


def told(question: str, reply: str) -> list[Message]:
    return [*said(question), {"role": "assistant", "content": reply}]


def give(folder: Path, *lines: str) -> None:
    (folder / "input").mkdir(parents=True)
    (folder / "input" / "dialogues.jsonl").write_text("".join(f"{line}\n" for line in lines))


def test_it_learns_from_given_dialogues(tmp_path: Path):
    give(tmp_path, *(json.dumps({"messages": told(f"What is {n}?", f"A zebra, {n}.")}) for n in range(80)))

    assert run_program("pretrain", pretrain.run, tmp_path, **{**TINY, "steps": 2, "dialogues": 60}) == 0
    made = manifest(tmp_path)
    assert made["report"]["dialogues"] + made["report"]["held_out_dialogues"] == 60
    assert set(made["inputs"]) == {"dialogues.jsonl"}
    tokenizer = load_tokenizer(locate("model", str(tmp_path / "output/model"), tmp_path))
    assert len(tokenizer.encode(" zebra", add_special_tokens=False)) == 1  # its tokens are these texts' own


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("{", "line 2: not JSON"),
        ("[]", 'line 2: "messages" must hold two or more objects'),
        ('{"messages": [{"role": "user", "content": "a"}]}', 'line 2: "messages" must hold two or more objects'),
        ('{"messages": [{"role": "user", "content": "a"}, {"role": "bot", "content": "b"}]}', "line 2"),
        (
            '{"messages": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}]}',
            "must be the assistant's",
        ),
    ],
)
def test_a_dialogue_that_is_none_is_refused(tmp_path: Path, line: str, rule: str):
    give(tmp_path, json.dumps({"messages": told("a", "b")}), line)

    assert run_program("pretrain", pretrain.run, tmp_path, **TINY) == 64
    assert failure(tmp_path)["kind"] == "data"
    assert rule in failure(tmp_path)["text"]
