"""The counters of imports beside the rows they count."""

from collections.abc import Iterator

from django.db.models import Count, F

from apps.projects.models import Project

from ..models import Import


def import_differences() -> Iterator[tuple[Project, str]]:
    """A sentence for each import that says another number of errors than stand in its list, with its project."""
    counted = Import.objects.annotate(listed=Count("problems")).exclude(errors_total=F("listed"))
    for one in counted.select_related("project").order_by("pk"):
        where = f"errors_total of {one} in {one.project.slug}"
        yield one.project, f"{where}: {one.errors_total}, its list has {one.listed}"
