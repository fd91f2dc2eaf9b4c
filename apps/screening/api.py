"""Exams over the API: making them, the applicants with their scores, grading, deciding."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.idempotency import idempotent
from apps.core.api import UidCursorPagination, cursor_page
from apps.core.lists import ByUidPagination, chosen
from apps.core.schema import errors
from apps.projects.access import Capability, member_for

from .api_schema import (
    CandidateFilters,
    CandidateListed,
    CandidateWithAnswers,
    DecisionBody,
    DecisionListed,
    DemonstrationToGrade,
    ExamAnswerBody,
    ExamBody,
    ExamListed,
    GradeBody,
    OwnGrade,
    answers_told,
    candidate_told,
)
from .domain.exam import exam_of
from .models import ExamAnswer
from .selectors.exams import exam_numbered, exams_and_draft
from .selectors.results import (
    attempt_named,
    attempts_of,
    blind_items,
    candidates,
    demonstration_named,
    left_to_grade,
)
from .services.decisions import attempt_decide
from .services.exams import exam_make, exam_publish
from .services.grades import grade_give


class ExamsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(operation_id="exams_list", responses={200: ExamListed(many=True), **errors(422)})
    def get(self, request: Request, slug: str) -> Response:
        """Every version and the draft, newest first."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return cursor_page(self, request, exams_and_draft(member.project), ExamListed)

    @extend_schema(operation_id="exams_make", request=ExamBody, responses={200: ExamAnswerBody, **errors(413, 422)})
    def post(self, request: Request, slug: str) -> Response:
        """This body as the project's draft, whatever the draft said before. The same body again changes nothing."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return Response(ExamAnswerBody(exam_make(actor=member, body=request.data)).data)


class ExamView(APIView):
    @extend_schema(operation_id="exams_retrieve", responses={200: ExamAnswerBody, **errors()})
    def get(self, request: Request, slug: str, number: int) -> Response:
        """A version with its keys."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return Response(ExamAnswerBody(exam_numbered(member.project, number)).data)


class ExamPublishView(APIView):
    @extend_schema(operation_id="exams_publish", request=None, responses={200: ExamAnswerBody, **errors(422)})
    def post(self, request: Request, slug: str, number: int) -> Response:
        """Freeze the draft: who begins now sits it. A published version published again stays as it is."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        exam_numbered(member.project, number)
        return Response(ExamAnswerBody(exam_publish(actor=member, number=number)).data)


class CandidatesView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="exams_candidates",
        parameters=[CandidateFilters],
        responses={200: CandidateListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Attempts by pseudonym with their scores and decisions, newest first."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        pages: Any = UidCursorPagination()
        rows = chosen(request, CandidateFilters).narrow(attempts_of(member.project))
        page = pages.paginate_queryset(rows, request, view=self)
        told = [candidate_told(one) for one in candidates(page)]
        answer: Response = pages.get_paginated_response(CandidateListed(told, many=True).data)
        return answer


class CandidateView(APIView):
    @extend_schema(operation_id="exams_candidate", responses={200: CandidateWithAnswers, **errors()})
    def get(self, request: Request, slug: str, uid: str) -> Response:
        """One of them with their answers; a reply once you graded it, or once somebody decided."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        attempt = attempt_named(member.project, uid)
        [found] = candidates([attempt])
        told = candidate_told(found) | {"answers": answers_told(found, blind_items(member, attempt))}
        return Response(CandidateWithAnswers(told).data)


class DecisionsView(APIView):
    @extend_schema(
        operation_id="exams_decide",
        request=DecisionBody,
        responses={201: DecisionListed, 200: DecisionListed, **errors(409, 422)},
    )
    @idempotent
    def post(self, request: Request, slug: str, uid: str) -> Response:
        """Decide about an applicant, with the reason. It sets status and cohort. Just what stands already is answered 200."""
        member = member_for(request.user, slug, Capability.MANAGE)
        attempt = attempt_named(member.project, uid)
        given = DecisionBody(data=request.data)
        given.is_valid(raise_exception=True)
        done = attempt_decide(actor=member, attempt=attempt, **given.validated_data)
        return Response(DecisionListed(done.decision).data, status=201 if done.new else 200)


class DemonstrationsToGradeView(APIView):
    pagination_class = ByUidPagination

    @extend_schema(operation_id="exams_to_grade", responses={200: DemonstrationToGrade(many=True), **errors(422)})
    def get(self, request: Request, slug: str) -> Response:
        """Replies of applicants that you have not graded, without their authors."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        return cursor_page(self, request, left_to_grade(member), _ToGrade)


class _ToGrade(DemonstrationToGrade):
    def to_representation(self, answer: ExamAnswer) -> dict[str, Any]:
        item = exam_of(answer.attempt.exam.body).item(answer.item)
        asked = {"prompt": item.prompt, "sensitive": item.sensitive} if item else {"prompt": "", "sensitive": False}
        return super().to_representation({"uid": answer.uid, "text": answer.body["text"], **asked})


class GradeView(APIView):
    @extend_schema(operation_id="exams_grade", request=GradeBody, responses={200: OwnGrade, **errors(409, 422)})
    def put(self, request: Request, slug: str, uid: str) -> Response:
        """Your grade from 1 to 7; another value replaces it until somebody decided about the applicant."""
        member = member_for(request.user, slug, Capability.RESEARCH)
        answer = demonstration_named(member.project, uid)
        given = GradeBody(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(OwnGrade(grade_give(actor=member, answer=answer, value=given.validated_data["value"])).data)
