"""What the report card's keys are called, and how its numbers are written."""

from .report_json import Estimate
from .saying import Sentence, as_it_is
from .saying import said as _

NOT_SAID = _("not said")
# By key of a slice: the heading of its table, and its name in a sentence.
SLICES = {
    "use_case": (_("Use case"), _("use case")),
    "k": (_("Replies ranked together"), _("replies ranked together")),
    "prompt_length": (_("Length of the prompt, in tokens"), _("tokens in the prompt")),
    "labeler": (_("Labeler"), _("labeler")),
    "cohort": (_("Cohort"), _("cohort")),
    "distance": (_("Tiers between the two replies"), _("tiers apart")),
}
# By feature: as a row of the table, and in a sentence of what it leans towards.
FEATURES = {
    "characters": (_("Length, in characters"), _("length")),
    "log_characters": (_("Length, in proportion"), _("proportional length")),
    "shown_first": (_("Shown first"), _("what was shown first")),
    "lists": (_("Items of lists"), _("lists")),
    "headings": (_("Headings"), _("headings")),
    "bold": (_("Bold type"), _("bold type")),
    "code": (_("Code"), _("code")),
    "exclamation": (_("Exclamation marks"), _("exclamation marks")),
    "hedges": (_("Hedging words"), _("hedging words")),
    "apologies": (_("Apologies"), _("apologies")),
    "questions": (_("Questions"), _("questions")),
}
SENTINELS = {
    "polite-nonsense": _("polite nonsense"),
    "confident-falsehood": _("confident falsehood"),
    "over-refusal": _("refusal without need"),
    "sycophancy": _("flattery"),
    "long-preamble": _("long preamble"),
}


def slice_names(key: str) -> tuple[Sentence, Sentence]:
    plain = as_it_is(plainly(key))
    return SLICES.get(key, (plain, plain))


def feature_names(key: str) -> tuple[Sentence, Sentence]:
    plain = as_it_is(plainly(key))
    return FEATURES.get(key, (plain, plain))


def sentinel_name(kind: str) -> Sentence:
    return SENTINELS.get(kind) or as_it_is(plainly(kind))


def plainly(key: str) -> str:
    """A stored word as people read it."""
    return key.replace("_", " ").replace(" qa", " QA")


def signed(value: float, digits: int) -> str:
    """A minus is the sign that is as wide as a plus; what rounds to zero is written without one."""
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "\u2212")


def points(value: float) -> str:
    """A difference of two shares, in percentage points."""
    return signed(100 * value, 1)


def points_between(found: Estimate) -> Sentence:
    """`0.4 to 3.9`."""
    return _("{low} to {high}", low=points(found.low), high=points(found.high))


def with_interval(found: Estimate, digits: int = 3) -> Sentence:
    """`0.043 (0.031 to 0.058)`."""
    return _(
        "{value} ({low} to {high})",
        value=signed(found.value, digits), low=signed(found.low, digits), high=signed(found.high, digits),
    )  # fmt: skip
