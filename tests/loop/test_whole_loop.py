"""Issue 3: what was ranked trains a reward model and a policy, whose answers are ranked next. Real workers, real programs."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from apps.datasets.domain.records import RankingRecord, parse_record
from apps.datasets.services.artifacts import artifact_path
from apps.datasets.services.build import snapshot_build
from apps.datasets.services.create import snapshot_create
from apps.imports.services.create import import_here
from apps.labeling.models import Task
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.prompts.models import Completion
from apps.registry.models import ModelVersion
from apps.training.models import LoopRun, RunMetric, TrainingRun
from apps.training.services.launch import training_launch
from apps.training.services.retrain import retrain_policy_set
from tests.cast import Cast
from tests.loop.house import manage, running_house
from tests.loop.lines import import_lines

TEXTS = {"max_prompt_tokens": 96, "max_completion_tokens": 96}  # of a tokenizer that has seen little
REPLIES = {"max_prompt_tokens": 96, "max_completion_tokens": 24}
TINY_BASE = {"vocabulary": 400, "width": 32, "layers": 2, "heads": 2, "context": 256, "dialogues": 200, "steps": 30}
SPECS = {
    "sft": {**TEXTS, "epochs": 2, "batch_size": 16, "learning_rate": 3e-3},
    "reward": {**TEXTS, "batch_size": 8, "learning_rate": 3e-3, "bootstrap": 200},
    "ppo": {**REPLIES, "episodes": 64, "batch_size": 32, "minibatch_size": 16, "learning_rate": 1e-4},
    "generate": REPLIES,
}
GIVE_UP = 1_800  # seconds: speed is not what is tested here


@pytest.fixture
def house(transactional_db: None, artifact_root: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    with running_house(artifact_root, tmp_path / "worker.log") as env:
        yield env


def test_one_turn_of_the_loop(cast: Cast, house: dict[str, str], tmp_path: Path) -> None:
    _collect(cast)
    base = training_launch(
        actor=cast.manager.user, project=cast.project, kind="pretrain", spec=TINY_BASE, reason="a base to start from"
    )
    _wait_for(base, tmp_path)
    retrain_policy_set(
        actor=cast.manager.user, project=cast.project, base_model=base.output_model, prompts_per_loop=6, specs=SPECS
    )
    turn = manage(house, "run_loop", cast.project.slug, "--wait", seconds=GIVE_UP)
    log = (tmp_path / "worker.log").read_text()[-6_000:]
    assert turn.returncode == 0, f"{turn.stdout}\n{turn.stderr}\n{log}"

    loop = LoopRun.objects.get()
    assert loop.state == "done"
    _every_model_says_where_it_comes_from(loop)
    _curves_are_there(loop)
    _the_policys_answers_are_ranked_next(cast, loop)


def _collect(cast: Cast) -> None:
    lines = iter([orjson.dumps(line) + b"\n" for line in import_lines(60)])
    done = import_here(
        actor=cast.manager.user, project=cast.project, chunks=lines, format="jsonl", gzipped=False, filename="loop.jsonl",
        tasks="none", size=None,
    )  # fmt: skip
    assert done.errors_total == 0


def _wait_for(run: TrainingRun, folder: Path) -> None:
    deadline = time.monotonic() + GIVE_UP
    while time.monotonic() < deadline:
        run.refresh_from_db()
        if run.is_over:
            break
        time.sleep(0.2)
    assert run.state == "done", (
        f"{run.state} {run.failure}\n{run.log_tail}\n{(folder / 'worker.log').read_text()[-4_000:]}"
    )


def _every_model_says_where_it_comes_from(loop: LoopRun) -> None:
    for run, role in ((loop.sft_run, "sft"), (loop.reward_run, "reward"), (loop.ppo_run, "policy")):
        version = run.output_model
        assert version.role == role
        assert version.parent == run.parent_model
        assert version.manifest["spec"] == run.spec
        assert len(version.artifact_sha256) == 64
    assert loop.sft_run.snapshot == loop.demonstrations_snapshot
    assert loop.reward_run.snapshot == loop.rankings_snapshot
    assert loop.ppo_run.reward_model == loop.reward_run.output_model
    held_out = loop.reward_run.report["held_out"]
    assert held_out["low"] <= held_out["accuracy"] <= held_out["high"]


def _curves_are_there(loop: LoopRun) -> None:
    for name in ("reward", "kl", "length", "eos_rate"):
        assert RunMetric.objects.filter(run=loop.ppo_run, name=name).count() == 2  # 64 episodes, 32 an update
    first = RunMetric.objects.filter(run=loop.ppo_run, name="kl").earliest("step")
    assert abs(first.value) < 1e-4  # the policy has not moved yet


def _the_policys_answers_are_ranked_next(cast: Cast, loop: LoopRun) -> None:
    policy, sft = loop.ppo_run.output_model, loop.sft_run.output_model
    tasks = Task.objects.filter(project=cast.project, kind="rank", state="open")
    assert tasks.count() == loop.tasks_created > 0
    writers = set(Completion.objects.filter(pk__in=tasks[0].candidates).values_list("model_version", flat=True))
    assert writers == {policy.pk, sft.pk}

    assignment = assignment_claim(member=cast.labeler, kind="rank")
    letters = "ABCDEFGHI"[: len(assignment.task.candidates)]
    judgment = judgment_submit(
        assignment=assignment, body={"tiers": {letter: 1 + index for index, letter in enumerate(letters)}}
    )
    snapshot = snapshot_create(actor=cast.researcher.user, project=cast.project, kind="rankings", purpose="training")
    snapshot_build(uid=snapshot.uid)
    snapshot.refresh_from_db()
    records = [parse_record(line) for line in artifact_path(snapshot.sha256).read_bytes().splitlines()]
    ours = next(record for record in records if isinstance(record, RankingRecord) and not record.imported)
    names = {str(version) for version in ModelVersion.objects.filter(pk__in=[policy.pk, sft.pk])}
    assert {completion.model for completion in ours.completions} == names
    assert all(completion.sampling["temperature"] == 1.0 for completion in ours.completions), json.dumps(str(judgment))
