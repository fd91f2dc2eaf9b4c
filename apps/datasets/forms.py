"""The form that asks for a snapshot."""

from typing import Any

from django import forms

from .domain.filters import SPLITS
from .models import DatasetSnapshot, Purpose


class SnapshotForm(forms.Form):
    kind = forms.ChoiceField(label="Of", choices=DatasetSnapshot.Kind.choices)
    purpose = forms.ChoiceField(
        label="For",
        choices=Purpose.choices,
        help_text="Judgments of held-out labelers never enter a training snapshot.",
    )
    split = forms.MultipleChoiceField(
        label="Splits",
        choices=[(split, split) for split in SPLITS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked means all three; every record says which it belongs to.",
    )

    @property
    def filter(self) -> dict[str, Any]:
        splits = self.cleaned_data["split"]
        return {"split": splits} if splits else {}
