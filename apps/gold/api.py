"""Gold over the API, for managers and researchers. Labelers and adjudicators, who get gold, see none of it."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.idempotency import idempotent
from apps.core.domain.errors import RuleBroken
from apps.core.lists import UidCursorPagination, cursor_page
from apps.core.schema import errors
from apps.labeling.models import Task
from apps.labeling.selectors.tasks import refuse_unknown, tasks_matching
from apps.projects.access import Capability, member_for
from apps.projects.models import Project
from apps.prompts.models import Completion, Prompt
from apps.prompts.selectors import prompts_matching

from .api_schema import (
    GoldAnswerFilters,
    GoldAnswerListed,
    GoldBody,
    GoldFilters,
    GoldListed,
    GoldRetireBody,
    GoldScoresAnswer,
    score_told,
)
from .domain.key import Pair, pairs_of_tiers
from .models import GoldItem
from .selectors.answers import answers_given
from .selectors.items import gold_item, gold_items, item_rows
from .services.items import gold_create, gold_retire
from .services.kept import gold_now
from .tables import ordered_scores


class GoldView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="gold_list", parameters=[GoldFilters], responses={200: GoldListed(many=True), **errors(422)}
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's gold items, newest first, with how they did."""
        project = member_for(request.user, slug, Capability.CURATE).project
        items = gold_items(project)
        return cursor_page(self, request, items, GoldListed, GoldFilters, **_context(project, items))

    @extend_schema(operation_id="gold_create", request=GoldBody, responses={201: GoldListed, **errors(409, 422)})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Make a gold item of a ranking task, or of a prompt's completions. The prompt's open ranking tasks are closed."""
        member = member_for(request.user, slug, Capability.CURATE)
        given = GoldBody(data=request.data)
        given.is_valid(raise_exception=True)
        said = given.validated_data
        prompt, candidates, names, requires = _material(member.project, said)
        item = gold_create(
            actor=member.user, project=member.project, prompt=prompt, candidates=candidates, pairs=_pairs(said, names),
            may_miss=said["may_miss"], explanation=said["explanation"], requires=requires,
        )  # fmt: skip
        return Response(_told(member.project, item), status=201)


class GoldRetireView(APIView):
    @extend_schema(operation_id="gold_retire", request=GoldRetireBody, responses={200: GoldListed, **errors(409, 422)})
    def post(self, request: Request, slug: str, uid: str) -> Response:
        """Give an item to nobody any more. It stays in the record; the same again changes nothing."""
        member = member_for(request.user, slug, Capability.CURATE)
        item = gold_item(member.project, uid)
        given = GoldRetireBody(data=request.data)
        given.is_valid(raise_exception=True)
        gold_retire(actor=member.user, item=item, **given.validated_data)
        return Response(_told(member.project, item))


class GoldScoresView(APIView):
    @extend_schema(operation_id="gold_scores", responses={200: GoldScoresAnswer, **errors()})
    def get(self, request: Request, slug: str) -> Response:
        """Each labeler by their gold, those under the threshold first, and by their retests."""
        project = member_for(request.user, slug, Capability.CURATE).project
        numbers = gold_now(project)
        return Response({
            "computed_at": numbers.computed_at,
            "threshold": project.gold_threshold,
            "gold": [score_told(one) for one in ordered_scores(numbers.scores.values())],
            "consistency": [{"labeler": numbers.names[member], **one} for member, one in numbers.consistency.items()],
        })  # fmt: skip


class GoldAnswersView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="gold_answers",
        parameters=[GoldAnswerFilters],
        responses={200: GoldAnswerListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Each labeler's answer to each item, newest first: scores over time are sums of these."""
        project = member_for(request.user, slug, Capability.CURATE).project
        return cursor_page(self, request, answers_given(project), GoldAnswerListed, GoldAnswerFilters)


def _context(project: Project, items: Iterable[GoldItem]) -> dict[str, Any]:
    """What the serializer needs beside an item."""
    rows = {row.item.pk: row for row in item_rows(items, gold_now(project).items)}
    candidates = {pk for row in rows.values() for pk in row.item.task.candidates}
    return {"told": rows, "uids": dict(Completion.objects.filter(pk__in=candidates).values_list("pk", "uid"))}


def _told(project: Project, item: GoldItem) -> Any:
    fresh = gold_item(project, item.uid)
    return GoldListed(fresh, context=_context(project, [fresh])).data


def _material(project: Project, said: dict[str, Any]) -> tuple[Prompt, list[int], dict[str, int], list[str]]:
    """The prompt, the candidates, the place of each by its uid, and the skills that the task asks for."""
    if ("task" in said) == ("prompt" in said):
        raise RuleBroken("task: name a ranking task, or a prompt with candidates; one of the two.", field="task")
    if "task" in said:
        tasks = tasks_matching(project, uids=[said["task"]], kind=Task.Kind.RANK).select_related("prompt")
        refuse_unknown(tasks, [said["task"]])
        task = tasks[0]
        completions = Completion.objects.in_bulk(task.candidates)
        chosen = [completions[pk] for pk in task.candidates]
        places = {str(one.uid): place for place, one in enumerate(chosen)}
        return task.prompt, list(task.candidates), places, list(task.requires)
    (prompt,) = prompts_matching(project, uids=[said["prompt"]])
    wanted = [str(uid) for uid in said.get("candidates", [])]
    known = {str(uid): pk for uid, pk in Completion.objects.filter(prompt=prompt).values_list("uid", "pk")}
    if unknown := [uid for uid in wanted if uid not in known]:
        raise RuleBroken(f"candidates: {unknown[0]} is no completion of that prompt.", field="candidates")
    return prompt, [known[uid] for uid in wanted], {uid: place for place, uid in enumerate(wanted)}, []


def _pairs(said: dict[str, Any], names: dict[str, int]) -> list[Pair]:
    def place(uid: Any, field: str) -> int:
        if str(uid) not in names:
            raise RuleBroken(f"{field}: {str(uid)[:60]} is no candidate of this item.", field=field)
        return names[str(uid)]

    tiers: list[int | None] = [None] * len(names)
    for uid, tier in said.get("tiers", {}).items():
        tiers[place(uid, "tiers")] = tier
    given = [
        Pair(place(one["better"], "pairs"), place(one["worse"], "pairs"), one["may_tie"])
        for one in said.get("pairs", [])
    ]
    return pairs_of_tiers(tiers, neighbours_may_tie=said["neighbours_may_tie"]) + given
