"""The form of a prompt that a labeler writes. The rules are `domain.written`'s."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .domain.use_cases import USE_CASES
from .domain.written import CONTEXT_MAX, TEXT_MAX

# In words that translators know; `plainly` makes the same English of the stored ones.
USE_CASE_NAMES = {
    "generation": _("Generation: write something new"),
    "open_qa": _("Open question: answered from general knowledge"),
    "brainstorming": _("Brainstorming: ideas for something"),
    "chat": _("Chat: a talk with the assistant"),
    "rewrite": _("Rewrite: say the same in another way"),
    "summarization": _("Summary of a given text"),
    "classification": _("Classification: which kind is this?"),
    "closed_qa": _("Closed question: answered from the sources below"),
    "extract": _("Extract: find what a given text says about something"),
    "other": _("Something else"),
}


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto", "spellcheck": "true"})


class WrittenPromptForm(forms.Form):
    text = forms.CharField(
        label=_("Prompt"),
        max_length=TEXT_MAX,
        widget=_area(8),
        help_text=_("What somebody would ask the assistant, in their words. Any task: the more different, the better."),
    )
    context = forms.CharField(
        label=_("Sources"),
        max_length=CONTEXT_MAX,
        required=False,
        widget=_area(5),
        help_text=_("A text that the answer must rest on, where there is one."),
    )
    use_case = forms.ChoiceField(label=_("What kind of request is it?"))
    sensitive = forms.BooleanField(
        label=_("It touches sexual, violent, political or very personal matters"), required=False
    )

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.fields["use_case"].choices = [("", "—"), *((name, USE_CASE_NAMES[name]) for name in USE_CASES)]  # type: ignore[attr-defined]
        # The browser's limit would cut a pasted text without a word.
        for name in ("text", "context"):
            self.fields[name].widget.attrs.pop("maxlength", None)
