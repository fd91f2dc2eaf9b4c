"""The retrain policy: when the loop starts by itself, and the looking after that."""

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import Conflict, DomainError, RuleBroken
from apps.projects.models import Project

from ..domain.retrain import Turn, due
from ..models import LoopRun, RetrainPolicy
from ..selectors.comparisons import comparisons_for_training
from .loop import loop_start
from .loop_material import parse_specs, require_base

logger = logging.getLogger(__name__)
# A turn that was refused is tried again after this long: what it lacks is seldom there a moment later.
ASK_AGAIN = timedelta(minutes=10)
NUMBER_MAX = {"every_comparisons": 2**31 - 1, "every_hours": 24 * 365, "prompts_per_loop": 10_000}
FIELDS = ("base_model", "enabled", *NUMBER_MAX, "specs")


@transaction.atomic
def retrain_policy_set(*, actor: User | None, project: Project, **fields: Any) -> RetrainPolicy:
    """Change what `fields` name (base_model, enabled, every_comparisons, every_hours, prompts_per_loop, specs).

    Raises RuleBroken that names the field. A refusal that stood there is forgotten: it may have been cured.
    """
    policy, _ = RetrainPolicy.objects.select_for_update(no_key=True).get_or_create(project=project)
    for name, value in fields.items():
        setattr(policy, name, _checked(project, name, value))
    if policy.enabled and policy.every_comparisons is None and policy.every_hours is None:
        raise RuleBroken(
            "enabled: say when a turn starts: every so many comparisons, every so many hours, or both.", field="enabled"
        )
    policy.refusal, policy.refused_at = "", None
    policy.save()
    said = {name: str(value) if name == "base_model" else value for name, value in fields.items()}
    record(actor=actor, verb="retrain_policy.set", target=policy, **said)
    return policy


def _checked(project: Project, name: str, value: Any) -> Any:
    if name not in FIELDS:
        raise RuleBroken(f"{name}: not a field of a retrain policy; those are {', '.join(FIELDS)}.", field=name)
    if name == "base_model":
        return None if value is None else require_base(project, value)
    if name == "specs":
        parse_specs(value)
        return {program: dict(spec) for program, spec in value.items() if spec}
    if name == "enabled":
        if not isinstance(value, bool):
            raise RuleBroken("enabled: true or false is expected.", field=name)
        return value
    return _number(name, value)


def _number(name: str, value: Any) -> int | None:
    if value is None and name != "prompts_per_loop":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= NUMBER_MAX[name]:
        raise RuleBroken(f"{name}: a whole number from 1 to {NUMBER_MAX[name]:,} is expected.", field=name)
    return value


def retrain_due(policy: RetrainPolicy) -> tuple[str, str] | None:
    """The trigger and the reason, with its numbers, where a turn is due by this policy; else None."""
    if not policy.enabled:
        return None
    last = LoopRun.objects.filter(project=policy.project_id).order_by("-id").first()
    if last is not None and last.state == LoopRun.State.RUNNING:
        return None
    return due(
        every_comparisons=policy.every_comparisons,
        every_hours=policy.every_hours,
        comparisons=comparisons_for_training(policy.project) if policy.every_comparisons else 0,
        last=None if last is None else Turn(last.comparisons_seen, timezone.now() - last.created_at),
    )


def retrain_check() -> int:
    """Start every turn that is due. How many started."""
    active = RetrainPolicy.objects.filter(enabled=True, project__state=Project.State.ACTIVE)
    askable = Q(refused_at=None) | Q(refused_at__lt=timezone.now() - ASK_AGAIN)
    return sum(_start_if_due(pk) for pk in list(active.filter(askable).values_list("pk", flat=True)))


@transaction.atomic
def _start_if_due(pk: int) -> bool:
    """Locked, so that of two workers one looks; the loop's own constraint decides between it and a person."""
    locked = RetrainPolicy.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    policy = locked.select_related("project").filter(pk=pk, enabled=True).first()
    if policy is None or (found := retrain_due(policy)) is None:
        return False
    trigger, reason = found
    try:
        loop_start(actor=None, project=policy.project, trigger=trigger, reason=reason)
    except Conflict:  # somebody has started one meanwhile
        return False
    except DomainError as error:
        _refused(policy, f"{reason} But it could not start: {error.message}")
        return False
    _say(policy, "", None)
    return True


def _refused(policy: RetrainPolicy, sentence: str) -> None:
    """Shown on the policy until it is cured, and logged when it is new."""
    if sentence != policy.refusal:
        logger.warning("retrain policy of %s: %s", policy.project.slug, sentence)
    _say(policy, sentence, timezone.now())


def _say(policy: RetrainPolicy, refusal: str, at: Any) -> None:
    """Without touching `updated_at`: nobody changed the policy."""
    RetrainPolicy.objects.filter(pk=policy.pk).update(refusal=refusal, refused_at=at)
