"""The sentences of screening's pages and tables."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.domain.addresses import name_of

from .domain.exam import DEMONSTRATIONS, FLAGS, RANKINGS, TOPICS
from .domain.scoring import Score, Why

PART_NAMES = {
    FLAGS: gettext_lazy("Flagging"),
    RANKINGS: gettext_lazy("Ranking"),
    DEMONSTRATIONS: gettext_lazy("Demonstrations"),
    TOPICS: gettext_lazy("Topics"),
}
WHY = {
    Why.NOT_ASKED: gettext_lazy("This exam does not ask for it."),
    Why.NOT_SEEN: gettext_lazy("The applicant does not accept sensitive text and saw none of it."),
    Why.NO_STRICT_PAIR: gettext_lazy("Every pair was called a tie by one of the two."),
    Why.NOT_GRADED: gettext_lazy("Nobody has graded it yet."),
}
STATES = {
    "practice": gettext_lazy("Practising"),
    "exam": gettext_lazy("In the exam"),
    "submitted": gettext_lazy("Waits for a decision"),
    "accept_training": gettext_lazy("Accepted: training"),
    "accept_held_out": gettext_lazy("Accepted: held-out"),
    "reject": gettext_lazy("Rejected"),
    "ask_again": gettext_lazy("Asked to sit it again"),
}


def told(part: str, score: Score | None) -> dict[str, Any]:
    """A score as a cell: its text, what it rests on, or why there is none."""
    if score is None:
        return {"text": "", "rests": "", "why": ""}
    if score.value is None:
        return {"text": "–", "rests": "", "why": WHY[score.why] if score.why else ""}
    text = f"{score.value:.2f}" if part == DEMONSTRATIONS else f"{100 * score.value:.1f} %"
    return {"text": text, "rests": _rests(part, score), "why": ""}


def _rests(part: str, score: Score) -> str:
    if part == FLAGS:
        return ngettext("of %(of)d flag", "of %(of)d flags", score.of) % {"of": score.of}
    if part == RANKINGS:
        return f"{_pairs(score.of)}, {_prompts(score.items)}"
    return _("%(of)d of %(out_of)d texts graded") % {"of": score.of, "out_of": score.out_of}


def _pairs(n: int) -> str:
    return ngettext("of %(n)d pair", "of %(n)d pairs", n) % {"n": n}


def _prompts(n: int) -> str:
    return ngettext("%(n)d prompt", "%(n)d prompts", n) % {"n": n}


def cutoff_text(part: str, value: float) -> str:
    return f"{value:g}" if part == DEMONSTRATIONS else f"{100 * value:g} %"


def skill_of(topic: str) -> str:
    """What a self-assessed topic would be called among a labeler's skills."""
    return f"topic:{name_of(topic)}"[:60].rstrip("-")
