"""Bad input of every program ends early with a sentence that names the field or file, and leaves nothing half-made."""

import errno
import os
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedTokenizerBase

from tests.rlhf.bad_runs import SMALL, Damage, configured, cut, fill, not_a_number, run, spoiled, stopping_after
from tests.rlhf.make import failure, manifest
from workers.rlhf import sft
from workers.rlhf.candidates.journal import Journal
from workers.rlhf.frame.errors import BadInput

FROM_A_MODEL = [name for name, small in SMALL.items() if small.model]
CLASS_NAME = re.compile(r"\b[A-Z]\w*(Error|Exception): ")
CUT_SHORT: dict[str, Damage] = {
    "weights": cut("model.safetensors"),
    "no weights": cut("model.safetensors", 0),
    "config": cut("config.json"),
    "config is a list": lambda folder: (folder / "config.json").write_text("[]"),
    "tokenizer": cut("tokenizer.json"),
    "tokenizer's config": cut("tokenizer_config.json", 20),
}


@pytest.fixture
def ready(tmp_path: Path) -> Callable[[str], Path]:
    return lambda program: fill(program, tmp_path)


def assert_refused(folder: Path, kind: str, begins: str) -> str:
    """One sentence, and nothing that could be taken for a result. Returns the sentence."""
    said = failure(folder)
    assert said["kind"] == kind, said
    assert said["text"].startswith(begins), said
    assert not CLASS_NAME.search(said["text"]), said
    assert "Traceback" not in said["text"]
    assert "\n" not in said["text"]
    assert not (folder / "output/model").exists()
    assert not (folder / "output/manifest.json").exists()
    return said["text"]


@pytest.mark.parametrize("program", FROM_A_MODEL)
@pytest.mark.parametrize("what", CUT_SHORT)
def test_a_model_that_was_cut_short(ready, program: str, what: str):
    folder, small = ready(program), SMALL[program]
    CUT_SHORT[what](folder / "input" / small.model)
    assert run(program, folder) == 64
    assert_refused(folder, "spec", f"{small.field}: ")


@pytest.mark.parametrize("what", CUT_SHORT)
def test_a_reward_model_that_was_cut_short(ready, what: str):
    folder = ready("ppo")
    CUT_SHORT[what](folder / "input/reward")
    assert run("ppo", folder) == 64
    assert_refused(folder, "spec", "reward: ")


def test_a_reward_model_whose_weights_are_no_numbers(ready):
    folder = ready("ppo")
    not_a_number(folder / "input/reward")
    assert run("ppo", folder) == 1
    assert_refused(folder, "diverged", "")


@pytest.mark.parametrize("program", ["sft", "ppo"])
@pytest.mark.parametrize(
    "torn",
    [b"", b'{"normalisation": {"ze', b"[]", b'{"normalisation": {"zero": "low", "scale": 1}}', b'{"normalisation": {"zero": NaN, "scale": 1}}'],
)  # fmt: skip
def test_a_reward_model_whose_manifest_is_torn(ready, program: str, torn: bytes, tmp_path: Path):
    folder = ready(program)
    judge = folder / "input/reward"
    if program == "sft":
        write = fill("ppo", tmp_path / "other") / "input/reward"
        judge.symlink_to(write)
    (judge / "manifest.json").write_bytes(torn)
    assert run(program, folder, **({"reward": "reward"} if program == "sft" else {})) == 64
    assert_refused(folder, "spec", "reward: ")


@pytest.mark.parametrize("program", SMALL)
def test_a_damaged_checkpoint(ready, program: str):
    folder = ready(program)
    assert run(program, folder, stopping_after(program, 1)) == 75
    spoiled(folder / "output/checkpoint/state.pt")
    assert run(program, folder) == 64
    assert "begin again" in assert_refused(folder, "data", "output: the checkpoint ")


@pytest.mark.parametrize("damage", [spoiled, lambda path: path.write_bytes(path.read_bytes()[:1000]), Path.unlink])
def test_damaged_weights_of_the_best_epoch(ready, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], object]):
    """SFT keeps them beside the checkpoint, and reads them at its very end."""
    folder = ready("sft")
    given = folder / "input/demonstrations.jsonl"
    given.write_bytes(given.read_bytes() + given.read_bytes().replace(b'"train"', b'"validation"'))
    losses = count()  # the first epoch is the best
    monkeypatch.setattr(sft, "mean_loss", lambda *_: float(next(losses)))
    assert run("sft", folder, stopping_after("sft", 6), select="loss") == 75
    damage(folder / "output/checkpoint/kept-4.pt")
    assert run("sft", folder, select="loss") == 64
    assert_refused(folder, "data", "output: the checkpoint ")


@pytest.mark.parametrize("program", SMALL)
def test_a_manifest_that_was_torn(ready, program: str):
    """It is written atomically, so a program did not do this; but a disk may have."""
    folder = ready(program)
    (folder / "output").mkdir()
    (folder / "output/manifest.json").write_bytes(b'{"spec_sha')
    assert run(program, folder) == 64
    assert failure(folder)["text"].startswith("output: ")
    assert not CLASS_NAME.search(failure(folder)["text"])


