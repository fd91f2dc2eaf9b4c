"""What the checks say to people: a sentence for each reason, and where to go on."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from apps.causes.words import CAUSES
from apps.projects.access import Capability
from apps.quality.shown import percent

from .domain.checks import Check, Standing, Verdict

NAMES: dict[str, Promise] = {
    "comparisons": later("Comparisons to learn from"),
    "held_out_prompts": later("Prompts to measure on"),
    "held_out_labelers": later("People to measure on"),
    "agreement": later("Agreement"),
    "gold": later("Gold"),
    "guideline": later("One guideline"),
    "weight": later("More than one person's taste"),
    "causes": later("Why labelers disagree"),
    "adjudication": later("Open disagreements"),
    "habits": later("Habits that a model would learn"),
}
VERDICTS: dict[Verdict, Promise] = {
    Verdict.YES: later("Yes, train on it."),
    Verdict.DOUBTFUL: later("You can, knowing what is doubtful."),
    Verdict.NO: later("Not yet."),
}
STANDINGS: dict[Standing, Promise] = {
    Standing.MISSING: later("Missing"),
    Standing.DOUBT: later("Doubtful"),
    Standing.MET: later("In order"),
}
SENTENCES: dict[str, dict[str, Promise]] = {
    "comparisons": {
        "none": later("There is no ranking of a training prompt by a training labeler."),
        "ties_only": later("All of %(rankings)s rankings are ties from top to bottom: nothing is better than anything."),
        "few": later("%(comparisons)s ordered pairs from %(rankings)s rankings; under %(least)s there is little to learn from."),
        "enough": later("%(comparisons)s ordered pairs from %(rankings)s rankings of training prompts."),
    },
    "held_out_prompts": {
        "none": later("No prompt of the validation or test split was ranked, so a reward model's accuracy could not be measured."),
        "few": later("%(prompts)s prompts of the validation and test splits were ranked: accuracy would be known to %(margin)s points either way at best."),
        "enough": later("%(prompts)s prompts of the validation and test splits were ranked: enough to know accuracy to %(margin)s points either way."),
    },
    "held_out_labelers": {
        "none": later("Nobody of a held-out cohort has ranked anything, so it cannot be told whether the model learns people in general or these people."),
        "some": later("Held-out labelers who ranked: %(labelers)s. Nothing of theirs is trained on."),
    },
    "agreement": {
        "unknown": later("No two people have ordered the same candidates, so nobody knows how much of the preferences is noise."),
        "no_interval": later("Two people order a pair alike in %(value)s, from too few prompts for an interval."),
        "chance": later("Two people order a pair alike in %(value)s (%(low)s to %(high)s): no better than a coin, as far as is known."),
        "wide": later("Two people order a pair alike in %(value)s, known only to be between %(low)s and %(high)s. More overlap would tell."),
        "known": later("Two people order a pair alike in %(value)s (%(low)s to %(high)s). No reward model can be expected to do much better."),
    },
    "gold": {
        "none": later("Nobody has judged a task whose answer is known, so carelessness would go unseen."),
        "failing": later("%(share)s of the rankings are by labelers who surely fail the project's gold."),
        "passed": later("Labelers who were seen on gold: %(labelers)s; %(share)s of the rankings are by those who surely fail it."),
    },
    "guideline": {
        "none": later("There is no guideline: whose standard the preferences follow is not written down."),
        "old": later("%(share)s of the rankings were made before version %(number)s's meaning: the model would learn two guidelines at once."),
        "current": later("Version %(number)s is in force; %(share)s of the rankings are from before its meaning last changed."),
    },
    "weight": {
        "alone": later("All rankings are one person's."),
        "heavy": later("One labeler made %(share)s of the rankings: the model would learn a person more than a guideline."),
        "spread": later("The rankings are by %(labelers)s labelers; nobody made more than %(share)s of them."),
    },
    "causes": {
        "named": later("%(cause)s: this explains a part of the disagreement, and has a next step."),
        "untold": later("There is too little overlap to tell why labelers disagree."),
        "none": later("No cause of disagreement stands out."),
    },
    "adjudication": {
        "waiting": later("Tasks on which labelers say the opposite as often as the same, and nobody has settled it: %(tasks)s."),
        "none": later("No strong disagreement waits for an adjudicator."),
    },
    "habits": {
        "unknown": later("The bias reports are still being made."),
        "some": later("The bias reports warn of what a model would learn besides quality: %(habits)s."),
        "none": later("The bias reports warn of nothing."),
    },
}  # fmt: skip
HABITS: dict[str, Promise] = {
    "position": later("what is shown first"),
    "length": later("length"),
    "rendering": later("how a reply is rendered"),
    "speed": later("judgments quicker than reading"),
    "pasted": later("pasted demonstrations"),
    "style": later("formatting and tone"),
}
# Where each is looked into or mended: a page's URL name, what its link says, and who may open it.
STEPS: dict[str, tuple[str, Promise, Capability]] = {
    "comparisons": ("labeling:tasks", later("Tasks"), Capability.CURATE),
    "held_out_prompts": ("labeling:tasks", later("Tasks"), Capability.CURATE),
    "held_out_labelers": ("projects:members", later("Members"), Capability.MANAGE),
    "agreement": ("quality:agreement", later("Agreement"), Capability.RESEARCH),
    "gold": ("gold:items", later("Gold"), Capability.CURATE),
    "guideline": ("projects:guideline", later("Guideline"), Capability.READ),
    "weight": ("quality:bias", later("Bias"), Capability.RESEARCH),
    "causes": ("causes:disagreement", later("Why labelers disagree"), Capability.RESEARCH),
    "adjudication": ("adjudication:queue", later("Adjudication"), Capability.ADJUDICATE),
    "habits": ("quality:bias", later("Bias"), Capability.RESEARCH),
}
_PERCENT = ("value", "low", "high", "share")


def sentence(check: Check, habits: list[str]) -> str:
    """What the check says; `habits` are those that `habits` counts."""
    values = {name: _shown(name, value) for name, value in check.values.items()}
    if "cause" in values:
        values["cause"] = str(CAUSES[str(check.values["cause"])])
    if check.name == "habits":
        values["habits"] = _(", ").join(str(HABITS[one]) for one in habits)
    said: Mapping[str, Promise] = SENTENCES[check.name]
    return str(said[check.reason]) % values


def _shown(name: str, value: float | int | str) -> str:
    if isinstance(value, str):
        return value
    if name in _PERCENT:
        return percent(value)
    return f"{100 * value:.0f}" if name == "margin" else f"{value:,}"
