"""While a demonstration is written: the text as it will be read, and what it is like."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.core.htmx import is_htmx

from ..models import Assignment
from .doors import of_assignment
from .room import show_room


@of_assignment
def preview(request: HttpRequest, assignment: Assignment) -> HttpResponse:
    """A fragment for htmx, else the room with the text kept."""
    if is_htmx(request):
        context = {"assignment": assignment, "text": request.POST.get("text", "")}
        return render(request, "labeling/parts/preview.html", context)
    mode = "correct" if assignment.state == Assignment.State.SUBMITTED else "work"
    return show_room(request, assignment, values=request.POST.dict(), previewed=True, mode=mode)
