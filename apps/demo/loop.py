"""What the demo needs to turn the loop: a base made in the background, and settings for a model of its size."""

from typing import Any

from apps.accounts.models import User
from apps.projects.models import Project
from apps.registry.models import ModelVersion
from apps.registry.run import RunState
from apps.training.models import RetrainPolicy, TrainingRun
from apps.training.services.launch import training_launch
from apps.training.services.retrain import retrain_policy_set

BASE_NAME = "clinic-base"
# Twice the usual room: some of the demo's prompts bring a page of notes. Its own texts are short.
BASE: dict[str, Any] = {"context": 1_024}
# InstructGPT's settings are for billions of parameters; `docs/training.md` says what these were measured to do. All that
# people write and rank teaches; the models answer the practice questions, the only ones that they can.
SPECS: dict[str, dict[str, Any]] = {
    "sft": {
        "max_prompt_tokens": 512, "max_completion_tokens": 320, "epochs": 2, "batch_size": 8, "learning_rate": 2e-4,
        "dropout": 0.0,
    },
    "reward": {
        "max_prompt_tokens": 512, "max_completion_tokens": 400, "epochs": 2, "batch_size": 8, "learning_rate": 5e-4,
        "folds": 2, "curve": 2,  # for its report card: as long again as the model itself, twice
    },
    "ppo": {
        "max_prompt_tokens": 64, "max_completion_tokens": 64, "episodes": 1_536, "batch_size": 64,
        "minibatch_size": 32, "learning_rate": 3e-4, "value_learning_rate": 1e-3, "warmup_updates": 2, "beta": 0.05,
        "kl_stop": 12.0, "ema": 0.9, "checkpoint_every": 4,
    },
    "generate": {"max_prompt_tokens": 64, "max_completion_tokens": 64},
}  # fmt: skip
EVERY_COMPARISONS = 200
PROMPTS_PER_LOOP = 24


def base_begin(actor: User, project: Project) -> None:
    """A base in the background, unless there is one or it is being made. A worker takes it when one is there."""
    made = ModelVersion.objects.filter(project=project, role=ModelVersion.Role.BASE).exists()
    being_made = TrainingRun.objects.filter(
        project=project, kind=TrainingRun.Kind.PRETRAIN, state__in=[RunState.QUEUED, RunState.RUNNING]
    )
    if not made and not being_made.exists():
        training_launch(
            actor=actor, project=project, kind=TrainingRun.Kind.PRETRAIN, spec=BASE, model_name=BASE_NAME,
            reason="The demo's base, made here: no model hub is needed.",
        )  # fmt: skip


def policy_begin(actor: User, project: Project) -> None:
    """A retrain policy that is off, for a manager to switch on. One that is there is left as it is."""
    if not RetrainPolicy.objects.filter(project=project).exists():
        retrain_policy_set(
            actor=actor, project=project, enabled=False, every_comparisons=EVERY_COMPARISONS,
            prompts_per_loop=PROMPTS_PER_LOOP, specs=SPECS,
        )  # fmt: skip
