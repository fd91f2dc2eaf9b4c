"""The form that asks for candidates of several models. What a setting may be is said in `domain/`; a form only asks."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.core.domain.ranking import K_MAX, K_MIN
from apps.datasets.models import DatasetSnapshot
from apps.projects.models import Project
from apps.prompts.domain.hygiene import DEFAULT, LIKENESS, Kind, Rule
from apps.registry.models import ModelVersion

from .domain.specs import describe
from .forms import SnapshotField, setting_field
from .selectors.models import ready_models
from .selectors.runs import ready_snapshots
from .services.candidate_sets import SHARE_MAX

_ROLE = ModelVersion.Role
MODELS_SHOWN = 30
# What the set decides itself, or what belongs to the program that runs.
_NOT_ASKED = {"model", "threads", "device", "checkpoint_every", "samples"}
RULE_WORDS = {
    Rule.DROP: _("replace, else leave out"),
    Rule.MARK: _("replace, else show"),
    Rule.KEEP: _("show, only count"),
}
KIND_WORDS = {
    Kind.EMPTY: _("Empty"),
    Kind.TRUNCATED: _("Cut off at the limit of tokens"),
    Kind.ALIKE: _("Nearly the same as another reply to the prompt"),
    Kind.ECHO: _("Says the prompt back"),
    Kind.IDENTITY: _("Says which model wrote it"),
}


class CandidateSetForm(forms.Form):
    """A share for each model (none: it is left out), the prompts, K, what becomes of bad replies, and settings."""

    def __init__(self, *args: Any, project: Project, **options: Any) -> None:
        super().__init__(*args, **options)
        self.models = {
            f"share_{model.uid}": model
            for model in ready_models(project, _ROLE.POLICY, _ROLE.SFT, _ROLE.BASE)[:MODELS_SHOWN]
        }
        for name, model in self.models.items():
            self.fields[name] = forms.IntegerField(
                label=f"{model} ({model.role})", required=False, min_value=0, max_value=SHARE_MAX,
                widget=forms.NumberInput(attrs={"min": 0, "max": SHARE_MAX, "step": 1}),
            )  # fmt: skip
        snapshots = ready_snapshots(project, DatasetSnapshot.Kind.PROMPTS)
        self.fields["snapshot"] = SnapshotField(gettext("Prompts"), snapshots)
        if (newest := snapshots.first()) is not None:
            self.initial.setdefault("snapshot", newest.uid)
        self.fields["k"] = forms.IntegerField(
            label=_("Candidates of a task"), min_value=K_MIN, max_value=K_MAX, initial=project.candidates_per_task
        )
        self.fields["reason"] = forms.CharField(
            label=_("Why"), max_length=300, required=False, help_text=_("Kept with it, for whoever looks later.")
        )
        self._add_rules()
        self.defaults: dict[str, Any] = {}
        for setting in describe("generate"):
            if setting["name"] not in _NOT_ASKED:
                self.defaults[setting["name"]] = setting["default"]
                self.fields[setting["name"]] = setting_field(setting)

    def _add_rules(self) -> None:
        choices = [(rule.value, words) for rule, words in RULE_WORDS.items()]
        for kind in Kind:
            self.fields[f"rule_{kind}"] = forms.ChoiceField(
                label=KIND_WORDS[kind], choices=choices, initial=DEFAULT[kind].value, required=False
            )
        self.fields["likeness"] = forms.FloatField(
            label=_("Nearly the same from"), min_value=0.5, max_value=1, initial=LIKENESS, required=False,
            help_text=_("The share of runs of three words that two long replies have in common."),
            widget=forms.NumberInput(attrs={"min": 0.5, "max": 1, "step": "any"}),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.mix:
            raise forms.ValidationError(gettext("Give at least one model a share of 1 to 9."))
        return self.cleaned_data

    @property
    def shares(self) -> list[forms.BoundField]:
        return [self[name] for name in self.models]

    @property
    def asked(self) -> list[forms.BoundField]:
        return [self[name] for name in ("snapshot", "k", "reason")]

    @property
    def hygiene(self) -> list[forms.BoundField]:
        return [*(self[f"rule_{kind}"] for kind in Kind), self["likeness"]]

    @property
    def settings(self) -> list[forms.BoundField]:
        return [self[name] for name in self.defaults]

    @property
    def settings_are_wrong(self) -> bool:
        return any(self[name].errors for name in self.defaults)

    @property
    def mix(self) -> list[tuple[ModelVersion, int]]:
        return [(model, share) for name, model in self.models.items() if (share := self.cleaned_data.get(name))]

    @property
    def wanted(self) -> dict[str, Any]:
        """As `candidate_set_start` takes it."""
        given = self.cleaned_data
        rules = {kind.value: given[f"rule_{kind}"] for kind in Kind if given.get(f"rule_{kind}")}
        if given.get("likeness"):
            rules["likeness"] = given["likeness"]
        stated = {name: given.get(name) for name in self.defaults}
        return {
            "models": self.mix, "snapshot": given["snapshot"], "k": given["k"], "reason": given["reason"], "rules": rules,
            "spec": {name: value for name, value in stated.items() if value not in (None, "", self.defaults[name])},
        }  # fmt: skip
