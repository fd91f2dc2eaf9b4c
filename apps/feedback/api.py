"""Reports and questions over the API. A labeler hears only of what is their own."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from apps.core.api import UidCursorPagination, cursor_page
from apps.core.schema import errors
from apps.labeling.access import assignment_for
from apps.projects.access import Capability, member_for
from apps.projects.guideline_api import TrackQuery
from apps.projects.selectors import guideline_numbered

from .access import may_read_all_questions, question_of, report_of
from .api_schema import (
    AnswerBody,
    AnswersBeside,
    CloseBody,
    OwnQuestion,
    OwnReport,
    QuestionBody,
    QuestionFilters,
    QuestionListed,
    ReportBody,
    ReportFilters,
    ReportListed,
    ShownBody,
    SkipFilters,
    SkipListed,
)
from .selectors import answers_beside, own_questions, questions_of, reports_of, skips_of
from .services.questions import answer_hide, answer_show, question_answer, question_ask
from .services.reports import letter_of, report_close, report_create


class AssignmentReportsView(APIView):
    @extend_schema(
        operation_id="assignments_report",
        request=ReportBody,
        responses={201: OwnReport, 200: OwnReport, **errors(413, 422)},
    )
    def post(self, request: Request, uid: str) -> Response:
        """Report the prompt or a candidate of your task. The same category again is answered 200 with the first."""
        assignment = assignment_for(request.user, uid)
        told = report_create(assignment=assignment, **_given(ReportBody, request))
        answer = {
            **{name: getattr(told.report, name) for name in ("uid", "category", "text", "created_at")},
            "subject": letter_of(told.report, assignment),
        }
        return Response(OwnReport(answer).data, status=201 if told.new else 200)


class AssignmentQuestionsView(APIView):
    @extend_schema(
        operation_id="assignments_ask",
        request=QuestionBody,
        responses={201: OwnQuestion, 200: OwnQuestion, **errors(413, 422)},
    )
    def post(self, request: Request, uid: str) -> Response:
        """Ask about your task or a rule of its guideline, also after you submitted. The same words again are answered 200."""
        asked = question_ask(assignment=assignment_for(request.user, uid), **_given(QuestionBody, request))
        return Response(OwnQuestion(asked.question).data, status=201 if asked.new else 200)


class QuestionsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="questions_list",
        parameters=[QuestionFilters],
        responses={200: QuestionListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """Newest first: your own, or for managers the project's. Reading them here marks nothing as read."""
        member = member_for(request.user, slug, Capability.READ)
        everybodys = may_read_all_questions(member)
        rows = questions_of(member.project) if everybodys else own_questions(member)
        return cursor_page(self, request, rows, QuestionListed, QuestionFilters, all=everybodys)


class QuestionAnswerView(APIView):
    @extend_schema(
        operation_id="questions_answer", request=AnswerBody, responses={200: QuestionListed, **errors(409, 413, 422)}
    )
    def post(self, request: Request, slug: str, uid: str) -> Response:
        """Answer once; with `amend` replace the answer. 409 `already_answered` when somebody else was first."""
        member = member_for(request.user, slug, Capability.MANAGE)
        question = question_of(member.project, uid)
        question_answer(actor=member.user, question=question, **_given(AnswerBody, request))
        return Response(QuestionListed(question_of(member.project, uid), context={"all": True}).data)


class QuestionShownView(APIView):
    @extend_schema(
        operation_id="questions_show", request=ShownBody, responses={200: QuestionListed, **errors(409, 413, 422)}
    )
    def put(self, request: Request, slug: str, uid: str) -> Response:
        """Show the answer beside its rule to everybody. Again with other words: those. Who asked is never shown."""
        member = member_for(request.user, slug, Capability.MANAGE)
        question = question_of(member.project, uid)
        answer_show(actor=member.user, question=question, words=_given(ShownBody, request)["question"])
        return Response(QuestionListed(question_of(member.project, uid), context={"all": True}).data)

    @extend_schema(operation_id="questions_hide", responses={204: None, **errors()})
    def delete(self, request: Request, slug: str, uid: str) -> Response:
        """Take the answer away from beside the rule."""
        member = member_for(request.user, slug, Capability.MANAGE)
        answer_hide(actor=member.user, question=question_of(member.project, uid))
        return Response(status=204)


class GuidelineAnswersView(APIView):
    @extend_schema(
        operation_id="guidelines_answers", parameters=[TrackQuery], responses={200: AnswersBeside, **errors(422)}
    )
    def get(self, request: Request, slug: str, number: int) -> Response:
        """What stands beside the rules of a version for everybody, asked about it or an older one."""
        member = member_for(request.user, slug, Capability.READ)
        asked = TrackQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        guideline = guideline_numbered(member.project, number, asked.validated_data["track"])
        return Response(AnswersBeside({"results": answers_beside(guideline)}).data)


class ReportsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="reports_list",
        parameters=[ReportFilters],
        responses={200: ReportListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """The project's reports, newest first."""
        member = member_for(request.user, slug, Capability.CURATE)
        return cursor_page(self, request, reports_of(member.project), ReportListed, ReportFilters)


class SkipsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="skips_list",
        parameters=[SkipFilters],
        responses={200: SkipListed(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        """What labelers skipped and why, the newest assignment first."""
        member = member_for(request.user, slug, Capability.CURATE)
        return cursor_page(self, request, skips_of(member.project), SkipListed, SkipFilters)


class ReportCloseView(APIView):
    @extend_schema(
        operation_id="reports_close", request=CloseBody, responses={200: ReportListed, **errors(409, 413, 422)}
    )
    def post(self, request: Request, slug: str, uid: str) -> Response:
        """Say that a report is dealt with. 409 `already_closed` when somebody else closed it with other words."""
        member = member_for(request.user, slug, Capability.MANAGE)
        report = report_of(member.project, uid)
        report_close(actor=member.user, report=report, **_given(CloseBody, request))
        return Response(ReportListed(report_of(member.project, uid)).data)


def _given(serializer: type[BaseSerializer[Any]], request: Request) -> dict[str, Any]:
    given = serializer(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)
