"""Gold items and judged tasks, for tests of them."""

from collections.abc import Sequence

from apps.gold.domain.key import pairs_of_tiers
from apps.gold.models import GoldItem
from apps.gold.services.items import gold_create
from apps.labeling.models import Assignment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.models import Membership, Project
from tests.cast import Cast
from tests.make import make_completions, make_prompt


def make_gold(cast: Cast, tiers: Sequence[int] = (1, 2, 3), may_miss: int = 0, **prompt_fields: object) -> GoldItem:
    """An item whose first completion is the best, unless `tiers` say otherwise."""
    prompt = make_prompt(cast.project, **prompt_fields)
    replies = make_completions(prompt, [f"Reply {place}" for place in range(len(tiers))])
    return gold_create(
        actor=cast.manager.user, project=cast.project, prompt=prompt, candidates=[reply.pk for reply in replies],
        pairs=pairs_of_tiers(tiers), may_miss=may_miss, explanation="The first one is right.",
    )  # fmt: skip


def set_rates(project: Project, **rates: float) -> None:
    Project.objects.filter(pk=project.pk).update(**rates)
    project.refresh_from_db()


def claim(member: Membership) -> Assignment | None:
    return assignment_claim(member=Membership.objects.select_related("project", "user").get(pk=member.pk), kind="rank")


def judge(assignment: Assignment, tiers: Sequence[int] | None = None) -> None:
    """`tiers` by the candidates' positions; without them, the order in which they were made."""
    letters = "ABCDEFGHI"
    told = tiers or range(1, len(assignment.display_order) + 1)
    said = {letters[letter]: told[place] for letter, place in enumerate(assignment.display_order)}
    judgment_submit(assignment=assignment, body={"tiers": said})
