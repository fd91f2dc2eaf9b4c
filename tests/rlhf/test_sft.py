"""SFT: it learns the demonstrations' replies and nothing else, from any base, and refuses what cannot teach."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import cross_entropy

from tests.rlhf.foreign import write_foreign_base
from tests.rlhf.make import demonstration, failure, manifest, metrics, prompt, run_program
from tests.rlhf.sft_runs import ASIDE, CPU, FORBIDDEN, QUICK, REPLY, TAUGHT, Learn, loss_of
from workers.rlhf import sft
from workers.rlhf.frame.job import Job
from workers.rlhf.language.batches import collate
from workers.rlhf.language.loading import load_config, load_policy, load_tokenizer, locate
from workers.rlhf.language.render import Renderer
from workers.rlhf.learning import optimise
from workers.rlhf.learning.optimise import completion_loss, cosine, epoch_batches, in_parts


def test_it_learns_to_reply_as_shown(learn: Learn, tiny_base: Path, tmp_path: Path):
    assert learn([*TAUGHT, ASIDE]) == 0

    made = tmp_path / "output" / "model"
    unseen = "Which colour is number 77?"
    assert loss_of(made, unseen, REPLY) < 0.3 * loss_of(tiny_base, unseen, REPLY)
    lines = metrics(tmp_path)
    assert [line["step"] for line in lines] == list(range(17))
    assert [line["step"] for line in lines if "validation_loss" in line] == list(range(0, 17, 2))
    report = manifest(tmp_path)["report"]
    assert report["demonstrations"] == 8
    assert report["validation_loss"] == lines[-1]["validation_loss"] < lines[0]["validation_loss"]
    assert report["left_out"] == {}
    assert not report["pad_added"]
    assert manifest(tmp_path)["inputs"].keys() == {"model", "demonstrations.jsonl"}


def test_the_test_split_and_corrected_ones_teach_nothing(learn: Learn, tmp_path: Path):
    wrong = demonstration("wrong", "Which colour is number 9?", "Red.")
    right = demonstration("right", "Which colour is number 9?", REPLY, supersedes="wrong")

    assert learn([*TAUGHT, FORBIDDEN, wrong, right], epochs=1) == 0
    report = manifest(tmp_path)["report"]
    assert report["demonstrations"] == 9
    assert report["left_out"] == {"of the test split": 1, "corrected by a later one": 1}
    assert "validation_loss" not in report


def test_the_same_weights_whatever_the_test_split_holds(learn: Learn, tmp_path: Path):
    weights = tmp_path / "output" / "model" / "model.safetensors"
    assert learn([*TAUGHT, FORBIDDEN], epochs=1, dropout=0.2) == 0
    first = weights.read_bytes()
    shutil.rmtree(tmp_path / "output")
    assert learn(TAUGHT, epochs=1, dropout=0.2) == 0

    assert weights.read_bytes() == first


def test_long_ones_are_left_out_and_counted(learn: Learn, tmp_path: Path):
    long = "word " * 60
    given = [*TAUGHT, demonstration("a", long, "Yes."), demonstration("b", "Why?", long),
             demonstration("c", "word " * 35, "word " * 35)]  # fmt: skip

    assert learn(given, epochs=1, max_prompt_tokens=120, max_completion_tokens=110) == 0
    assert sum(manifest(tmp_path)["report"]["left_out"].values()) == 3
    assert set(manifest(tmp_path)["report"]["left_out"]) == {
        "prompts over 120 tokens",
        "completions over 110 tokens",
        "longer than the model's context of 192 tokens",
    }


@pytest.mark.parametrize(
    ("given", "spec", "text"),
    [
        ([], {}, "demonstrations.jsonl: there is no demonstration of the train split."),
        ([ASIDE], {}, "demonstrations.jsonl: there is no demonstration of the train split."),
        (
            [*TAUGHT, FORBIDDEN],
            {"max_prompt_tokens": 8},
            "demonstrations.jsonl: nothing is left to learn from; left out: 1 of the test split, 8 prompts over 8 tokens.",
        ),
        ([prompt("p", "Hi")], {}, "demonstrations.jsonl: line 1 is a prompt/1, not a demonstration/1."),
    ],
)
def test_data_that_cannot_teach_are_refused(
    learn: Learn, tmp_path: Path, given: list[Any], spec: dict[str, Any], text: str
):
    assert learn(given, **spec) == 64
    assert failure(tmp_path) == {"kind": "data", "text": text}


def test_a_line_that_is_no_record_is_named(learn: Learn, tmp_path: Path):
    learn(TAUGHT, model="nowhere")
    assert failure(tmp_path)["kind"] == "spec"
    with (tmp_path / "input" / "demonstrations.jsonl").open("a") as file:
        file.write('{"record": "demonstration/1"}\n')

    assert run_program("sft", sft.run, tmp_path, **QUICK) == 64
    assert failure(tmp_path)["text"].startswith("demonstrations.jsonl: line 9: DemonstrationRecord: ")


def test_without_its_file_it_says_so(tiny_base: Path, tmp_path: Path):
    assert run_program("sft", sft.run, tmp_path, model=str(tiny_base)) == 64
    assert failure(tmp_path)["text"] == "demonstrations.jsonl: the input folder has no such file."


def test_a_learning_rate_that_explodes_is_told(learn: Learn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(optimise, "CLIP_NORM", 1e9)

    def poison(model: torch.nn.Module, batch: Any) -> torch.Tensor:
        return completion_loss(model, batch) * float("nan")

    monkeypatch.setattr("workers.rlhf.learning.objective.completion_loss", poison)

    assert learn(TAUGHT) == 1
    assert failure(tmp_path) == {"kind": "diverged", "text": "The loss was nan: a smaller learning_rate may help."}
    assert not (tmp_path / "output" / "model").exists()


def test_a_base_of_another_family_gets_padding_and_a_template(learn: Learn, tmp_path: Path):
    write_foreign_base(tmp_path / "input" / "base")

    assert learn(TAUGHT, dropout=0.2, epochs=2) == 0
    report = manifest(tmp_path)["report"]
    assert report["pad_added"]
    assert report["template"] == "plain"
    assert report["dropout"] == {"setting": "resid_pdrop", "value": 0.2}
    made = locate("model", str(tmp_path / "output" / "model"), tmp_path)
    renderer = Renderer(load_tokenizer(made))
    assert renderer.pad_id != renderer.eos_id
    assert load_config(made).resid_pdrop == 0.1  # as the base had it


def test_llama_has_attention_dropout_only(learn: Learn, tmp_path: Path):
    assert learn(TAUGHT, dropout=0.2, epochs=1) == 0
    assert manifest(tmp_path)["report"]["dropout"] == {"setting": "attention_dropout", "value": 0.2}
    assert load_config(locate("model", str(tmp_path / "output" / "model"), tmp_path)).attention_dropout == 0.0


def test_dropout_is_applied(learn: Learn, tmp_path: Path):
    def first_loss(dropout: float) -> float:
        shutil.rmtree(tmp_path / "output", ignore_errors=True)
        assert learn(TAUGHT, dropout=dropout, epochs=1) == 0
        return metrics(tmp_path)[0]["loss"]

    assert first_loss(0.0) == first_loss(0.0) != first_loss(0.5)


def test_only_completion_tokens_have_a_loss(tiny_base: Path):
    model = load_policy(locate("model", str(tiny_base), tiny_base), CPU)
    pairs = [([5, 6, 7, 8], [9, 10]), ([11, 12], [13, 14, 15, 16]), ([17], [18])]

    expected = torch.zeros(())
    for prompt_ids, completion in pairs:  # each alone, unpadded, token by token
        logits = model(torch.tensor([[*prompt_ids, *completion]])).logits[0]
        for place, token in enumerate(completion, start=len(prompt_ids)):
            expected += cross_entropy(logits[place - 1], torch.tensor(token))
    torch.testing.assert_close(completion_loss(model, collate(pairs, pad_id=2)), expected)


def test_a_batch_in_parts_is_the_same_step(learn: Learn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert learn(TAUGHT, epochs=1) == 0
    whole = metrics(tmp_path)
    shutil.rmtree(tmp_path / "output")
    monkeypatch.setattr(optimise, "LOGITS_IN_FLIGHT", 1)
    assert [len(part) for part in in_parts([([1], [2])] * 3, 400)] == [1, 1, 1]
    assert learn(TAUGHT, epochs=1) == 0

    assert [line["loss"] for line in metrics(tmp_path)] == pytest.approx([line["loss"] for line in whole], rel=1e-5)


def test_packed_it_takes_the_same_steps(learn: Learn, tmp_path: Path):
    others = [demonstration(f"long{n}", f"Why is {n} {'so ' * n}odd?", REPLY * n) for n in range(1, 4)]
    curves = {}
    for packing in ("off", "auto"):
        assert learn([*TAUGHT, *others, ASIDE], epochs=2, packing=packing) == 0
        report = manifest(tmp_path)["report"]["packing"]
        assert (report["used"], report["why_not"]) == (packing == "auto", None)
        curves[packing] = [line["loss"] for line in metrics(tmp_path)[1:]]
        shutil.rmtree(tmp_path / "output")

    assert curves["auto"] == pytest.approx(curves["off"], rel=1e-3)
    assert 0 <= report["padding_packed"] < report["padding"]


def test_a_model_that_cannot_be_packed_is_padded_and_says_why(
    learn: Learn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sft, "why_not_packed", lambda model, pairs, pad_id: "It cannot.")

    assert learn(TAUGHT, epochs=1, packing="auto") == 0
    report = manifest(tmp_path)["report"]["packing"]
    assert (report["used"], report["why_not"], report["padding_packed"]) == (False, "It cannot.", None)


def test_it_says_what_had_a_loss_and_which_template(learn: Learn, tiny_base: Path, tmp_path: Path):
    assert learn(TAUGHT, epochs=1) == 0

    renderer = Renderer(load_tokenizer(locate("model", str(tiny_base), tiny_base)))
    learned = 8 * len(renderer.completion_ids(REPLY))
    prompts = sum(len(renderer.prompt_ids(one.messages)) for one in TAUGHT)
    report = manifest(tmp_path)["report"]
    assert report["tokens"] == {"learned": learned, "seen": learned + prompts}
    assert report["template"] == "own"


def test_the_schedule_is_the_papers():
    assert cosine(1e-3, 0, 100) == pytest.approx(1e-3)
    assert cosine(1e-3, 50, 100) == pytest.approx(0.55e-3)
    assert cosine(1e-3, 100, 100) == pytest.approx(1e-4)


def test_an_epoch_takes_every_pair_once_in_an_order_of_its_own():
    pairs = [([number], [number]) for number in range(10)]
    first, second = epoch_batches(pairs, 4, seed=0, epoch=0), epoch_batches(pairs, 4, seed=0, epoch=1)

    assert sorted(len(batch) for batch in first) == [2, 4, 4]
    assert sorted(pair for batch in first for pair in batch) == pairs
    assert first == epoch_batches(pairs, 4, seed=0, epoch=0)
    assert first != second


@pytest.mark.parametrize("lora_rank", [0, 4])
def test_an_interrupted_run_ends_with_the_same_weights(
    learn: Learn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lora_rank: int
):
    """With dropout, so that the random states must come back, too."""
    weights = tmp_path / "output" / "model" / "model.safetensors"
    spec = {"epochs": 3, "dropout": 0.3, "checkpoint_every": 2, "lora_rank": lora_rank}
    assert learn([*TAUGHT, ASIDE], **spec) == 0
    whole, curve = weights.read_bytes(), metrics(tmp_path)
    shutil.rmtree(tmp_path / "output")

    def pull_the_plug(job: Job, step: int, total: int, /, **numbers: float) -> None:
        if step == 4:
            raise ZeroDivisionError("pulled the plug")
        honest(job, step, total, **numbers)

    honest = Job.log
    with monkeypatch.context() as patch:
        patch.setattr(Job, "log", pull_the_plug)
        assert learn([*TAUGHT, ASIDE], **spec) == 1
    assert "pulled the plug" in failure(tmp_path)["text"]
    assert learn([*TAUGHT, ASIDE], **spec) == 0

    assert weights.read_bytes() == whole
    assert metrics(tmp_path) == curve
