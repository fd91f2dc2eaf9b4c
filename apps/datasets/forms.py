"""The form that asks for a snapshot: kind and purpose in the open, what narrows it folded away."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from apps.projects.models import Cohort, GuidelineVersion, JudgmentSchema, Project

from .domain.filters import LIMIT_MAX, SPLITS
from .models import DatasetSnapshot, Purpose

_LIST = _("Several are separated by commas.")


class WordsField(forms.CharField):
    """Texts separated by commas."""

    def clean(self, value: Any) -> list[str]:
        words = (word.strip() for word in super().clean(value).split(","))
        return [word for word in words if word]


class TicksField(forms.MultipleChoiceField):
    """Some of a few; none ticked means all."""

    widget = forms.CheckboxSelectMultiple


class SnapshotForm(forms.Form):
    """Its fields are called like the parts of a filter; `from` alone is `from_` here."""

    kind = forms.ChoiceField(
        label=_("Of"),
        choices=DatasetSnapshot.Kind.choices,
        help_text=_("Rankings carry their ratings; of ratings are the judgments that rank nothing."),
    )
    purpose = forms.ChoiceField(
        label=_("For"),
        choices=Purpose.choices,
        help_text=_("Judgments of held-out labelers never enter a training snapshot."),
    )
    split = TicksField(
        label=_("Splits"),
        choices=[(split, split) for split in SPLITS],
        required=False,
        help_text=_("Every record says which it belongs to."),
    )
    licence = forms.CharField(
        label=_("Licence"), required=False, max_length=60,
        help_text=_("For the dataset card, as the Hugging Face Hub names it: cc-by-4.0, apache-2.0, other."),
    )  # fmt: skip

    use_case = WordsField(label=_("Use cases"), required=False, help_text=_LIST)
    language = WordsField(label=_("Languages"), required=False, help_text=_("Codes like en or pt-BR. Several are separated by commas."))  # fmt: skip
    from_ = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    to = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}), help_text=_("Whole days, UTC.")
    )
    limit = forms.IntegerField(
        label=_("At most so many prompts"), required=False, min_value=1, max_value=LIMIT_MAX,
        help_text=_("Of prompts only: first those that earlier limited snapshots took least often."),
    )  # fmt: skip

    cohort = TicksField(label=_("Cohorts"), choices=Cohort.choices, required=False)
    labeler = WordsField(label=_("Only by"), required=False, help_text=_("Pseudonyms. Several are separated by commas."))  # fmt: skip
    without_labeler = WordsField(label=_("Without"), required=False, help_text=_("Pseudonyms. Several are separated by commas."))  # fmt: skip
    imported = forms.ChoiceField(
        label=_("Given where"), required=False,
        choices=[("", _("Here and elsewhere")), ("no", _("Here")), ("yes", _("Elsewhere: imported ones"))],
    )  # fmt: skip

    guideline = TicksField(label=_("Guidelines"), required=False)
    schema = TicksField(label=_("Forms"), required=False, help_text=_("The version of the form that was filled in."))
    task_purpose = TicksField(
        label=_("Tasks"), required=False, choices=[("production", _("Production")), ("adjudication", _("Adjudication"))]
    )
    min_active_seconds = forms.IntegerField(label=_("At least so many seconds of work"), required=False, min_value=0, max_value=LIMIT_MAX)  # fmt: skip
    max_active_seconds = forms.IntegerField(
        label=_("At most so many seconds of work"), required=False, min_value=0, max_value=LIMIT_MAX,
        help_text=_("Of imported judgments nobody knows: either limit leaves them out."),
    )  # fmt: skip
    without_surplus = forms.BooleanField(
        label=_("Without surplus judgments"), required=False,
        help_text=_("Surplus: the task had its judgments already when this one came."),
    )  # fmt: skip
    include_superseded = forms.BooleanField(
        label=_("With judgments that were corrected"), required=False,
        help_text=_("The corrections are in anyway."),
    )  # fmt: skip

    origin = TicksField(
        label=_("Every candidate is from"), required=False,
        choices=[("model", _("A model of this project")), ("member", _("A member")), ("external", _("Elsewhere"))],
    )  # fmt: skip
    model = WordsField(
        label=_("At least one candidate is by"), required=False,
        help_text=_("Names of models, with or without a version's number. Several are separated by commas."),
    )  # fmt: skip

    judgments = forms.ChoiceField(
        label=_("Several judgments of one task"), required=False,
        choices=[
            ("", _("A line each: raw")), ("aggregated", _("One ranking of all: aggregated")),
            ("adjudicated", _("The adjudicator's: adjudicated")),
        ],
        help_text=_("Of rankings only. Aggregated: by how reliable each labeler is. Every line names what it was made of."),
    )  # fmt: skip
    unresolved = forms.ChoiceField(
        label=_("Adjudicated: tasks that nobody settled"), required=False,
        choices=[("", _("Leave out")), ("raw", _("A line each judgment"))],
    )  # fmt: skip
    min_agreement = forms.FloatField(
        label=_("Agreement of a task, at least (0 to 1)"), required=False, min_value=0, max_value=1,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text=_("Tasks that several labelers ranked with less stay out; what one labeler ranked alone stays."),
    )  # fmt: skip

    GROUPS = (
        (_("Prompts and dates"), ("use_case", "language", "from_", "to", "limit")),
        (_("Labelers"), ("cohort", "labeler", "without_labeler", "imported")),
        (
            _("Judgments"),
            ("guideline", "schema", "task_purpose", "min_active_seconds", "max_active_seconds", "without_surplus", "include_superseded"),
        ),
        (_("Candidates"), ("origin", "model")),
        (_("Where several judged one task"), ("judgments", "unresolved", "min_agreement")),
    )  # fmt: skip

    def __init__(self, project: Project, data: Any = None) -> None:
        super().__init__(data)
        versions = GuidelineVersion.objects.filter(project=project, number__isnull=False).exclude(published_at=None)
        named = [f"{track}/{number}" for track, number in versions.order_by("track", "number").values_list("track", "number")]  # fmt: skip
        numbers = JudgmentSchema.objects.filter(project=project).order_by("number").values_list("number", flat=True)
        self._choices("guideline", named)
        self._choices("schema", [str(number) for number in numbers])
        last = DatasetSnapshot.objects.filter(project=project).order_by("-id").first()
        self.fields["licence"].initial = last.licence if last else ""

    def _choices(self, name: str, values: list[str]) -> None:
        field = self.fields[name]
        assert isinstance(field, TicksField)
        field.choices = [(value, value) for value in values]

    @property
    def groups(self) -> Iterator["Group"]:
        for title, names in self.GROUPS:
            yield Group(title, [self[name] for name in names])

    @property
    def filter(self) -> dict[str, Any]:
        """As the API takes it: what was left empty is not named."""
        given = self.cleaned_data
        plain = (
            "split", "use_case", "language", "limit", "cohort", "labeler", "without_labeler", "guideline", "task_purpose",
            "origin", "model", "min_active_seconds", "max_active_seconds",
            "judgments", "unresolved", "min_agreement",
        )  # fmt: skip
        chosen = {name: given[name] for name in plain}
        chosen |= {name.strip("_"): _day(given[name]) for name in ("from_", "to")}
        chosen["schema"] = [int(number) for number in given["schema"]]
        chosen["imported"] = {"yes": True, "no": False}.get(given["imported"])
        chosen["include_surplus"] = False if given["without_surplus"] else None
        chosen["include_superseded"] = True if given["include_superseded"] else None
        return {name: value for name, value in chosen.items() if value not in (None, [], "")}

    def blame(self, field: str, message: str) -> None:
        """A broken rule beside the field that it names, if there is one."""
        name = field.removeprefix("filter.")
        name = {"from": "from_", "include_surplus": "without_surplus"}.get(name, name)
        self.add_error(name if name in self.fields else None, message)


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that are folded away together, unless one of them says something."""

    title: Any
    fields: list[BoundField]

    @property
    def open(self) -> bool:
        return any(field.errors or field.data not in (None, "", [], False) for field in self.fields)


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None
