"""Judgments in the database."""

from apps.labeling.models import Judgment
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from apps.projects.models import Membership


def judge(member: Membership, tiers: list[int], overall: list[int] | None = None) -> Judgment:
    """What `member` says of the next task: tiers by the candidates' own order, not the shown one."""
    assignment = assignment_claim(member=member, kind="rank")
    body = said(assignment, tiers, overall)
    return judgment_submit(assignment=assignment, body=body).judgment


def said(assignment, tiers, overall=None):
    letters = dict(zip(assignment.display_order, "ABCDEFGHI", strict=False))
    body = {"tiers": {letters[place]: tier for place, tier in enumerate(tiers)}}
    if overall:
        body["ratings"] = {letters[place]: {"overall": value} for place, value in enumerate(overall)}
    return body
