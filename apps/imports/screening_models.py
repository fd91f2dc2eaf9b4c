"""What screening remembers from batch to batch, and what it found."""

from django.db import models
from django.db.models import Q

from apps.projects.models import Project


class PrefixMark(models.Model):
    """A long beginning that a prompt of the project has, and that no other may have. `line` is None for one from before.

    The digest is of the project, the length and the beginning (`domain.prefix`). A mark whose prompt never came in
    counts for nothing: the next line with that beginning takes it over.
    """

    digest = models.UUIDField(primary_key=True, editable=False)
    content_sha256 = models.CharField(max_length=64)
    imported = models.ForeignKey(
        "imports.Import", on_delete=models.CASCADE, null=True, related_name="+", db_index=False
    )
    line = models.PositiveBigIntegerField(null=True)

    def __str__(self) -> str:
        return str(self.digest)


class PrefixesRead(models.Model):
    """How far the project's prompts have been read into marks of this length: every prompt up to an id."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    characters = models.PositiveIntegerField()
    up_to = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "characters"], name="prefixes_read_once_a_length")]

    def __str__(self) -> str:
        return f"{self.characters} characters, up to {self.up_to}"


class UseCaseTally(models.Model):
    """How many prompts of a use case the project has, as imports with quotas count them."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    use_case = models.CharField(max_length=60, blank=True)
    prompts = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "use_case"], name="use_case_tally_once")]

    def __str__(self) -> str:
        return f"{self.use_case}: {self.prompts}"


class PersonalFinding(models.Model):
    """Personal data of one kind in one field of one line: that it was there, and never what it was."""

    imported = models.ForeignKey("imports.Import", on_delete=models.CASCADE, related_name="findings", db_index=False)
    line = models.PositiveBigIntegerField()
    field = models.CharField(max_length=60)
    kind = models.CharField(max_length=30)
    count = models.PositiveIntegerField()

    class Meta:
        # The findings of one import, in the file's order.
        indexes = [models.Index(fields=["imported", "line"], name="import_findings_in_order")]
        constraints = [models.CheckConstraint(condition=Q(count__gt=0), name="finding_counts")]

    def __str__(self) -> str:
        return f"line {self.line}: {self.kind} in {self.field}"
