"""The last station: the policy's and the SFT model's replies become ranking tasks."""

from apps.prompts.domain.hygiene import Rules

from ..models import LoopRun
from .candidate_tasks import mixes_of, tasks_of_the_mixes


def candidates_to_tasks(loop: LoopRun) -> tuple[int, int]:
    """How many tasks were made, and how many prompts gave none. In the caller's transaction."""
    assert loop.candidates_snapshot
    assert loop.policy_generation
    assert loop.sft_generation
    mixes = mixes_of(
        snapshot=loop.candidates_snapshot, sources=[(loop.policy_generation, 1), (loop.sft_generation, 1)],
        k=loop.project.candidates_per_task, rules=Rules(),
    )  # fmt: skip
    return tasks_of_the_mixes(project=loop.project, mixes=mixes, home=loop), mixes.without
