"""Pages of imports: the list with its upload form, and one import with what was wrong."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.accounts.models import User
from apps.core.domain.errors import DomainError, NotFound
from apps.core.htmx import go, is_htmx
from apps.projects.access import Capability, member_for

from .access import import_for
from .domain.upload import FileKind
from .forms import UploadForm
from .progress_words import progress_words
from .readers import stream_chunks
from .screened_words import screened_shown
from .selectors import imports_of, problems_of
from .services.receive import import_receive

SHOWN = 50


@login_required
def imports(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        file, kind = form.cleaned_data["file"], cast(FileKind, form.kind)
        try:
            imported = import_receive(
                actor=cast(User, request.user), project=member.project, chunks=stream_chunks(file.file), size=file.size,
                later=False, tasks=form.cleaned_data["tasks"], filename=file.name[-200:], format=kind.format,
                gzipped=kind.gzipped, options=form.options,
            )  # fmt: skip
            return go(request, "imports:import", member.project.slug, imported.uid)
        except DomainError as error:
            form.add_error(None, error.message)
    context = {"member": member, "project": member.project, "form": form, "imports": imports_of(member.project)[:SHOWN]}
    return render(request, "imports/imports.html", context, status=422 if form.errors else 200)


@login_required
def one_import(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.CURATE)
    imported = import_for(request.user, uid)
    if imported.project_id != member.project_id:
        raise NotFound("There is no such import in this project.")
    context = {
        "member": member,
        "project": member.project,
        "imported": imported,
        "problems": problems_of(imported)[:SHOWN],
        "screened": screened_shown(imported),
        **progress_words(imported),
    }
    template = "imports/_state.html" if is_htmx(request) else "imports/import.html"
    return render(request, template, context)
