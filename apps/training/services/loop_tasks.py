"""The last station: the policy's and the SFT model's replies become ranking tasks."""

from ..domain.hygiene import Rules
from ..models import LoopRun
from .candidate_tasks import tasks_of_the_mix


def candidates_to_tasks(loop: LoopRun) -> tuple[int, int]:
    """How many tasks were made, and how many prompts gave none. In the caller's transaction."""
    assert loop.candidates_snapshot
    assert loop.policy_generation
    assert loop.sft_generation
    made = tasks_of_the_mix(
        project=loop.project, snapshot=loop.candidates_snapshot,
        sources=[(loop.policy_generation, 1), (loop.sft_generation, 1)], k=loop.project.candidates_per_task,
        rules=Rules(), home=loop,
    )  # fmt: skip
    return made.tasks, made.without
