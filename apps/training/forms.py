"""Forms of the training pages. What a setting may be is said in one place, `domain/specs.py`; a form only asks."""

import json
from typing import Any

from django import forms
from django.db.models import Case, QuerySet, When
from django.utils.translation import gettext_lazy as _

from apps.datasets.models import DatasetSnapshot
from apps.projects.models import Project
from apps.registry.models import HAS_WEIGHTS, ModelVersion

from .domain.charts.chart import short
from .domain.specs import describe
from .models import RetrainPolicy
from .selectors.models import models_listed, ready_models
from .selectors.runs import ready_snapshots

_ROLE = ModelVersion.Role
_KIND = DatasetSnapshot.Kind
GENERATE = "generate"
KINDS = {
    "sft": "SFT",
    "reward": "Reward model",
    "ppo": "PPO",
    GENERATE: "Candidates",
    "pretrain": "Tiny base",
}
WHAT = {
    "sft": "Fine-tune a base on what labelers wrote.",
    "reward": "Learn from rankings which reply people prefer.",
    "ppo": "Train a policy to please a reward model without straying far from its SFT model.",
    GENERATE: "Let a model answer prompts; its replies become candidates to rank.",
    "pretrain": "Train a tiny base on generated text, for a demo or a test where no model hub is reachable.",
}
POLICY_FIELDS = ("enabled", "every_comparisons", "every_hours", "prompts_per_loop", "base_model", "specs")
INTEGER_MAX = 2**31 - 1  # what PostgreSQL's integer holds
# What a reward run's report card needs further trainings for: InstructGPT left out each of 5 groups of labelers (C.2).
WHOLE_CARD = {"folds": 5, "curve": 3, "ensemble": 2}
# Folder names of the program's input: the page chooses rows instead.
_INPUTS = {"model", "policy", "reward"}


class ModelField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def __init__(self, label: str, queryset: QuerySet[ModelVersion], **options: Any) -> None:
        super().__init__(queryset, label=label, to_field_name="uid", empty_label="none", **options)

    def label_from_instance(self, obj: ModelVersion) -> str:
        return f"{obj} ({obj.role})"


class SnapshotField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def __init__(self, label: str, queryset: QuerySet[DatasetSnapshot], **options: Any) -> None:
        super().__init__(queryset, label=label, to_field_name="uid", empty_label="none", **options)

    def label_from_instance(self, obj: DatasetSnapshot) -> str:
        return f"{obj.rows:,} {obj.kind}, {obj.created_at:%-d %b %Y %H:%M}, {obj.sha256[:8]}"


