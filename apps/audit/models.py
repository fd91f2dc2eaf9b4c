"""Who did what, when: append-only, written in the same transaction as the deed."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.core.ids import ordered_uid


class AuditEntry(models.Model):
    uid = models.UUIDField(default=ordered_uid, unique=True, editable=False)
    at = models.DateTimeField(db_default=Now(), editable=False)
    request_id = models.CharField(max_length=64)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_uid = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    # No foreign key: projects come later in the app order. Null: of no project, or from before this was written down.
    project_pk = models.BigIntegerField(null=True, editable=False)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            # The history of one object.
            models.Index(fields=["object_type", "object_uid"], name="audit_by_object"),
            # A project's trail, newest first.
            models.Index(fields=["project_pk", "id"], name="audit_by_project"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.object_type} {self.object_uid}"
