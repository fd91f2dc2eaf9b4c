"""Storing what a labeler wrote, with how it came about."""

from apps.prompts.services import completion_by_member

from ..domain.pasted import pasted_share
from ..models import Assignment, Demonstration, Judgment
from ..selectors.likeness import nearest_completion


def demonstration_create(*, assignment: Assignment, judgment: Judgment, text: str, pasted: int | None) -> Demonstration:
    """The reply `text` as `judgment`'s. `pasted` characters of it, where a browser counted them.

    Call it inside the transaction that makes the judgment.
    """
    nearest, similarity = nearest_completion(assignment, text)
    before: Demonstration | None = getattr(judgment.supersedes, "demonstration", None)
    return Demonstration.objects.create(
        judgment=judgment,
        completion=completion_by_member(prompt=assignment.task.prompt, member=assignment.membership, body=text),
        similarity=similarity,
        nearest_id=nearest,
        pasted_share=pasted_share(
            pasted,
            text,
            before=before.pasted_share if before else None,
            text_before=before.completion.body if before else "",
        ),
    )
