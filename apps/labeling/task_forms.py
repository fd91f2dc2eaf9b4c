"""The forms of the tasks page: which tasks, what is to change about them, and what new ones are made of."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.projects.models import Cohort
from apps.prompts.models import Split

from .models import Task
from .selectors.tasks import NOT_RESERVED
from .services.task_changes import Kept, TaskChange
from .services.tasks import Terms

KINDS = [(Task.Kind.RANK, _("Rank")), (Task.Kind.RATE, _("Rate")), (Task.Kind.DEMONSTRATE, _("Write"))]
STATES = [(Task.State.OPEN, _("Open")), (Task.State.CLOSED, _("Closed"))]
ANY = [("", _("any"))]
FOR_EVERYBODY = (NOT_RESERVED, _("for no cohort"))
WRITTEN = [("", _("any")), ("true", _("labelers of this project")), ("false", _("others"))]


class Skills(forms.CharField):
    """Skills with spaces or commas between them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=1000, **options)
        self.widget.attrs |= {"list": "known-skills", "placeholder": _("like language:es")}

    def to_python(self, value: Any) -> Any:
        return (super().to_python(value) or "").replace(",", " ").split()


class TruthOrNothing(forms.ChoiceField):
    def __init__(self, **options: Any) -> None:
        super().__init__(choices=WRITTEN, required=False, **options)

    def clean(self, value: Any) -> Any:
        return {"true": True, "false": False}.get(super().clean(value))


class PromptsChosen(forms.Form):
    """Which prompts, for those of which tasks are made."""

    use_case = forms.CharField(
        label=_("Use case"), required=False, max_length=60, widget=forms.TextInput(attrs={"list": "known-use-cases"})
    )
    split = forms.ChoiceField(
        label=_("Split"), choices=[*ANY, *((split, split) for split in Split.values)], required=False
    )
    language = forms.CharField(label=_("Language"), required=False, max_length=20)
    written = TruthOrNothing(label=_("Prompt written by"))

    def filters(self) -> dict[str, Any]:
        """What was chosen, as the filters of a selector."""
        return {name: self.cleaned_data[name] for name in PromptsChosen.base_fields if self._said(name)}

    def _said(self, name: str) -> bool:
        return self.cleaned_data.get(name) not in ("", None)


class TasksChosen(PromptsChosen):
    kind = forms.ChoiceField(label=_("Kind"), choices=[*ANY, *KINDS], required=False)
    state = forms.ChoiceField(label=_("State"), choices=[*ANY, *STATES], required=False)
    unfinished = forms.ChoiceField(
        label=_("Judgments"), choices=[*ANY, ("true", _("still to come")), ("false", _("all taken"))], required=False
    )
    priority = forms.IntegerField(label=_("Priority"), required=False, min_value=-1000, max_value=1000)
    cohort = forms.ChoiceField(label=_("Kept for"), choices=[*ANY, FOR_EVERYBODY, *Cohort.choices], required=False)
    skill = forms.CharField(label=_("Needs skill"), required=False, max_length=60)

    field_order = (
        "kind",
        "state",
        "unfinished",
        "priority",
        "use_case",
        "split",
        "language",
        "written",
        "cohort",
        "skill",
    )

    def filters(self) -> dict[str, Any]:
        said = {name: self.cleaned_data[name] for name in self.fields if self._said(name)}
        if "unfinished" in said:
            said["unfinished"] = said["unfinished"] == "true"
        return said


class TaskTerms(forms.Form):
    """What is said of new tasks and of changed ones alike."""

    judgments = forms.IntegerField(label=_("Judgments each gets"), required=False, min_value=1, max_value=50)
    priority = forms.IntegerField(label=_("Priority"), required=False, min_value=-1000, max_value=1000)
    requires = Skills(label=_("Skills a labeler needs"))


class NewTasksForm(TaskTerms, PromptsChosen):
    new_kind = forms.ChoiceField(label=_("Kind"), choices=KINDS)
    cohort = forms.ChoiceField(label=_("Keep for"), choices=[("", _("everybody")), *Cohort.choices], required=False)
    demonstrations = forms.BooleanField(label=_("Judge what people wrote beside what models wrote"), required=False)

    field_order = (
        "new_kind", "use_case", "split", "language", "written", "judgments", "priority", "cohort", "requires",
        "demonstrations",
    )  # fmt: skip

    def terms(self) -> Terms:
        said = self.cleaned_data
        return Terms(
            required=said["judgments"], priority=said["priority"] or 0, cohort=said["cohort"] or None,
            requires=said["requires"],
        )  # fmt: skip


class ChangeForm(TaskTerms):
    EVERYBODY = "everybody"

    cohort = forms.ChoiceField(
        label=_("Keep for"),
        choices=[("", _("as it is")), (EVERYBODY, _("everybody")), *Cohort.choices],
        required=False,
    )
    no_skills = forms.BooleanField(label=_("No skills needed any more"), required=False)
    state = forms.ChoiceField(label=_("State"), choices=[("", _("as it is")), *STATES], required=False)

    field_order = ("priority", "judgments", "cohort", "state", "requires", "no_skills")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["judgments"].label = _("Judgments, at least")

    def change(self) -> TaskChange:
        said = self.cleaned_data
        cohort: str | Kept | None = said["cohort"] or Kept.AS_IT_IS
        return TaskChange(
            priority=said["priority"],
            cohort=None if cohort == self.EVERYBODY else cohort,
            requires=[] if said["no_skills"] else said["requires"] or None,
            state=said["state"] or None,
            judgments=said["judgments"],
        )
