"""How much there is to learn a reward from."""

from django.db.models import F, Func, IntegerField, Sum
from django.db.models.functions import Coalesce

from apps.datasets.domain.filters import SnapshotFilter
from apps.datasets.models import DatasetSnapshot, Purpose
from apps.datasets.services.selection import rows_selected
from apps.labeling.models import Ranking
from apps.projects.models import Project
from apps.prompts.models import Split


class Comparisons(Func):
    """The ordered pairs of a ranking's tiers: a tie gives none."""

    template = (
        "(SELECT count(*) FROM unnest(%(expressions)s) AS better, unnest(%(expressions)s) AS worse "
        "WHERE better < worse)"
    )
    output_field = IntegerField()


def comparisons_for_training(project: Project) -> int:
    """What a reward model could learn from now: ordered pairs of current rankings of training prompts, in one query.

    A training snapshot's own rule decides whose rankings count.
    """
    judgments = rows_selected(
        project=project,
        kind=DatasetSnapshot.Kind.RANKINGS,
        purpose=Purpose.TRAINING,
        chosen=SnapshotFilter(split=(Split.TRAIN,)),
    )
    rankings = Ranking.objects.filter(judgment__in=judgments)
    total: int = rankings.aggregate(n=Coalesce(Sum(Comparisons(F("tiers"))), 0))["n"]
    return total
