"""The upload form."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .domain.upload import FileKind, kind_of_file
from .models import Import
from .options_form import OptionsForm


class UploadForm(OptionsForm):
    kind: FileKind | None = None

    file = forms.FileField(
        label=_("File"),
        help_text=_(
            "JSON lines, CSV or Parquet, also gzipped. One line a prompt; the documentation says what it may hold."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".jsonl,.ndjson,.json,.csv,.parquet,.gz"}),
    )
    tasks = forms.ChoiceField(
        label=_("Ranking tasks"),
        choices=[
            (Import.Tasks.OPEN, _("Open one for each line with two to nine completions")),
            (Import.Tasks.NONE, _("None")),
        ],
    )

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or {}
        if file := cleaned.get("file"):
            self.kind = kind_of_file(filename=file.name)
            if self.kind is None:
                self.add_error(
                    "file",
                    _(
                        "The name must end in .jsonl, .ndjson, .json (one value a line), .csv or .parquet, or one of these and .gz."
                    ),
                )
        return cleaned
