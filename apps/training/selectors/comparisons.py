"""How much there is to learn a reward from."""

from django.db.models import Count

from apps.core.domain.ranking import comparisons
from apps.datasets.domain.filters import SnapshotFilter
from apps.datasets.models import DatasetSnapshot, Purpose
from apps.datasets.services.selection import rows_selected
from apps.labeling.models import Ranking
from apps.projects.models import Project
from apps.prompts.models import Split


def comparisons_for_training(project: Project) -> int:
    """What a reward model could learn from now: ordered pairs of current rankings of training prompts, in one query.

    A training snapshot's own rule decides whose rankings count. Equal rankings are counted together: of four
    candidates there are 75 different ones, however many were given.
    """
    judgments = rows_selected(
        project=project,
        kind=DatasetSnapshot.Kind.RANKINGS,
        purpose=Purpose.TRAINING,
        chosen=SnapshotFilter(split=(Split.TRAIN,)),
    )
    kinds = Ranking.objects.filter(judgment__in=judgments).values_list("tiers").annotate(n=Count("pk")).order_by()
    return sum(count * len(comparisons(tiers)) for tiers, count in kinds)