@pytest.mark.parametrize("program", FROM_A_MODEL)
def test_weights_that_are_no_numbers(ready, program: str):
    folder = ready(program)
    not_a_number(folder / "input" / SMALL[program].model)
    assert run(program, folder) == 1
    assert_refused(folder, "diverged", "")


@pytest.mark.parametrize("program", FROM_A_MODEL)
def test_too_few_positions(ready, program: str):
    folder, small = ready(program), SMALL[program]
    configured(max_position_embeddings=4)(folder / "input" / small.model)
    assert run(program, folder) == 64
    kind, begins = ("spec", "model: it reads 4 tokens") if program == "generate" else ("data", f"{small.data}: ")
    assert re.search(r"\b[34] tokens|context", assert_refused(folder, kind, begins))


@pytest.mark.parametrize("program", SMALL)
@pytest.mark.parametrize("content", [b"", b"\n\n", b'{"record": "promp', b"\xff\xfe\x00", b"null\n"])
def test_an_empty_or_torn_file(ready, program: str, content: bytes):
    folder, small = ready(program), SMALL[program]
    (folder / "input" / small.data).write_bytes(content)
    assert run(program, folder) == 64
    assert_refused(folder, "data", f"{small.data}: ")


@pytest.mark.parametrize("program", FROM_A_MODEL)
def test_a_missing_file(ready, program: str):
    folder, small = ready(program), SMALL[program]
    (folder / "input" / small.data).unlink()
    assert run(program, folder) == 64
    assert_refused(folder, "data", f"{small.data}: the input folder has no such file")


@pytest.mark.parametrize("program", ["sft", "reward", "ppo"])
def test_an_empty_split(ready, program: str):
    folder, small = ready(program), SMALL[program]
    given = folder / "input" / small.data
    given.write_bytes(given.read_bytes().replace(b'"train"', b'"test"'))
    assert run(program, folder) == 64
    assert_refused(folder, "data", f"{small.data}: ")


@pytest.mark.parametrize("program", FROM_A_MODEL)
def test_without_a_chat_template(ready, program: str):
    """sft teaches a base the plain one; the others would ask a model in words that it never learned."""
    folder, small = ready(program), SMALL[program]
    (folder / "input" / small.model / "chat_template.jinja").unlink()
    if program == "sft":
        assert run(program, folder) == 0
        assert manifest(folder)["report"]["template"] == "plain"
    else:
        assert run(program, folder) == 64
        assert_refused(folder, "spec", f"{small.field}: its tokenizer has no chat template")


@pytest.mark.parametrize("program", SMALL)
def test_metrics_that_were_torn(ready, program: str):
    folder = ready(program)
    assert run(program, folder, stopping_after(program, 1)) == 75
    metrics = folder / "output/metrics.jsonl"
    metrics.write_bytes(bytes(metrics.stat().st_size))
    assert run(program, folder) == 64
    assert_refused(folder, "data", "output: the checkpoint ")


@pytest.mark.parametrize("torn", [b"\x00\x00\n", b"[]\n", b"null\n", b'{"tokens": 1}\n'])
def test_answers_of_an_endpoint_that_were_torn(tmp_path: Path, torn: bytes):
    """Not at their end, where a kill tears, but amid them."""
    Journal(tmp_path, "spec").add([{"left_out": "p1"}])
    path = tmp_path / "answers.jsonl"
    path.write_bytes(path.read_bytes() + torn + b'{"left_out": "p2"}\n')
    with pytest.raises(BadInput, match=r"^output: .*answers.jsonl is damaged; delete it") as caught:
        Journal(tmp_path, "spec")
    assert caught.value.field == "output"


@pytest.mark.parametrize("program", ["pretrain", "sft", "reward", "ppo"])
def test_a_disk_that_is_full_when_the_model_is_saved(ready, monkeypatch: pytest.MonkeyPatch, program: str):
    folder = ready(program)

    def write(tokenizer: object, place: Path, **_: object) -> None:
        """The weights are written by then."""
        assert (place / "model.safetensors").stat().st_size
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(PreTrainedTokenizerBase, "save_pretrained", write)
    assert run(program, folder) == 1
    assert_refused(folder, "disk", "")
    assert not (folder / "output/model.new").exists()


@pytest.mark.parametrize("program", SMALL)
@pytest.mark.parametrize("where", ["fsync", "save"])
def test_a_full_disk(ready, monkeypatch: pytest.MonkeyPatch, program: str, where: str):
    """At the first file that is to be on the disk, and at a checkpoint."""
    folder = ready(program)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def refuse(*_: object, **__: object) -> None:
        raise full

    with monkeypatch.context() as planted:
        planted.setattr(*((os, "fsync") if where == "fsync" else (torch, "save")), refuse)
        assert run(program, folder, checkpoint_every=1) == 1
    if where == "save":
        assert_refused(folder, "disk", "")
    else:  # there is no room for the reason either
        assert not (folder / "output/failure.json").exists()
        assert not (folder / "output/manifest.json").exists()
    assert run(program, folder, checkpoint_every=1) == 0
    assert (folder / "output/manifest.json").is_file()
