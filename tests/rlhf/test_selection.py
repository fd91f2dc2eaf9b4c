"""Which epoch is kept: by a reward model's score, by the loss, or the last; also after a kill."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.once import made_once
from tests.rlhf import planted, taught
from tests.rlhf.make import demonstration, failure, manifest, metrics, run_program, write
from tests.rlhf.several import together
from tests.rlhf.sft_runs import ASIDE, TAUGHT, Learn
from workers.rlhf import sft
from workers.rlhf.frame.job import Job
from workers.rlhf.learning.replying import Judge, Replies
from workers.rlhf.learning.selection import LAST, LOSS, REWARD, Look, Selection
from workers.rlhf.learning.sft_report import selection_report


@pytest.fixture(scope="session")
def pair_of_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """base/, which speaks the planted language, and reward/, to which cold dishes are good and warm ones bad."""

    def make(folder: Path) -> None:
        taught.teach_policy(folder / "base")
        taught.teach_reward(folder / "base", folder / "reward")

    return made_once(tmp_path_factory, "sft-selection", make)


@pytest.fixture
def folder(pair_of_models: Path, tmp_path: Path) -> Path:
    """Demonstrations that name cold dishes only."""
    (tmp_path / "input").mkdir()
    for name in ("base", "reward"):
        (tmp_path / "input" / name).symlink_to(pair_of_models / name)
    said = [
        (f"{n}", "we like food in winter", f"{planted.COLD_DISHES[n % 4]} and {planted.COLD_DISHES[n // 4]}")
        for n in range(12)
    ]
    records = [demonstration(uid, prompt, reply) for uid, prompt, reply in said]
    held_out = [demonstration(f"v{n}", f"we like {word}", "some soup please", split="validation")
                for n, word in enumerate(planted.PLAIN)]  # fmt: skip
    write(tmp_path / "input" / "demonstrations.jsonl", [*records, *held_out])
    return tmp_path


SPEC: dict[str, Any] = {
    "device": "cpu", "epochs": 4, "batch_size": 4, "learning_rate": 3e-3, "dropout": 0.0, "max_completion_tokens": 12,
    "reward": "reward", "selection_prompts": 10,
}  # fmt: skip


def test_what_the_demonstrations_do_raises_the_reward(folder: Path):
    """The planted truth: demonstrations name what the reward model likes, so replies like them score more."""
    assert run_program("sft", sft.run, folder, **{**SPEC, "learning_rate": 1e-2}) == 0

    curve = [line["reward"] for line in metrics(folder) if "reward" in line]
    assert len(curve) == 5
    assert max(curve[1:]) > curve[0] + 0.5
    found = manifest(folder)["report"]["selection"]
    assert found["by"] == "reward"
    assert found["prompts"] == 10
    assert [one["epoch"] for one in found["epochs"]] == [0, 1, 2, 3, 4]
    assert [one["reward"] for one in found["epochs"]] == pytest.approx(curve)
    best = max(found["epochs"][1:], key=lambda one: one["reward"])
    assert found["kept_epoch"] == best["epoch"]
    assert manifest(folder)["report"]["reward"] == pytest.approx(best["reward"])
    assert manifest(folder)["inputs"].keys() == {"model", "reward", "demonstrations.jsonl"}


def scripted(monkeypatch: pytest.MonkeyPatch, rewards: list[float]) -> None:
    """The reward of each look, by its epoch; the first is of the base."""
    honest = Selection.seen

    def seen(self: Selection, look: Look) -> None:
        honest(self, replace(look, rewards=(rewards[look.epoch],) * 3))

    monkeypatch.setattr(Selection, "seen", seen)
    monkeypatch.setattr(Judge, "replies", lambda *given: Replies((0.0,), 1.0))


def test_the_best_epochs_weights_are_the_ones_that_are_saved(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """What the run held after its second epoch is caught as it passes."""
    scripted(monkeypatch, [0.0, 0.2, 0.9, 0.4, 0.9])
    caught: dict[int, torch.Tensor] = {}
    seen = Selection.seen

    def catch(self: Selection, look: Look) -> None:
        caught[look.epoch] = self.model.get_input_embeddings().weight.detach().clone()  # type: ignore[operator]
        seen(self, look)

    monkeypatch.setattr(Selection, "seen", catch)
    assert run_program("sft", sft.run, folder, **SPEC) == 0

    made = AutoModelForCausalLM.from_pretrained(folder / "output" / "model")
    assert torch.equal(made.get_input_embeddings().weight, caught[2])
    assert not torch.equal(caught[2], caught[4])
    assert manifest(folder)["report"]["selection"]["kept_epoch"] == 2  # the first of equal ones
    assert not (folder / "output" / "checkpoint").exists()


@pytest.mark.parametrize("lora_rank", [0, 4])
@pytest.mark.parametrize("killed_at", [5, 7, 10])
def test_a_killed_run_keeps_the_same_weights(
    folder: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int, lora_rank: int
):
    """Killed before and after the best epoch's end, and before and after the checkpoint that speaks of it."""
    scripted(monkeypatch, [0.0, 0.2, 0.9, 0.4, 0.5])
    spec = {**SPEC, "checkpoint_every": 4, "lora_rank": lora_rank}
    weights = folder / "output" / "model" / "model.safetensors"
    assert run_program("sft", sft.run, folder, **spec) == 0
    whole, curve, report = weights.read_bytes(), metrics(folder), manifest(folder)["report"]
    shutil.rmtree(folder / "output")

    def pull_the_plug(job: Job, step: int, total: int, /, **numbers: float) -> None:
        if step == killed_at:
            raise ZeroDivisionError("pulled the plug")
        honest(job, step, total, **numbers)

    honest = Job.log
    with monkeypatch.context() as patch:
        patch.setattr(Job, "log", pull_the_plug)
        assert run_program("sft", sft.run, folder, **spec) == 1
    assert run_program("sft", sft.run, folder, **spec) == 0

    assert weights.read_bytes() == whole
    assert metrics(folder) == curve
    assert manifest(folder)["report"] == report


