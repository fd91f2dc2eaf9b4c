"""Who may write prompts: a project's labelers, where its schema asks them to."""

from typing import Any

from django.utils.translation import gettext as _

from apps.core.domain.errors import Conflict
from apps.projects.access import Capability, member_for
from apps.projects.models import Membership

from .selectors import prompt_writing_is_on


def writer_for(user: Any, slug: str) -> Membership:
    """The membership of `user`, who may label there. Raises Conflict where labelers write no prompts."""
    member = member_for(user, slug, Capability.LABEL)
    if not prompt_writing_is_on(member.project):
        raise Conflict(_("This project does not ask its labelers for prompts."), code="prompt_writing_off")
    return member
