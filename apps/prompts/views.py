"""Writing prompts: a page for labelers."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apps.core.domain.errors import Conflict, RuleBroken
from apps.core.htmx import go
from apps.projects.models import Membership, Project
from apps.projects.selectors import unacknowledged_guideline

from .access import writer_for
from .forms import WrittenPromptForm
from .selectors import diversity_of, written_by, written_rows
from .services import prompt_write


@never_cache
@login_required
def write(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a prompt, see it as labelers will, store it; and what one wrote so far."""
    member = writer_for(request.user, slug)
    if member.project.state != Project.State.ACTIVE:
        state = member.project.get_state_display().lower()
        raise Conflict(
            _("This project is %(state)s: no prompts are taken.") % {"state": state}, code="project_not_active"
        )
    if unacknowledged_guideline(member) is not None:
        return go(request, "projects:guideline", slug, query=f"next={reverse('prompts:write', args=[slug])}")
    form = WrittenPromptForm(request.POST or None)
    asked = request.method == "POST" and form.is_valid()
    if asked and "preview" not in request.POST and _store(request, member, form):
        return go(request, "prompts:write", slug)
    page = Paginator(written_by(member), 25).get_page(request.GET.get("page"))
    context = {
        "member": member,
        "project": member.project,
        "form": form,
        "previewed": form.cleaned_data if asked and not form.errors else None,
        "page": page,
        "rows": written_rows(page.object_list),
        "diversity": diversity_of(member),
    }
    return render(request, "prompts/write.html", context, status=422 if form.errors else 200)


def _store(request: HttpRequest, member: Membership, form: WrittenPromptForm) -> bool:
    try:
        new = prompt_write(member=member, **form.cleaned_data).new
    except RuleBroken as error:
        form.add_error(
            error.field if error.field in form.fields else None, error.message.removeprefix(f"{error.field}: ")
        )
        return False
    messages.success(
        request, _("Your prompt is stored.") if new else _("You have written this one before; it is in your list.")
    )
    return True