def test_by_loss_the_lowest_is_kept(learn: Learn, tmp_path: Path):
    assert learn([*TAUGHT, ASIDE], select="loss", learning_rate=0.3, epochs=5) == 0

    report = manifest(tmp_path)["report"]
    trained = report["selection"]["epochs"][1:]
    assert report["selection"]["kept_epoch"] == min(trained, key=lambda one: one["validation_loss"])["epoch"]
    assert report["validation_loss"] == min(one["validation_loss"] for one in trained)


def test_without_a_reward_model_the_last_is_kept(learn: Learn, tmp_path: Path):
    assert learn([*TAUGHT, ASIDE], epochs=2) == 0

    found = manifest(tmp_path)["report"]["selection"]
    assert (found["by"], found["kept_epoch"]) == ("last", 2)
    assert found["why"] == "No reward model was given, so the last epoch is kept."


@pytest.mark.parametrize(
    ("spec", "kind", "text"),
    [
        ({"select": "reward"}, "spec", "select: reward needs a reward model; give one, or choose another way."),
        ({"select": "loss"}, "data", "demonstrations.jsonl: select is loss, and there is no demonstration of the validation split."),
        ({"reward": "nowhere"}, "spec", "reward: 'nowhere' is neither a model folder of the input"),
    ],
)  # fmt: skip
def test_a_way_that_is_not_open_is_refused(learn: Learn, tmp_path: Path, spec: dict[str, Any], kind: str, text: str):
    assert learn(TAUGHT, **spec) == 64
    assert failure(tmp_path)["kind"] == kind
    assert failure(tmp_path)["text"].startswith(text)


