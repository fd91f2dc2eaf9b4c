"""How every import ends: one rule for whoever ends it."""

from errno import EDQUOT, ENOSPC
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from apps.core.domain.errors import RuleBroken

from ..models import Import
from .batch import problem_of, storable

FULL = (ENOSPC, EDQUOT)


def imports_end(imports: QuerySet[Import], state: str, error: str = "", *, broken_at: int | None = None) -> int:
    """End those of `imports` that are not over, and say how many that were.

    The claim ends too: whoever still works on one finds its next write refused. Nobody reads the stored file
    any more, so it is deleted. A file that broke off is also the error of its line `broken_at`.
    """
    text = storable(error)
    with transaction.atomic():
        ending = list(imports.filter(finished_at=None).select_for_update().order_by("pk"))
        mine = Import.objects.filter(pk__in=[imported.pk for imported in ending])
        mine.update(state=state, error=text, finished_at=timezone.now(), claim_token=uuid4())
        if broken_at is not None:
            broken = RuleBroken(text, field="file", code="file_broken_off")
            for imported in ending:
                problem_of(imported, broken_at, broken).save()
            mine.update(errors_total=F("errors_total") + 1)
    for imported in ending:
        stored_path(imported).unlink(missing_ok=True)
    return len(ending)


def sentence_of(error: OSError) -> str:
    """What went wrong with a file of ours, for whoever sent theirs."""
    if error.errno in FULL:
        return "The server's disk is full. Tell whoever runs it, then send the file again."
    return f"The file could not be laid down: {error.strerror or error}."


def stored_path(imported: Import) -> Path:
    return Path(settings.ARTIFACT_ROOT) / "imports" / str(imported.uid)
