"""Which road an upload takes: brought in as it arrives, or laid down for a worker."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from apps.accounts.models import User
from apps.core.domain.errors import TooLarge
from apps.projects.models import Project

from ..models import Import
from .create import import_here, import_spool
from .resume import import_take


def import_receive(
    *, actor: User, project: Project, chunks: Iterator[bytes], size: int | None, later: bool, **fields: Any
) -> Import:
    """Bring an upload in. One that is small is finished on return; a big one, or one wanted `later`, is queued.

    `size` is None when the sender did not say: such an upload is laid down first, to know.
    """
    if size is not None and size > settings.IMPORT_MAX_BYTES:
        raise TooLarge(f"The file is larger than {settings.IMPORT_MAX_BYTES} bytes; send it in parts.")
    inline = settings.IMPORT_INLINE_MAX_BYTES
    if later or (size is not None and size > inline):
        return import_spool(actor=actor, project=project, chunks=chunks, **fields)
    if size is not None:
        return import_here(actor=actor, project=project, chunks=chunks, size=size, **fields)
    imported = import_spool(actor=actor, project=project, chunks=chunks, ring_above=inline, **fields)
    if imported.state == Import.State.QUEUED and (imported.size or 0) <= inline:
        import_take(uid=imported.uid)
        imported.refresh_from_db()
    return imported
