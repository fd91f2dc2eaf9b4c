"""Projects and members over the API."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.api import AddressField
from apps.accounts.authentication import caller
from apps.accounts.idempotency import idempotent
from apps.core.api import Filters, UidCursorPagination, cursor_page
from apps.core.domain.errors import RuleBroken
from apps.core.etags import conditional, unchanged
from apps.core.schema import errors
from apps.core.strict import StrictBody

from .access import Capability, member_for, projects_of, require_creator
from .cohort_services import member_set_cohort
from .domain.skills import MOST_SKILLS
from .models import Cohort, Membership, Project
from .selectors import member_of, members_of
from .services import (
    REASON_MAX,
    member_add,
    member_set_sensitive,
    member_set_status,
    project_create,
)
from .settings_services import SETTINGS, member_set_skills, project_change


class ProjectBody(StrictBody, serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields = [
            "uid", "slug", "name", "description", "state", "candidates_per_task", "judgments_per_task",
            "overlap_share", "overlap_judgments", "lease_minutes", "correction_minutes", "labeler_quota",
            "labeler_daily_quota", "reserve_languages", "gold_rate", "gold_threshold", "retest_rate",
            "retest_after_judgments", "retest_after_hours",
        ]  # fmt: skip
        read_only_fields = ["uid", "state"]
        extra_kwargs: ClassVar[dict[str, Any]] = {"slug": {"validators": []}}

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        """Who states how many labelers a task gets means just that: no overlap sample unless asked for."""
        if "judgments_per_task" in data:
            data.setdefault("overlap_share", 0.0)
        return data


class ProjectOfMine(serializers.ModelSerializer[Membership]):
    slug = serializers.CharField(source="project.slug")
    name = serializers.CharField(source="project.name")

    class Meta:
        model = Membership
        fields = ["slug", "name", "role", "status"]


class ProjectFilters(Filters):
    role = serializers.ChoiceField(Membership.Role.choices, required=False, help_text="Yours in it.")
    status = serializers.ChoiceField(Membership.Status.choices, required=False, help_text="Yours in it.")
    state = serializers.ChoiceField(Project.State.choices, required=False)
    lookups = {"state": "project__state"}


class ProjectsView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="projects_list",
        parameters=[ProjectFilters],
        responses={200: ProjectOfMine(many=True), **errors(422)},
    )
    def get(self, request: Request) -> Response:
        """Your projects, with your role in each."""
        return cursor_page(self, request, projects_of(caller(request)), ProjectOfMine, ProjectFilters)

    @extend_schema(
        operation_id="projects_create", request=ProjectBody, responses={201: ProjectBody, **errors(409, 422)}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """A new project; you become its manager. For installation staff and the demo's manager."""
        user = caller(request)
        require_creator(user)
        given = ProjectBody(data=request.data)
        given.is_valid(raise_exception=True)
        project = project_create(actor=user, **given.validated_data)
        return Response(ProjectBody(project).data, status=201)


class ProjectChange(StrictBody, serializers.ModelSerializer[Project]):
    class Meta:
        model = Project
        fields = SETTINGS


