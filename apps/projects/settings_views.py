"""The page of a project's settings, and what a manager changes of a member."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from apps.core.domain.errors import DomainError
from apps.core.htmx import go, go_to

from .access import Capability, member_for
from .cohort_services import member_set_cohort
from .models import Project
from .selectors import member_of
from .services import member_set_sensitive
from .settings_services import SETTINGS, member_change_skills, project_change
from .settings_words import settings_in_words


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    class Meta:
        model = Project
        fields = SETTINGS
        labels = {
            "state": gettext_lazy("State"),
            "judgments_per_task": gettext_lazy("Judgments a task gets"),
            "overlap_share": gettext_lazy("Overlap sample, as a share of the tasks"),
            "overlap_judgments": gettext_lazy("Judgments a task of the sample gets"),
            "labeler_quota": gettext_lazy("Most judgments of one labeler in all"),
            "labeler_daily_quota": gettext_lazy("Most judgments of one labeler a day"),
            "reserve_languages": gettext_lazy("Keep prompts in a language for labelers who have it as a skill"),
            "lease_minutes": gettext_lazy("Minutes a labeler holds a task without a sign of life"),
            "correction_minutes": gettext_lazy("Minutes in which a labeler may correct a judgment"),
            "gold_rate": gettext_lazy("Gold, as a share of a labeler's judgments"),
            "gold_threshold": gettext_lazy("Share of gold that a labeler should pass"),
            "retest_rate": gettext_lazy("Silent retests, as a share of a labeler's judgments"),
            "retest_after_judgments": gettext_lazy("Judgments between a task and its retest"),
            "retest_after_hours": gettext_lazy("Hours between a task and its retest"),
        }
        help_texts = {
            "state": gettext_lazy(
                "A paused project hands out no work; whoever holds a task may finish it. An archived one is over."
            ),
            "judgments_per_task": gettext_lazy("1 to 50. For new tasks; those that are there keep their number."),
            "overlap_share": gettext_lazy(
                "0 to 1. Exactly that share of the new tasks of each use case is drawn by the project's seed; agreement is measured on it."
            ),
            "overlap_judgments": gettext_lazy("2 to 50."),
            "labeler_quota": gettext_lazy("Empty: as many as they like. Corrections do not count."),
            "labeler_daily_quota": gettext_lazy(
                "Empty: as many as they like. The day begins at 00:00 UTC for everybody."
            ),
            "reserve_languages": gettext_lazy("For new tasks. Labelers get languages as skills on the members page."),
            "lease_minutes": gettext_lazy("1 to 720. Then the task goes to somebody else; the draft is kept."),
            "correction_minutes": gettext_lazy("From the first submit. 0: never."),
            "gold_rate": gettext_lazy(
                "0 to 1; 0: none. Rankings whose answer you know, between the others; nobody gets one twice, or can tell it."
            ),
            "gold_threshold": gettext_lazy("0 to 1. Whoever passes less stands out on the page on gold."),
            "retest_rate": gettext_lazy(
                "0 to 1; 0: none. A labeler ranks one of their own tasks again, once, and can not tell it from a new one by anything but its text."
            ),
            "retest_after_judgments": gettext_lazy("At least; any number."),
            "retest_after_hours": gettext_lazy("At least, up to 8,784 (a year)."),
        }


@login_required
def settings(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_for(request.user, slug, Capability.MANAGE)
    # A copy of its own: a refused form must not leave its values on the project that the page shows.
    form = SettingsForm(request.POST or None, instance=Project.objects.get(pk=member.project_id))
    if request.method == "POST" and form.is_valid():
        changed = {name: form.cleaned_data[name] for name in form.changed_data}
        try:
            project_change(actor=member.user, project=member.project, **changed)
        except DomainError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
            return go(request, "projects:settings", slug)
    context = {"member": member, "project": member.project, "form": form, "meaning": settings_in_words(member.project)}
    return render(request, "projects/settings.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def member_change(request: HttpRequest, slug: str, uid: str) -> HttpResponse:
    """One button of a member's row: `add` or `remove` a skill, `sensitive` 1 or 0, or `cohort`."""
    manager = member_for(request.user, slug, Capability.MANAGE)
    member = member_of(manager.project, uid)
    try:
        _change(request, manager.user, member)
    except DomainError as error:
        messages.error(request, error.message)
    return go_to(request, f"{reverse('projects:members', args=[slug])}#member-{member.uid}")


def _change(request: HttpRequest, actor: Any, member: Any) -> None:
    if (sensitive := request.POST.get("sensitive")) is not None:
        member_set_sensitive(actor=actor, member=member, accepts=sensitive == "1")
        return
    if (cohort := request.POST.get("cohort")) is not None:
        changed = member_set_cohort(actor=actor, member=member, cohort=cohort)
        said = _("%(email)s, cohort from the next judgment on: %(cohort)s. Judgments given before keep theirs.")
        messages.success(request, said % {"email": member.user.email, "cohort": changed.get_cohort_display()})
        return
    add, remove = request.POST.get("add", "").replace(",", " ").split(), request.POST.getlist("remove")
    changed = member_change_skills(actor=actor, member=member, add=add, remove=remove)
    messages.success(
        request,
        _("%(email)s has these skills now: %(skills)s.")
        % {"email": member.user.email, "skills": ", ".join(changed.skills)}
        if changed.skills
        else _("%(email)s has no skills beyond everybody's.") % {"email": member.user.email},
    )
