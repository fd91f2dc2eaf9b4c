"""A project with enough to learn from, and a hand that does what workers would: a turn of the loop without programs."""

from collections.abc import Callable, Iterable
from typing import Any

from apps.datasets.services.build import snapshot_build
from apps.labeling.models import Task
from apps.labeling.services.imported import ImportedJudgment, judgments_insert
from apps.projects.models import Project
from apps.projects.services import external_labeler_named
from apps.registry.models import GenerationRun
from apps.training.models import LoopRun, TrainingRun
from apps.training.services.claim import claim_fail, generation_claim, training_claim
from apps.training.services.finish import claim_finish
from apps.training.services.loop import loop_advance, loop_start
from apps.training.services.retrain import retrain_policy_set
from apps.training.services.workspace import claim_prepare
from tests.cast import Cast
from tests.datasets.scene import demonstrate
from tests.make import make_completions, make_prompt
from tests.training.rails import finish_generation, finish_output, make_model

EASY = {"reward": {"min_comparisons": 1}}
RUNS = ("sft_run", "reward_run", "ppo_run", "policy_generation", "sft_generation")
SNAPSHOTS = ("demonstrations_snapshot", "rankings_snapshot", "prompts_snapshot", "candidates_snapshot")
Writer = Callable[[GenerationRun, int, int], str]


def rank_imported(
    project: Project, tiers: list[int], *, kind: str = "person", cohort: str = "training", split: str = "train"
) -> None:
    """A closed task with one imported ranking."""
    prompt = make_prompt(project, split=split)
    candidates = [one.pk for one in make_completions(prompt, [f"Answer {place}" for place, _ in enumerate(tiers)])]
    task = Task.objects.create(
        project=project, prompt=prompt, kind="rank", state="closed", candidates=candidates,
        candidate_set=sorted(candidates), required=1, open_slots=1,
    )  # fmt: skip
    who = external_labeler_named(project=project, pseudonym=f"{cohort} {kind}", kind=kind, cohort=cohort)
    judgments_insert(judgments=[ImportedJudgment(task.pk, who.pk, cohort, tiers=tiers)])


def ready_to_turn(cast: Cast, *, demonstrated: bool = True) -> None:
    """A base, a demonstration, a ranking with two comparisons, and two prompts more."""
    make_model(cast.project, "base")
    if demonstrated:
        demonstrate(cast.labeler, "Of course.")
    rank_imported(cast.project, [1, 2, 2])
    for _ in range(2):
        make_prompt(cast.project)
    retrain_policy_set(actor=None, project=cast.project, specs=EASY)


def started(cast: Cast, **fields: Any) -> LoopRun:
    ready_to_turn(cast)
    return loop_start(actor=cast.researcher.user, project=cast.project, **fields)


def build_snapshots(loop: LoopRun) -> None:
    for name in SNAPSHOTS:
        snapshot_build(uid=getattr(loop, name).uid)


def distinct(run: GenerationRun, place: int, sample: int) -> str:
    return f"{run.model_version.role} {run.model_version.number} says {sample} to {place}"


def finish(run: Any, writes: Writer = distinct) -> None:
    """End a queued run well, through the services that its worker would use."""
    if isinstance(run, TrainingRun):
        claim = training_claim(uid=run.uid, worker="train@here")
        place = claim_prepare(claim)
        extra = {"report": {}, "weights": str(run.uid)}
        finish_output(place, run, **extra)
    else:
        claim = generation_claim(uid=run.uid, worker="generate@here")
        place = claim_prepare(claim)
        finish_generation(place, run, list(_lines(run, writes)))
    claim_finish(claim, place)


def _lines(run: GenerationRun, writes: Writer) -> Iterable[dict[str, Any]]:
    uids = run.input.snapshot.items.order_by("prompt__uid").values_list("prompt__uid", flat=True)
    for place, uid in enumerate(uids):
        for sample in range(run.spec["samples"]):
            yield {
                "prompt_uid": str(uid), "sample_index": sample, "text": writes(run, place, sample),
                "finish_reason": "stop", "tokens": 5, "seed": sample,
            }  # fmt: skip


def fail(run: Any, kind: str, text: str) -> None:
    claim_fail(training_claim(uid=run.uid, worker="train@here"), kind, text)


def waiting_runs(loop: LoopRun) -> list[Any]:
    loop.refresh_from_db()
    runs = [getattr(loop, name) for name in RUNS]
    return [run for run in runs if run is not None and run.state == "queued"]


def go_on(loop: LoopRun, writes: Writer = distinct, *, until: str = "") -> LoopRun:
    """Advance, and end what waits, until the turn is over or has made its `until` row."""
    loop_advance(uid=loop.uid)
    while (waiting := waiting_runs(loop)) and not (until and getattr(loop, until)):
        for run in waiting:
            finish(run, writes)
        loop_advance(uid=loop.uid)
    loop.refresh_from_db()
    return loop


def turned(cast: Cast, writes: Writer = distinct) -> LoopRun:
    """A whole turn."""
    loop = started(cast)
    build_snapshots(loop)
    return go_on(loop, writes)