def test_a_reward_model_without_anything_to_judge(folder: Path):
    write(folder / "input" / "demonstrations.jsonl", [demonstration("1", "we like food", "some soup please")])

    assert run_program("sft", sft.run, folder, **{**SPEC, "epochs": 1}) == 0
    found = manifest(folder)["report"]["selection"]
    assert found["by"] == "last"
    assert found["why"].startswith("A reward model was given, but there is no demonstration of the validation split")
    shutil.rmtree(folder / "output")

    assert run_program("sft", sft.run, folder, **{**SPEC, "select": "reward"}) == 64
    assert failure(folder)["kind"] == "data"


def test_a_base_in_place_of_a_reward_model_is_refused(folder: Path):
    assert run_program("sft", sft.run, folder, **{**SPEC, "reward": "base"}) == 64
    assert failure(folder)["text"].startswith("reward: normalisation is missing")


def look(epoch: int, loss: float, *rewards: float) -> Look:
    return Look(step=3 * epoch, epoch=epoch, validation_loss=loss, rewards=rewards, ended=1.0)


def test_each_way_chooses_its_own(tmp_path: Path):
    chosen = Selection(torch.nn.Linear(1, 1), LAST, tmp_path)
    for one in (look(0, 0.1, 9, 9), look(1, 3, 1, 2), look(2, 2, 5, 6), look(3, 4, 5, 6), look(4, 5, 0, 0)):
        chosen.seen(one)

    assert chosen.best(LAST) == look(4, 5, 0, 0)
    assert chosen.best(LOSS) == look(2, 2, 5, 6)
    assert chosen.best(REWARD) == look(2, 2, 5, 6)
    assert not list(tmp_path.iterdir())  # the last is the model itself


def test_files_that_a_checkpoint_speaks_of_stay_until_the_next(tmp_path: Path):
    chosen = Selection(torch.nn.Linear(1, 1), REWARD, tmp_path)
    files = lambda: sorted(path.name for path in tmp_path.iterdir())  # noqa: E731
    chosen.seen(look(1, 3, 1))
    chosen.state()
    chosen.seen(look(2, 3, 2))
    chosen.seen(look(3, 3, 3))
    assert files() == ["kept-3.pt", "kept-9.pt"]
    chosen.state()
    assert files() == ["kept-3.pt", "kept-9.pt"]  # until that checkpoint is on the disk, the first one counts
    chosen.seen(look(4, 3, 4))
    assert files() == ["kept-12.pt", "kept-9.pt"]


def test_how_far_ahead_is_measured_by_prompt(tmp_path: Path):
    chosen = Selection(torch.nn.Linear(1, 1), REWARD, tmp_path)
    for one in (look(1, 1, 0, 0, 0, 4), look(2, 2, 1, 3, 2, 6), look(3, 3, 0, 1, 2, 3)):
        chosen.seen(one)
    report = selection_report(chosen, chosen.best(REWARD), "So.", 4)

    # Gaps to the last: 1, 2, 0, 3: mean 1.5, variance 5/3.
    half = 1.96 * (5 / 3 / 4) ** 0.5
    assert report["ahead_of_last"] == pytest.approx({"mean": 1.5, "low": 1.5 - half, "high": 1.5 + half})
    assert report["ahead_of_loss"]["mean"] == pytest.approx(2)
    assert (report["kept_epoch"], report["loss_epoch"]) == (2, 1)


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_two_processes_keep_what_one_does(folder: Path, pair_of_models: Path, lora_rank: int):
    """Each lets the model reply to all prompts: the dice and the weights are the same, so the scores are."""
    single, several = folder, folder.with_name(f"{folder.name}-two")
    shutil.copytree(folder, several, symlinks=True)
    spec = {**SPEC, "epochs": 3, "lora_rank": lora_rank}
    assert run_program("sft", sft.run, single, **spec) == 0

    assert together(2, lambda rank: run_program("sft", sft.run, several, **spec)) == [0, 0]
    one, two = (manifest(each)["report"] for each in (single, several))
    assert two["selection"]["kept_epoch"] == one["selection"]["kept_epoch"]
    assert two["reward"] == pytest.approx(one["reward"], abs=1e-4)
    assert two["train_loss"] == pytest.approx(one["train_loss"], abs=1e-5)
