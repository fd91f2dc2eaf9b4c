"""Forms of those who make an exam and decide about candidates. The rules themselves are the domain's and the services'."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .domain.exam import DEMONSTRATIONS, FLAGS, RANKINGS, Exam
from .models import REASON_MAX, Decision


class ExamForm(forms.Form):
    """What an exam says beside its items."""

    title = forms.CharField(label=_("Title"), max_length=200)
    intro = forms.CharField(
        label=_("What applicants read first"), required=False, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"})
    )
    flags = forms.CharField(
        label=_("Flags"), widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("One a line: name | label | what it means. The name is a word of a-z, 0-9 and _."),
    )  # fmt: skip
    topics = forms.CharField(
        label=_("Topics and groups"), required=False, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("One a line. Applicants say on which of them they can judge what is sensitive."),
    )  # fmt: skip
    cut_flags = forms.FloatField(label=_("Soft cut-off of flagging, percent"), min_value=0, max_value=100)
    cut_rankings = forms.FloatField(label=_("Soft cut-off of ranking, percent"), min_value=0, max_value=100)
    cut_demonstrations = forms.FloatField(label=_("Soft cut-off of demonstrations, 1 to 7"), min_value=1, max_value=7)
    last = forms.IntegerField(
        label=_("Practice: of the last so many items"), min_value=0, max_value=200,
        help_text=_("Different items; a retry replaces the try before it."),
    )  # fmt: skip
    right = forms.IntegerField(label=_("at least so many are right"), min_value=0, max_value=200)

    @staticmethod
    def values_of(exam: Exam) -> dict[str, Any]:
        return {
            "title": exam.title,
            "intro": exam.intro,
            "flags": "\n".join(" | ".join(filter(None, (f.name, f.label, f.help))) for f in exam.flags),
            "topics": "\n".join(exam.topics),
            "cut_flags": _tidy(100 * exam.cutoffs[FLAGS]),
            "cut_rankings": _tidy(100 * exam.cutoffs[RANKINGS]),
            "cut_demonstrations": _tidy(exam.cutoffs[DEMONSTRATIONS]),
            "last": exam.rule.last,
            "right": exam.rule.right,
        }

    @property
    def changes(self) -> dict[str, Any]:
        """What is said, in the shape of the exam's body."""
        data = self.cleaned_data
        return {
            "title": data["title"],
            "intro": data["intro"],
            "flags": [_flag(line) for line in data["flags"].splitlines() if line.strip()],
            "topics": [line.strip() for line in data["topics"].splitlines() if line.strip()],
            "cutoffs": {
                FLAGS: data["cut_flags"] / 100,
                RANKINGS: data["cut_rankings"] / 100,
                DEMONSTRATIONS: data["cut_demonstrations"],
            },
            "practice_rule": {"last": data["last"], "right": data["right"]},
        }


def _flag(line: str) -> dict[str, str]:
    name, label, help_ = (*(part.strip() for part in line.split("|", 2)), "", "")[:3]
    return {"name": name, "label": label, "help": help_}


def _tidy(number: float) -> str:
    return f"{number:g}"


def item_sent(part: str, id_: str | None, data: Mapping[str, str], flags: list[str]) -> dict[str, Any]:
    """An item as its page's form says it; texts without a word are none."""
    texts = [data.get(f"text-{i}", "") for i in range(1, 10)]
    key = {name: data[f"flag-A-{name}"] for name in flags if data.get(f"flag-A-{name}")}
    return {
        **({"id": id_} if id_ else {}),
        "part": part,
        "practice": data.get("practice") == "1",
        "sensitive": data.get("sensitive") == "1",
        "prompt": data.get("prompt", ""),
        "texts": [text for text in texts if text.strip()] if part != DEMONSTRATIONS else [],
        "key": key if part == FLAGS else {},
        "references": [],
        "explanation": data.get("explanation", ""),
    }


class DecisionForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=10_000)
    outcome = forms.ChoiceField(label=_("Decision"), choices=Decision.Outcome.choices, widget=forms.RadioSelect)
    skills = forms.MultipleChoiceField(
        label=_("Skills to give them, from what they say of themselves"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Reason"), max_length=REASON_MAX, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=_("Kept with the decision and its scores. The applicant does not see it."),
    )  # fmt: skip

    def __init__(self, *args: Any, skills: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if skills:
            self.fields["skills"].choices = skills  # type: ignore[attr-defined]
        else:
            del self.fields["skills"]
