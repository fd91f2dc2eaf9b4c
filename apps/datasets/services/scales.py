"""The scales that a project's forms rate by, for files that go by them."""

from apps.projects.domain.judgment_schema import parse_schema
from apps.projects.models import JudgmentSchema, Project

from ..domain.kto import Overall


def overall_scales(project: Project) -> dict[int, Overall]:
    """The scale `overall` of each published form that has one, by the form's number."""
    forms = JudgmentSchema.objects.filter(project=project, published_at__isnull=False).values_list("number", "body")
    return {
        number: Overall(scale.low, scale.high, scale.polarity != "bad")
        for number, body in forms
        for scale in parse_schema(body).scales
        if scale.name == "overall"
    }
