"""The form that makes a gold item: a place for each candidate, single pairs, or both."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .domain.key import Pair, pairs_of_tiers
from .models import EXPLANATION_MAX, GoldItem

# Rows for single pairs; who needs more writes an order by places.
PAIR_ROWS = 4


class KeyForm(forms.Form):
    """For so many candidates, by their numbers from 1."""

    def __init__(self, candidates: int, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.candidates = candidates
        numbers = [("", "–"), *((str(number), str(number)) for number in range(1, candidates + 1))]
        for number in range(1, candidates + 1):
            self.fields[f"place-{number}"] = forms.TypedChoiceField(
                label=_("Place of candidate %(n)d") % {"n": number}, choices=numbers, coerce=int, empty_value=None,
                required=False,
            )  # fmt: skip
        for row in range(1, PAIR_ROWS + 1):
            for side, label in (("better", _("Better, pair %(n)d")), ("worse", _("Worse, pair %(n)d"))):
                self.fields[f"{side}-{row}"] = forms.TypedChoiceField(
                    label=label % {"n": row}, choices=numbers, coerce=int, empty_value=None, required=False
                )
            self.fields[f"may-tie-{row}"] = forms.BooleanField(
                label=_("these two may tie, pair %(n)d") % {"n": row}, required=False
            )
        self.fields["neighbours_may_tie"] = forms.BooleanField(
            label=_("Candidates in neighbouring places may tie"), required=False
        )
        self.fields["may_miss"] = forms.IntegerField(
            label=_("Pairs that may be missed"), min_value=0, max_value=36, initial=0,
            help_text=_("So many of the pairs may be tied or reversed, and the item is still passed."),
        )  # fmt: skip
        self.fields["explanation"] = forms.CharField(
            label=_("Why this is the answer"), max_length=EXPLANATION_MAX, widget=forms.Textarea(attrs={"rows": 3}),
            help_text=_("For managers and researchers. Labelers never see it."),
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        for row in range(1, PAIR_ROWS + 1):
            if (data.get(f"better-{row}") is None) != (data.get(f"worse-{row}") is None):
                self.add_error(f"worse-{row}", _("Name both candidates of the pair, or none."))
        return data

    @property
    def pairs(self) -> list[Pair]:
        """What was said, by positions from 0."""
        data = self.cleaned_data
        tiers: Sequence[int | None] = [data[f"place-{number}"] for number in range(1, self.candidates + 1)]
        found = pairs_of_tiers(tiers, neighbours_may_tie=data["neighbours_may_tie"])
        for row in range(1, PAIR_ROWS + 1):
            if data[f"better-{row}"] is not None and data[f"worse-{row}"] is not None:
                found.append(Pair(data[f"better-{row}"] - 1, data[f"worse-{row}"] - 1, data[f"may-tie-{row}"]))
        return found

    @property
    def places(self) -> list[Any]:
        return [self[f"place-{number}"] for number in range(1, self.candidates + 1)]

    @property
    def pair_rows(self) -> list[tuple[Any, Any, Any]]:
        return [
            (self[f"better-{row}"], self[f"worse-{row}"], self[f"may-tie-{row}"]) for row in range(1, PAIR_ROWS + 1)
        ]

    @property
    def others(self) -> list[Any]:
        return [self["may_miss"], self["explanation"]]


class RetireForm(forms.Form):
    retired_as = forms.ChoiceField(
        label=_("What becomes of its answers"), choices=GoldItem.RetiredAs.choices, widget=forms.RadioSelect
    )
    because = forms.CharField(label=_("Why"), max_length=500, required=False)
