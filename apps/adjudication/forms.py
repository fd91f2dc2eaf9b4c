"""The forms of adjudication: what narrows the queue, the ladder and its category, the rules, the wish for more."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.documents import Rule
from apps.labeling.form_body import Problem
from apps.labeling.forms import CandidateForm, Choice, Group, RoomForm

from .models import AdjudicationRules, Resolution
from .selectors.sheet import Sheet

Fields = Mapping[str, str]


class QueueFilter(forms.Form):
    state = forms.ChoiceField(
        label=_("Show"), required=False, choices=[("", _("what waits")), ("resolved", _("what is settled"))]
    )
    use_case = forms.ChoiceField(label=_("Use case"), required=False)
    sensitive = forms.ChoiceField(
        label=_("Sensitive"), required=False, choices=[("", _("any")), ("true", _("yes")), ("false", _("no"))]
    )
    least = forms.FloatField(
        label=_("Disagreement, at least (%)"), required=False, min_value=0, max_value=100,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )  # fmt: skip

    def __init__(self, use_cases: Sequence[str], data: Any) -> None:
        super().__init__(data)
        field = self.fields["use_case"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("any")), *((name, name) for name in use_cases)]

    def filters(self) -> dict[str, Any]:
        """As the selector takes them; what is not right narrows nothing."""
        given = self.cleaned_data if self.is_valid() else {}
        return {
            "resolved": given.get("state") == "resolved",
            "use_case": given.get("use_case") or "",
            "sensitive": {"true": True, "false": False}.get(given.get("sensitive", "")),
            "least": (given.get("least") or 0) / 100,
        }


class RulesForm(forms.Form):
    use_cases = forms.CharField(
        label=_("Use cases that weigh double"), required=False, max_length=4000,
        help_text=_("Several are separated by commas."),
    )  # fmt: skip
    more_below = forms.FloatField(
        label=_("Ask for more judgments where agreement is below (%)"), required=False, min_value=0.01, max_value=100,
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text=_("Of the pairs, by itself, as judgments come. Empty: only when you ask."),
    )  # fmt: skip
    more_judgments = forms.IntegerField(label=_("So many more each time"), min_value=1, max_value=10)
    more_most = forms.IntegerField(label=_("At most so many judgments a task"), min_value=2, max_value=50)

    @classmethod
    def showing(cls, rules: AdjudicationRules) -> "RulesForm":
        return cls(
            initial={
                "use_cases": ", ".join(rules.use_cases),
                "more_below": None if rules.more_below is None else round(100 * rules.more_below, 6),
                "more_judgments": rules.more_judgments,
                "more_most": rules.more_most,
            }
        )

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        below = given["more_below"]
        return {
            "use_cases": given["use_cases"].split(","),
            "more_below": None if below is None else below / 100,
            "more_judgments": given["more_judgments"],
            "more_most": given["more_most"],
        }


class MoreForm(forms.Form):
    below = forms.FloatField(
        label=_("Where agreement is below (%)"), min_value=0.01, max_value=100, initial=50,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )  # fmt: skip
    more = forms.IntegerField(label=_("So many more judgments"), min_value=1, max_value=10, initial=1)
    most = forms.IntegerField(label=_("At most so many a task"), min_value=2, max_value=50, initial=5)

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {"below": given["below"] / 100, "more": given["more"], "most": given["most"]}


def ladder_form(sheet: Sheet, values: Fields, problems: Sequence[Problem] = ()) -> RoomForm:
    """The labeling room's form with its ladder alone. Nothing is pre-selected."""
    return RoomForm(
        rates=False, ranking="ladder", proposal=False, asks_prompt=False, notes=False, proposal_taken=False,
        candidates=[_candidate(sheet, letter, text, values, problems) for letter, text in _texts(sheet)],
        prompt_flags=[], use_case="", note=values.get("note", ""), text="", rendering="rendered",
        problems=list(problems),
    )  # fmt: skip


def ladder_values(sheet: Sheet) -> dict[str, str]:
    """The form as it was when the standing resolution was given."""
    found = sheet.resolution
    if found is None:
        return {}
    tiers = found.tiers or []
    said = {f"tier-{sheet.letters[i]}": str(tiers[place]) for i, place in enumerate(sheet.order) if tiers}
    return said | {"category": found.category, "rule": found.rule, "note": found.note}


def rule_choices(rules: Sequence[Rule], chosen: str) -> list[Choice]:
    return [Choice(rule.address, rule.title, checked=chosen in rule.called) for rule in rules]


CATEGORIES = Resolution.Category.choices


def _texts(sheet: Sheet) -> list[tuple[str, str]]:
    return [(one.letter, one.text) for one in sheet.candidates]


def _candidate(sheet: Sheet, letter: str, text: str, values: Fields, problems: Sequence[Problem]) -> CandidateForm:
    name = f"tier-{letter}"
    steps = [str(step) for step in range(1, len(sheet.candidates) + 1)]
    tier = Group(
        name=name, label=letter, help="",
        choices=[Choice(step, step, checked=values.get(name) == step) for step in steps],
        error=next((one.sentence for one in problems if one.anchor == name), ""),
    )  # fmt: skip
    return CandidateForm(letter=letter, text=text, tier=tier, scales=[], flags=[], note="", note_error="", error="")
