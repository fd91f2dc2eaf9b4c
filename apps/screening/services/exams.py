"""Making an exam: a draft that several people write, then a version that never changes."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.audit.services import record
from apps.core.domain.canonical import content_hash
from apps.core.domain.errors import Conflict, NotFound
from apps.projects.models import Membership, Project

from ..domain.exam import RANKINGS, exam_of
from ..domain.new_exam import NEW_BODY, clean_exam, clean_tiers, refuse_unfinished
from ..models import Exam


@transaction.atomic
def exam_begin(*, actor: Membership) -> Exam:
    """The project's draft: the one that is there, else a new one that starts as the newest version did."""
    return _draft(actor)


@transaction.atomic
def exam_make(*, actor: Membership, body: Any) -> Exam:
    """`body` as the draft, whatever the draft said before. A reference without a name is the actor's."""
    draft = _draft(actor)
    return _store(draft, _signed(body, actor.pseudonym))


@transaction.atomic
def exam_set(*, actor: Membership, **changes: Any) -> Exam:
    """Change what the draft says beside its items: title, intro, flags, topics, cutoffs, practice_rule."""
    draft = _draft(actor)
    return _store(draft, draft.body | changes)


@transaction.atomic
def item_put(*, actor: Membership, item: Mapping[str, Any]) -> str:
    """Add an item, or replace the one with its id; other items stay as somebody else left them. Returns the id.

    Rankings stay with their texts: where the texts changed, the researchers' rankings of them go.
    """
    draft = _draft(actor)
    items = list(draft.body["items"])
    place = next((i for i, one in enumerate(items) if one["id"] == item.get("id")), len(items))
    before = items[place] if place < len(items) else None
    if before is not None and list(before["texts"]) == list(item.get("texts", [])):
        item = {**item, "references": before["references"]}
    stored = _store(draft, draft.body | {"items": [*items[:place], dict(item), *items[place + 1 :]]})
    return str(stored.body["items"][place]["id"])


@transaction.atomic
def item_remove(*, actor: Membership, id: str) -> Exam:
    draft = _draft(actor)
    return _store(draft, draft.body | {"items": [one for one in draft.body["items"] if one["id"] != id]})


@transaction.atomic
def reference_put(*, actor: Membership, id: str, tiers: list[int]) -> Exam:
    """The actor's own ranking of an item's texts, by position; the other researchers' stay."""
    draft = _draft(actor)
    item = next((one for one in draft.body["items"] if one["id"] == id and one["part"] == RANKINGS), None)
    if item is None:
        raise NotFound(_("There is no such item of rankings in the draft."))
    own = {"by": actor.pseudonym, "tiers": clean_tiers(tiers, len(item["texts"]), "tiers")}
    item["references"] = [*(one for one in item["references"] if one["by"] != actor.pseudonym), own]
    return _store(draft, draft.body)


@transaction.atomic
def exam_publish(*, actor: Membership, number: int | None = None) -> Exam:
    """Freeze the draft: who begins from now on sits this version. Publishing a published version again does nothing."""
    Project.objects.select_for_update(no_key=True).get(pk=actor.project_id)
    rows = Exam.objects.filter(project=actor.project)
    found = rows.filter(number=number).first() if number else rows.filter(published_at=None).first()
    if found is None:
        raise (
            NotFound(_("There is no such exam."))
            if number
            else Conflict(_("There is no draft to publish."), code="no_draft")
        )
    if found.published_at is None:
        refuse_unfinished(exam_of(found.body))
        found.published_at = timezone.now()
        found.save(update_fields=["published_at"])
        record(actor=actor.user, verb="exam.published", target=found, number=found.number, sha256=found.sha256)
    return found


def _draft(actor: Membership) -> Exam:
    """The draft, made where there is none. The project's row is locked: one writer at a time."""
    project = Project.objects.select_for_update(no_key=True).get(pk=actor.project_id)
    rows = Exam.objects.filter(project=project)
    newest = rows.order_by("-number").first()
    if newest is not None and newest.published_at is None:
        return newest
    body = clean_exam(newest.body if newest else NEW_BODY)
    number = newest.number + 1 if newest else 1
    return Exam.objects.create(project=project, number=number, body=body, sha256=content_hash(body), author=actor)


def _store(draft: Exam, body: Any) -> Exam:
    draft.body = clean_exam(body)
    draft.sha256 = content_hash(draft.body)
    draft.save(update_fields=["body", "sha256"])
    return draft


def _signed(body: Any, pseudonym: str) -> Any:
    """`body` with the actor's name on every reference that has none. What is malformed stays for the rules to name."""
    if not isinstance(body, Mapping) or not isinstance(body.get("items"), list):
        return body
    return {**body, "items": [_item_signed(item, pseudonym) for item in body["items"]]}


def _item_signed(item: Any, pseudonym: str) -> Any:
    if not isinstance(item, Mapping) or not isinstance(item.get("references"), list):
        return item
    signed = [{"by": pseudonym, **one} if isinstance(one, Mapping) else one for one in item["references"]]
    return {**item, "references": signed}
