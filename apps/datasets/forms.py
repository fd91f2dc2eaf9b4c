"""The form that asks for a snapshot."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .domain.filters import SPLITS
from .models import DatasetSnapshot, Purpose


class SnapshotForm(forms.Form):
    kind = forms.ChoiceField(label=_("Of"), choices=DatasetSnapshot.Kind.choices)
    purpose = forms.ChoiceField(
        label=_("For"),
        choices=Purpose.choices,
        help_text=_("Judgments of held-out labelers never enter a training snapshot."),
    )
    split = forms.MultipleChoiceField(
        label=_("Splits"),
        choices=[(split, split) for split in SPLITS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked means all three; every record says which it belongs to."),
    )

    @property
    def filter(self) -> dict[str, Any]:
        splits = self.cleaned_data["split"]
        return {"split": splits} if splits else {}