class LaunchForm(forms.Form):
    """The inputs that a kind of run reads, and the settings of its program. Settings left at their default are not sent."""

    def __init__(self, *args: Any, kind: str, project: Project, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind, self.project = kind, project
        self.fields |= self._inputs()
        for name, field in self.fields.items():
            if (field.required or name == "previous_model") and (likely := _likely(field)) is not None:
                self.initial.setdefault(name, likely.uid)
        if kind == "reward":
            self.fields["whole_card"] = forms.BooleanField(
                label=_("Whole report card"), required=False,
                help_text=_(
                    "Does it know other people's taste, would more labels help, how sure is it: ten further trainings, in all "
                    "about seven times as long as the model's own. The settings say how many, where you state them."
                ),
            )  # fmt: skip
            self.initial.setdefault("whole_card", "folds" not in self.initial)
        if kind != GENERATE:
            self.fields["model_name"] = forms.CharField(
                label="Name of the model", max_length=120, required=False,
                help_text="Versions of one name are numbered. Without one the project's name and the role are taken.",
            )  # fmt: skip
        self.fields["reason"] = forms.CharField(
            label="Why", max_length=300, required=False, help_text="Kept with the run, for whoever looks later."
        )
        self.defaults: dict[str, Any] = {}
        for setting in describe(kind):
            if setting["name"] not in _INPUTS:
                self.defaults[setting["name"]] = setting["default"]
                self.fields[setting["name"]] = setting_field(setting)

    def _inputs(self) -> dict[str, forms.Field]:
        def models(*roles: str) -> QuerySet[ModelVersion]:
            """Those of the first role first, as it is the usual one."""
            usual = Case(When(role=roles[0], then=0), default=1)
            ready = ready_models(self.project, *roles).order_by(usual, "-id")
            return ready if self.kind == GENERATE else ready.filter(HAS_WEIGHTS)

        def snapshots(kind: str) -> QuerySet[DatasetSnapshot]:
            return ready_snapshots(self.project, kind)

        match self.kind:
            case "sft":
                return {
                    "parent_model": ModelField("From the model", models(_ROLE.BASE, _ROLE.SFT)),
                    "snapshot": SnapshotField("Demonstrations", snapshots(_KIND.DEMONSTRATIONS)),
                    "reward_model": ModelField(
                        "Reward model", models(_ROLE.REWARD), required=False,
                        help_text="After each epoch it scores replies to validation prompts, and the best epoch is kept. "
                        "Without one it is the last.",
                    ),
                }  # fmt: skip
            case "reward":
                return {
                    "parent_model": ModelField("From the model", models(_ROLE.SFT, _ROLE.BASE, _ROLE.POLICY)),
                    "snapshot": SnapshotField("Rankings", snapshots(_KIND.RANKINGS)),
                    "demonstrations": SnapshotField(
                        "Demonstrations", snapshots(_KIND.DEMONSTRATIONS), required=False,
                        help_text="Their mean reward becomes its zero.",
                    ),
                    "previous_model": ModelField(
                        "Compare with the reward model", models(_ROLE.REWARD), required=False,
                        help_text="Its report says what changed since.",
                    ),
                }  # fmt: skip
            case "ppo":
                return {
                    "parent_model": ModelField("Policy to start from", models(_ROLE.SFT, _ROLE.POLICY)),
                    "reward_model": ModelField("Reward model", models(_ROLE.REWARD)),
                    "snapshot": SnapshotField("Prompts", snapshots(_KIND.PROMPTS)),
                }
            case "generate":
                return {
                    "model_version": ModelField("Model that answers", models(_ROLE.POLICY, _ROLE.SFT, _ROLE.BASE)),
                    "snapshot": SnapshotField("Prompts", snapshots(_KIND.PROMPTS)),
                }
        return {}

    @property
    def inputs(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.defaults]

    @property
    def settings(self) -> list[forms.BoundField]:
        return [self[name] for name in self.defaults]

    @property
    def settings_are_wrong(self) -> bool:
        return any(self[name].errors for name in self.defaults)

    @property
    def spec(self) -> dict[str, Any]:
        """The settings that differ from their defaults."""
        given = {name: self.cleaned_data.get(name) for name in self.defaults}
        stated = {name: value for name, value in given.items() if value not in (None, "")}
        if self.cleaned_data.get("whole_card"):
            stated = WHOLE_CARD | stated
        return {name: value for name, value in stated.items() if value != self.defaults[name]}

    @property
    def rows(self) -> dict[str, Any]:
        """The chosen models and snapshots, the name and the reason: what a launch takes beside the spec."""
        return {name: value for name, value in self.cleaned_data.items() if name not in (*self.defaults, "whole_card")}


def _likely(field: forms.Field) -> ModelVersion | DatasetSnapshot | None:
    """What one most likely wants: the newest of the usual role."""
    rows = field.queryset if isinstance(field, forms.ModelChoiceField) else None
    return None if rows is None else rows.first()


def setting_field(setting: dict[str, Any]) -> forms.Field:
    label = setting["name"].replace("_", " ").capitalize()
    if allowed := setting.get("allowed"):
        choices = [(one, one) for one in allowed]
        return forms.ChoiceField(label=label, choices=choices, initial=setting["default"], required=False)
    if "longest" in setting:
        return _text_field(label, setting)
    whole = setting["type"] == "int"
    low, high = setting["low"], setting["high"]
    bounds = f"{'Over' if setting['open_low'] else 'From'} {short(low)} to {short(high)}; {short(setting['default'])} by default."
    widget = forms.NumberInput(attrs={"min": low, "max": high, "step": 1 if whole else "any"})
    options: dict[str, Any] = {"label": label, "required": False, "help_text": bounds, "widget": widget}
    return forms.IntegerField(**options) if whole else forms.FloatField(**options)


def _text_field(label: str, setting: dict[str, Any]) -> forms.Field:
    if "most" in setting:
        said = f"At most {setting['most']}, one a line; \\n stands for a line break."
        return LinesField(label=label, required=False, help_text=said, widget=forms.Textarea(attrs={"rows": 2}))
    said = f"At most {setting['longest']:,} characters."
    return forms.CharField(label=label, required=False, help_text=said, widget=forms.Textarea(attrs={"rows": 3}))


class LinesField(forms.CharField):
    """A list of short texts, one a line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(one.replace("\n", "\\n") for one in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.replace("\\n", "\n") for line in (super().to_python(value) or "").splitlines() if line]


class LoopForm(forms.Form):
    reason = forms.CharField(label="Why", max_length=300, required=False)


class PolicyForm(forms.Form):
    """When the loop starts by itself. The service checks; the form shows what is in force."""

    enabled = forms.BooleanField(label="Start a turn by itself", required=False)
    every_comparisons = forms.IntegerField(
        label="After so many new comparisons", required=False, min_value=1, max_value=INTEGER_MAX,
        help_text="Counted since the last turn began.",
    )  # fmt: skip
    every_hours = forms.IntegerField(
        label="After so many hours", required=False, min_value=1, max_value=INTEGER_MAX,
        help_text="Since the last turn began.",
    )  # fmt: skip
    prompts_per_loop = forms.IntegerField(
        label="Prompts that get new candidates in a turn", min_value=1, max_value=INTEGER_MAX
    )
    specs = forms.CharField(
        label="Settings by program", required=False, max_length=20_000, widget=forms.Textarea(attrs={"rows": 8, "class": "code"}),
        help_text='An object: {"sft": {...}, "reward": {...}, "ppo": {...}, "generate": {...}}. '
        "What is not stated has its default.",
    )  # fmt: skip

    def __init__(self, *args: Any, policy: RetrainPolicy, **options: Any) -> None:
        initial = {name: getattr(policy, name) for name in POLICY_FIELDS}
        initial["specs"] = json.dumps(policy.specs, indent=2)
        initial["base_model"] = policy.base_model and policy.base_model.uid
        super().__init__(*args, **{"initial": initial, **options})
        self.fields["base_model"] = ModelField(
            "Base", models_listed(policy.project).filter(HAS_WEIGHTS, role=_ROLE.BASE), required=False,
            help_text="SFT starts from it in every turn. The newest where none is chosen.",
        )  # fmt: skip

    def clean_specs(self) -> dict[str, Any]:
        try:
            specs = json.loads(self.cleaned_data["specs"] or "{}")
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(f"This is not JSON: {error}") from error
        if not isinstance(specs, dict):
            raise forms.ValidationError("An object of settings by program is expected.")
        return specs

    @property
    def wanted(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in POLICY_FIELDS}
