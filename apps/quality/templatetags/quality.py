"""What earlier apps' templates show of quality: they may not import it, so they ask for these."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from apps.projects.access import Capability, may
from apps.projects.models import GuidelineVersion, Membership

from ..agreement.tables import points
from ..agreement.words import STATISTICS, WHY
from ..models import AgreementReport

register = template.Library()


@register.inclusion_tag("quality/parts/version_agreement.html")
def version_agreement(member: Membership, version: GuidelineVersion) -> dict[str, Any]:
    """For who may see agreement: that under `version` beside that under the one before. One query, of the kept report."""
    if version.number < 2 or not may(member, Capability.RESEARCH):
        return {}
    found = AgreementReport.objects.filter(project=member.project).values_list("body__guideline_changes", flat=True)
    step = next(
        (one for one in found.first() or () if (one["track"], one["after"]) == (version.track, version.number)), None
    )
    if step is None:
        return {}
    return {"number": version.number, "slug": member.project.slug, "sentences": sentences_of(step)}


def sentences_of(step: dict[str, Any]) -> list[str]:
    """Of each way to count ties; one sentence where there is too little of either."""
    told = step["statistics"]
    if all(one["value"] is None for one in told.values()):
        return [str(WHY[told["agreement"]["why"]])]
    return [f"{STATISTICS[key]}: {_sentence(step, one)}" for key, one in told.items()]


def _sentence(step: dict[str, Any], one: dict[str, Any]) -> str:
    if one["value"] is None:
        return str(WHY[one["why"]])
    number = points(one)
    values = {"before": step["before"], "after": step["after"], "points": number.text, "interval": number.interval}
    if one["low"] is None:
        return _("%(points)s points from version %(before)s to %(after)s.") % values
    if one["low"] > 0:
        return _("higher under version %(after)s than under %(before)s, by %(points)s points (%(interval)s).") % values
    if one["high"] < 0:
        return _("lower under version %(after)s than under %(before)s, by %(points)s points (%(interval)s).") % values
    return _("no measurable change from version %(before)s to %(after)s: %(points)s points (%(interval)s).") % values