class ProjectView(APIView):
    @extend_schema(operation_id="projects_retrieve", responses={200: ProjectBody, **errors()})
    def get(self, request: Request, slug: str) -> Response:
        member = member_for(request.user, slug, Capability.CURATE)
        return Response(ProjectBody(member.project).data)

    @extend_schema(operation_id="projects_change", request=ProjectChange, responses={200: ProjectBody, **errors(422)})
    @conditional
    def patch(self, request: Request, slug: str) -> Response:
        """Change how work is handed out from now on. Tasks that are there keep what they were made with."""
        member = member_for(request.user, slug, Capability.MANAGE)
        given = ProjectChange(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        if unknown := set(request.data) - set(SETTINGS):
            raise RuleBroken(f"{min(unknown)[:60]}: no setting that can be changed.", field=min(unknown)[:60])
        with unchanged(request, Project.objects.filter(pk=member.project_id), lambda row: ProjectBody(row).data):
            project = project_change(actor=member.user, project=member.project, **given.validated_data)
        return Response(ProjectBody(project).data)


class MemberBody(serializers.ModelSerializer[Membership]):
    email = serializers.EmailField(source="user.email", read_only=True)

    class Meta:
        model = Membership
        fields = ["uid", "email", "pseudonym", "role", "cohort", "status", "accepts_sensitive", "skills"]


class NewMember(StrictBody):
    email = AddressField()
    password = serializers.CharField(required=False, trim_whitespace=False, max_length=1000)
    role = serializers.ChoiceField(Membership.Role.choices)
    cohort = serializers.ChoiceField(Cohort.choices, required=False)
    status = serializers.ChoiceField(Membership.Status.choices, required=False)
    accepts_sensitive = serializers.BooleanField(required=False)


class MemberFilters(Filters):
    role = serializers.ChoiceField(Membership.Role.choices, required=False)
    status = serializers.ChoiceField(Membership.Status.choices, required=False)
    cohort = serializers.ChoiceField(Cohort.choices, required=False)
    pseudonym = serializers.CharField(required=False, max_length=40)
    email = serializers.EmailField(required=False, max_length=254)
    lookups = {"email": "user__email__iexact"}


class MembersView(APIView):
    pagination_class = UidCursorPagination

    @extend_schema(
        operation_id="members_list",
        parameters=[MemberFilters],
        responses={200: MemberBody(many=True), **errors(422)},
    )
    def get(self, request: Request, slug: str) -> Response:
        member = member_for(request.user, slug, Capability.MANAGE)
        return cursor_page(self, request, members_of(member.project), MemberBody, MemberFilters)

    @extend_schema(operation_id="members_create", request=NewMember, responses={201: MemberBody, **errors(409, 422)})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Add a member. A password only for a new account."""
        manager = member_for(request.user, slug, Capability.MANAGE)
        given = NewMember(data=request.data)
        given.is_valid(raise_exception=True)
        member = member_add(actor=manager.user, project=manager.project, **given.validated_data)
        return Response(MemberBody(member).data, status=201)


class MemberChange(StrictBody):
    status = serializers.ChoiceField(
        [Membership.Status.ACTIVE, Membership.Status.SUSPENDED], required=False, help_text="Suspend or reinstate."
    )
    reason = serializers.CharField(
        required=False, max_length=REASON_MAX,
        help_text="With a status. Needed to make active who owes an exam, and kept in the audit.",
    )  # fmt: skip
    cohort = serializers.ChoiceField(
        Cohort.choices, required=False, help_text="From the next judgment on; those given before keep theirs."
    )
    accepts_sensitive = serializers.BooleanField(required=False, help_text="As the person told you.")
    skills = serializers.ListField(
        child=serializers.CharField(max_length=60), required=False, max_length=MOST_SKILLS,
        help_text="This list and nothing else, like language:es; the member looks at the queue anew.",
    )  # fmt: skip


class MemberView(APIView):
    @extend_schema(operation_id="members_retrieve", responses={200: MemberBody, **errors()})
    def get(self, request: Request, slug: str, uid: str) -> Response:
        manager = member_for(request.user, slug, Capability.MANAGE)
        return Response(MemberBody(member_of(manager.project, uid)).data)

    @extend_schema(operation_id="members_change", request=MemberChange, responses={200: MemberBody, **errors(409, 422)})
    @conditional
    def patch(self, request: Request, slug: str, uid: str) -> Response:
        """Suspend, reinstate, say cohort or skills, note that someone accepts sensitive prompts or no longer does."""
        manager = member_for(request.user, slug, Capability.MANAGE)
        member = member_of(manager.project, uid)
        given = MemberChange(data=request.data)
        given.is_valid(raise_exception=True)
        changes = given.validated_data
        with unchanged(request, members_of(manager.project).filter(pk=member.pk), lambda row: MemberBody(row).data):
            if "status" in changes:
                member_set_status(
                    actor=manager.user, member=member, status=changes["status"], reason=changes.get("reason", "")
                )
            if "cohort" in changes:
                member_set_cohort(actor=manager.user, member=member, cohort=changes["cohort"])
            if "accepts_sensitive" in changes:
                member_set_sensitive(actor=manager.user, member=member, accepts=changes["accepts_sensitive"])
            if "skills" in changes:
                member = member_set_skills(actor=manager.user, member=member, skills=changes["skills"])
        return Response(MemberBody(member).data)
