"""What a manager decides once for all tasks of a project."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.audit.services import record
from apps.core.domain.errors import RuleBroken
from apps.projects.models import Project

from ..models import AdjudicationRules
from .more import require_sensible
from .stakes import stakes_sync

USE_CASES_MOST = 50


@transaction.atomic
def rules_set(
    *, actor: User, project: Project, use_cases: Sequence[str], more_below: float | None, more_judgments: int,
    more_most: int,
) -> AdjudicationRules:  # fmt: skip
    """Which use cases weigh double, and below which agreement more judgments are asked for (None: never by itself)."""
    named = sorted({name.strip() for name in use_cases if name.strip()})
    if len(named) > USE_CASES_MOST or any(len(name) > 60 or "\x00" in name for name in named):
        raise RuleBroken(
            _("use_cases: at most %(most)d, of at most 60 characters each.") % {"most": USE_CASES_MOST},
            field="use_cases",
        )  # fmt: skip
    require_sensible(more_below, more_judgments, more_most, prefix="more_")
    values = {
        "use_cases": named, "more_below": more_below, "more_judgments": more_judgments, "more_most": more_most,
    }  # fmt: skip
    rules, _made = AdjudicationRules.objects.update_or_create(project=project, defaults={**values, "set_by": actor})
    stakes_sync(project=project)
    record(actor=actor, verb="adjudication.rules_set", target=project, **values)
    return rules


def rules_of(project: Project) -> AdjudicationRules:
    """Those of the project, or what holds where nobody set any: unsaved."""
    return AdjudicationRules.objects.filter(project=project).first() or AdjudicationRules(project=project)
