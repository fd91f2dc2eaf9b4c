"""What the codes of the statistics mean, for people. The English sentences are those of the domain; a test compares."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WHY: dict[str, Promise] = {
    "no_overlap": _("No task has judgments of two different labelers, so there is nothing to compare."),
    "one_judgment": _("There is one judgment only, so there is nothing to compare."),
    "one_labeler": _("All judgments come from one labeler, so there is nothing to compare."),
    "no_judgments": _("There are no judgments."),
    "all_ties": _("In every pair at least one of the two labelers said tie, so nothing is left without ties."),
    "no_variation": _("All values are the same, so agreement beyond chance is not defined."),
    "ties_only": _("A ranking in which everything is tied has no order to compare."),
    "mixed_sizes": _("The rankings have different numbers of candidates, so they do not rank the same things."),
    "mixed_labelers": _("The units have different numbers of labelers; this statistic needs a fixed number."),
    "too_few_targets": _("At least two rated candidates are needed."),
    "two_groups": _(
        "This statistic looks at all labelers of a task together, not at those of two groups side by side."
    ),
    "incomplete": _("Not every rater rated every target; this form needs them all."),
    "no_average": _("The targets do not differ in their means, so the reliability of an average is not defined."),
    "one_prompt": _("An interval is drawn over prompts, and there is one prompt only."),
    "few_prompts": _(
        "Fewer than 20 prompts were judged by two labelers under one of the versions; a difference over so few would mislead."
    ),
    "not_connected": _(
        "Some items never lost to, or never beat, the rest, directly or through others: strength has no bound."
    ),
}
TIES: dict[str, Promise] = {
    "outcome": _("A tie is an outcome of its own: two labelers agree when both say tie."),
    "left_out": _("A pair is left out when either of the two labelers says tie."),
    "tau_b": _("Ties are taken out of the denominator, for each ranking its own (tau-b)."),
    "mid_ranks": _("Tied candidates share the mean of their ranks, and the denominator is corrected for them."),
    "category": _("A tie is a category: better, tie, worse. Each pair is counted in both orientations."),
    "none": _("Scales have no ties."),
}
STATISTICS: dict[str, Promise] = {
    "agreement": _("Pairwise agreement, a tie is an outcome"),
    "agreement_without_ties": _("Pairwise agreement, ties left out"),
    "agreement_by_task": _("Pairwise agreement, each task the same weight"),
    "alpha": _("Krippendorff's alpha"),
    "fleiss": _("Fleiss' kappa"),
    "tau_b": _("Kendall's tau-b"),
    "concordance": _("Kendall's W"),
    "kappa": _("Cohen's kappa"),
    "icc": _("ICC(1,1), one-way"),
    "alpha_interval": _("Krippendorff's alpha, interval"),
    "alpha_ordinal": _("Krippendorff's alpha, ordinal"),
}
