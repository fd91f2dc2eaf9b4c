"""The tasks that the workers of a run answer to, and the loop's."""

from apps.core.ring import ring_on_commit
from apps.registry.models import GenerationRun
from apps.registry.run import Run

from ..models import CandidateSet, LoopRun

TRAIN, GENERATE, ADVANCE = "workers.train", "workers.generate", "training.advance"
ADVANCE_SET = "training.advance-set"
SETTLE = "training.settle"  # a registered folder's files are to be hashed


def bell_of(model: type[Run]) -> str:
    return GENERATE if model is GenerationRun else TRAIN


def ring_for(run: Run) -> None:
    """Call a worker to a queued run once the transaction in hand is committed."""
    ring_on_commit(bell_of(type(run)), run.uid)


def ring_loop_of(run: Run) -> None:
    """A run has ended: the project's loop may have waited for it, or a set of candidates."""
    for uid in LoopRun.objects.filter(project=run.project_id, state=LoopRun.State.RUNNING).values_list(
        "uid", flat=True
    ):
        ring_on_commit(ADVANCE, uid)
    if isinstance(run, GenerationRun):
        waiting = CandidateSet.objects.filter(state=CandidateSet.State.RUNNING, sources__run=run)
        for uid in waiting.values_list("uid", flat=True):
            ring_on_commit(ADVANCE_SET, uid)
