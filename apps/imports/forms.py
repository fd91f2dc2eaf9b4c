"""The upload form."""

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.core.domain.errors import RuleBroken

from .domain.columns import columns_for
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
    format = forms.ChoiceField(
        required=False,
        label=_("Format"),
        choices=[
            ("", _("As its name says")),
            ("label-studio", _("Label Studio: JSON or JSON-MIN export")),
            ("argilla", _("Argilla: records")),
            ("hh", _("HH-RLHF: chosen and rejected transcripts")),
            ("oasst", _("OpenAssistant: message trees")),
        ],
        help_text=_("Files of other programs are JSON too: say whose it is."),
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
            self.kind = kind_of_file(format=cleaned.get("format") or "", filename=file.name)
            if self.kind is None:
                self.add_error(
                    "file",
                    _(
                        "The name must end in .jsonl, .ndjson, .json (one value a line), .csv or .parquet, or one of these and .gz."
                    ),
                )
            elif not self.errors:
                self._check_columns(self.kind.format)
        return cleaned

    def _check_columns(self, format: str) -> None:
        """A mapping that can be may still not be enough for this kind of file."""
        try:
            columns_for(format, self.options.get("columns"))
        except RuleBroken as broken:
            self.add_error("columns", broken.message)
