"""Writes about prompts and completions."""

from apps.core.domain.canonical import sha256_hex
from apps.projects.models import Membership

from .models import Completion, Prompt


def completion_by_member(*, prompt: Prompt, member: Membership, body: str) -> Completion:
    """A text that a member wrote. Call it inside the transaction that uses it."""
    return Completion.objects.create(
        prompt=prompt, member=member, body=body, body_sha256=sha256_hex(body), origin=Completion.Origin.MEMBER
    )
