"""Models side by side over the API: the numbers of the page."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from ..selectors.preferred import each_two
from ..selectors.side_by_side import chosen_models, side_by_side
from ..services.preferred import preferred_now
from .comparison_schema import ComparisonAnswer, ComparisonQuery


class ComparisonView(APIView):
    @extend_schema(
        operation_id="models_compare", parameters=[ComparisonQuery], responses={200: ComparisonAnswer, **errors(422)}
    )
    def get(self, request: Request, slug: str) -> Response:
        """Two to four models: whose replies people ranked higher, what was measured, what they are, which settings differ."""
        project = member_for(request.user, slug, Capability.RESEARCH).project
        given = ComparisonQuery(data={"model": request.query_params.getlist("model")})
        given.is_valid(raise_exception=True)
        models = chosen_models(project, given.validated_data["model"])
        found = side_by_side(models, project)
        answer = {
            "models": models, "preferred": preferred_now(pairs=each_two(models), project=project), "measured": found.measured,
            "facts": found.facts, "settings": found.settings,
        }  # fmt: skip
        return Response(ComparisonAnswer(answer).data)
