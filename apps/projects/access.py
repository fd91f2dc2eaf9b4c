"""The only door to a project. Everything inside a project is reached through it.

An outsider gets the same answer as for a project that does not exist (404). A member who is not
active, or whose role does not allow the deed, is told so (403).
"""

from enum import StrEnum
from typing import Any, Protocol

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.core.domain.errors import Forbidden, NotFound

from .models import Membership


class Capability(StrEnum):
    READ = "read"  # the project's front page and its guideline
    LABEL = "label"  # claim, judge, write
    QUALIFY = "qualify"  # practise and sit the exam: before there is any work, too
    MANAGE = "manage"  # members, guidelines, settings
    CURATE = "curate"  # import, create tasks, see prompts with their sources
    RESEARCH = "research"  # snapshots and their files
    ADJUDICATE = "adjudicate"  # see what labelers said of one task side by side, and settle it


_Role = Membership.Role
ALLOWED: dict[Capability, frozenset[str]] = {
    Capability.READ: frozenset(_Role.values),
    Capability.LABEL: frozenset({_Role.LABELER, _Role.ADJUDICATOR}),
    Capability.QUALIFY: frozenset({_Role.LABELER, _Role.ADJUDICATOR}),
    Capability.MANAGE: frozenset({_Role.MANAGER}),
    Capability.CURATE: frozenset({_Role.MANAGER, _Role.RESEARCHER}),
    Capability.RESEARCH: frozenset({_Role.MANAGER, _Role.RESEARCHER}),
    Capability.ADJUDICATE: frozenset({_Role.MANAGER, _Role.ADJUDICATOR}),
}


# What somebody may who is still qualifying: the exam, and the guideline that it is about.
BEFORE_WORK = frozenset({Capability.QUALIFY, Capability.READ})


def may(membership: Membership, capability: Capability) -> bool:
    return membership.status == Membership.Status.ACTIVE and membership.role in ALLOWED[capability]


def member_for(user: Any, slug: str, capability: Capability) -> Membership:
    """The membership of `user` in the project, when it allows `capability`; `.project` is loaded."""
    membership = membership_for(user, slug)
    require(membership, capability)
    return membership


def membership_for(user: Any, slug: str) -> Membership:
    """The membership of `user` in the project, whatever it allows: ask `require` before anything is shown."""
    if isinstance(user, User):
        found = Membership.objects.select_related("project", "user").filter(project__slug=slug, user=user).first()
        if found is not None:
            return found
    raise NotFound(_("There is no such project, or it is not yours."))


class Standing(Protocol):
    """What decides who may: a membership, or what a statement of its own read of one."""

    @property
    def role(self) -> str: ...
    @property
    def status(self) -> str: ...


def require(membership: Standing, capability: Capability) -> None:
    """Raise Forbidden, with the reason, unless `membership` allows `capability`."""
    if membership.status == Membership.Status.SUSPENDED:
        raise Forbidden(_("Your membership in this project is suspended. Ask its manager."), code="suspended")
    if membership.status != Membership.Status.ACTIVE and not _may_before_work(membership, capability):
        raise Forbidden(
            _("Your membership in this project is not active yet (%(status)s).") % {"status": membership.status},
            code="not_active",
        )
    if membership.role not in ALLOWED[capability]:
        raise Forbidden(
            _("Your role in this project is %(role)s; this needs another.") % {"role": membership.role},
            code="wrong_role",
        )


def _may_before_work(membership: Standing, capability: Capability) -> bool:
    qualifies = membership.role in ALLOWED[Capability.QUALIFY]
    return membership.status == Membership.Status.QUALIFYING and qualifies and capability in BEFORE_WORK


def may_create(user: User) -> bool:
    """Installation staff, and the manager of the demo, may create projects."""
    manages_demo = Membership.objects.filter(
        user=user,
        role=Membership.Role.MANAGER,
        status=Membership.Status.ACTIVE,
        project__allows_simulated_training=True,
    )
    return user.is_staff or manages_demo.exists()


def require_creator(user: User) -> None:
    if not may_create(user):
        raise Forbidden(_("Only installation staff may create projects."), code="wrong_role")


def projects_of(user: User) -> QuerySet[Membership]:
    """Every membership of `user`, with its project, by the project's name."""
    return Membership.objects.select_related("project").filter(user=user).order_by("project__name")
