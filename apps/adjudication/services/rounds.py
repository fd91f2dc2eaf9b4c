"""By the clock: look for new disagreements, then ask for more judgments where the rules say so."""

from apps.projects.models import Project
from apps.quality.services.newness import few_judgments

from ..models import DisagreementsRead
from .more import rules_apply
from .refresh import disagreements_refresh

# No more new judgments are looked at while somebody waits.
QUICK_JUDGMENTS = 20_000


def adjudication_round(*, from_nothing: bool = False) -> None:
    for project in Project.objects.order_by("pk"):
        disagreements_refresh(project=project, from_nothing=from_nothing)
        rules_apply(project=project)


def disagreements_now(*, project: Project) -> bool:
    """Fresh for somebody who asks, where that is quick; False where the first look is still to come. What changed of tasks
    (priority, sensitive) is taken over by the clock: somebody may have changed all of them."""
    known = DisagreementsRead.objects.filter(project=project).first()
    quick = few_judgments(project, QUICK_JUDGMENTS, known.read_to if known else 0)
    if quick:
        disagreements_refresh(project=project, stakes=False)
    return quick or known is not None
