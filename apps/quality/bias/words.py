"""What the codes of the bias reports mean, for people. The English sentences are those of the domain; a test compares."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

FOUND: dict[str, Promise] = {
    "not_said": _("Nothing can be said of this. {why}"),
    "first_wins": _("The candidate that is shown earlier wins {share} of the pairs, more than half."),
    "first_loses": _("The candidate that is shown earlier wins {share} of the pairs, less than half."),
    "first_even": _("The candidate that is shown earlier wins {share} of the pairs, which half is compatible with."),
    "longer_wins": _("The longer candidate wins {share} of the pairs, more than half."),
    "longer_loses": _("The longer candidate wins {share} of the pairs, less than half."),
    "longer_even": _("The longer candidate wins {share} of the pairs, which half is compatible with."),
    "more_wins": _(
        "The candidate with more of this ({mark}) wins {share} of the pairs, and {matched} of those of like length."
    ),
    "more_loses": _(
        "The candidate with more of this ({mark}) wins only {share} of the pairs, and {matched} of those of "
        "like length."
    ),
    "more_by_length": _(
        "The candidate with more of this ({mark}) wins {share} of the pairs, but {matched} of those of like "
        "length, which half is compatible with: length may be all of it."
    ),
    "more_only_matched": _(
        "The candidate with more of this ({mark}) wins {share} of the pairs; among those of like length it is"
        " {matched}, which differs from half."
    ),
    "more_unmatched": _(
        "The candidate with more of this ({mark}) wins {share} of the pairs, which differs from half; pairs "
        "of like length are too few to tell it from length."
    ),
    "more_even": _(
        "The candidate with more of this ({mark}) wins {share} of the pairs, which half is compatible with."
    ),
    "views_differ": _(
        "The candidate with more formatting wins {rendered} of the pairs in the rendered view and {raw} in the raw one."
    ),
    "views_alike": _(
        "The candidate with more formatting wins {rendered} of the pairs in the rendered view and {raw} in "
        "the raw one; the difference is compatible with none."
    ),
    "ties_rise": _("With every hour at a stretch the share of ties rises, by {points} points."),
    "ties_fall": _("With every hour at a stretch the share of ties falls, by {points} points."),
    "ties_steady": _("The share of ties does not change measurably over the hours of a stretch."),
    "slower": _("With every hour at a stretch the time for a word rises, by {change}."),
    "quicker": _("With every hour at a stretch the time for a word falls, by {change}."),
    "pace_steady": _("The time for a word does not change measurably over the hours of a stretch."),
    "agreement_rises": _("With every hour at a stretch agreement with others rises, by {points} points."),
    "agreement_falls": _("With every hour at a stretch agreement with others falls, by {points} points."),
    "agreement_steady": _("Agreement with others does not change measurably over the hours of a stretch."),
    "not_bounded": _("A change over the hours of a stretch cannot be told from one person's habit. {why}"),
    "speeding": _(
        "{share} of the judgments are quicker than {speed} words a minute. Labelers who surely judge so more "
        "often than in {limit} of their work: {labelers}."
    ),
    "no_speeding": _(
        "{share} of the judgments are quicker than {speed} words a minute; no labeler surely judges so in "
        "more than {limit} of their work."
    ),
    "pasted": _(
        "{share} of the demonstrations are mostly pasted. Labelers who surely paste more often than in "
        "{limit} of their work: {labelers}."
    ),
    "not_pasted": _(
        "{share} of the demonstrations are mostly pasted; no labeler surely pastes in more than {limit} of their work."
    ),
    "one_labeler": _("All comparisons are one labeler's."),
    "one_weighs": _(
        "One labeler gave {share} of the comparisons; the {labelers} labelers weigh as much as {effective} "
        "equal ones would."
    ),
    "even_weight": _(
        "No labeler gave more than {share} of the comparisons; the {labelers} labelers weigh as much as "
        "{effective} equal ones would."
    ),
    "moves": _(
        "Without the labeler who moves it most, the longer candidate's win rate would change by {points} points."
    ),
    "languages_missing": _(
        "Prompts in these languages have no labeler who knows them: {languages}. That is {share} of the prompts."
    ),
    "languages_not_noted": _("No labeler has a language among their skills, so who can read what is not known."),
    "languages_covered": _("Every language of the prompts has a labeler who knows it."),
    "use_cases_behind": _(
        "These use cases are judged less than half as often as all prompts are, or by one labeler: {use_cases}."
    ),
    "use_cases_not_judged": _("No labeler of the project has judged a prompt, so no use case is ahead or behind."),
    "use_cases_covered": _("No use case is left far behind the others."),
    "groups": _("Persons who volunteered an answer: {persons}. Numbers under {least} are not shown."),
    "no_groups": _("Fewer than {least} persons volunteered an answer, so nothing is shown."),
}
LESSON: dict[str, Promise] = {
    "nothing": _("A reward model would learn nothing of this from these judgments."),
    "too_wide": _("Whether a reward model would learn this cannot be told yet: the interval is wide or missing."),
    "position": _(
        "A reward model sees no order, so this is noise to it: labels that follow the order and not the text "
        "teach it less, and its accuracy is bounded lower. Shuffled orders keep it from becoming a preference"
        " for one model."
    ),
    "long": _("A reward model would pay for length: the shortest way to a higher reward is to say more."),
    "short": _("A reward model would pay for brevity: the shortest way to a higher reward is to say less."),
    "more": _("A reward model would pay for more of this whatever is said: {mark}."),
    "less": _("A reward model would take away for this whatever is said: {mark}."),
    "by_length": _("A reward model would pay for length here, and take this along with it: {mark}."),
    "entangled": _("A reward model would learn this or length, and these judgments do not say which: {mark}."),
    "view": _(
        "A reward model sees raw text. What one view alone makes people prefer teaches it the screen, not the"
        " answer: judge in the view that readers will have."
    ),
    "tired_ties": _(
        "Pairs that are tied out of tiredness are dropped in training: it learns less from late judgments."
    ),
    "tired_noise": _("Late judgments would teach a reward model more noise than early ones."),
    "haste": _("Judgments that get quicker teach what a glance sees first, such as length and formatting."),
    "fresh": _("Nothing in this warns of tired or hasty judgments."),
    "speed": _(
        "Judgments that nobody can have read for teach what a glance sees first, such as length and formatting."
    ),
    "paste": _("A model that learns from pasted texts learns to write like their source, which may be another model."),
    "one_taste": _("A reward model would learn one person's taste as if it were everybody's."),
    "many": _("A reward model would learn from many hands, none of which decides."),
    "unread": _("A reward model would be asked about texts that nobody judged who can read them."),
    "narrow": _("A reward model would know little of what was judged seldom, or one person's view of it."),
    "whose": _(
        "A reward model carries the preferences of those who judged; this says who they are, as far as they told."
    ),
}
WHY: dict[str, Promise] = {
    "nothing": _("There are no judgments that this could be computed from."),
    "too_few_prompts": _("Fewer than {fewest} prompts have such a pair; a rate over so few would mislead."),
    "all_ties": _("Every such pair is tied, so neither side is preferred."),
    "no_places": _("The order in which candidates were shown is not known for these judgments."),
    "no_difference": _("No two candidates of one judgment differ in this."),
    "not_english": _("The word lists are English, and no prompt is known to be in English."),
    "one_view": _("All judgments were made in one view, so there is nothing to compare."),
    "no_view": _("In which view these judgments were made is not known."),
    "no_times": _("Active time is not known for these judgments."),
    "no_submits": _("When the judgments were submitted is not known."),
    "no_stretch": _("No labeler worked on for long enough at a stretch to see a change over its hours."),
    "no_overlap": _("No task was judged by two labelers, so there is nothing to agree with."),
    "no_variation": _("All values are the same, so there is no change to see."),
    "few_labelers": _("Fewer than {fewest} labelers: too few to tell one person's habit from everybody's."),
    "one_labeler": _("There is one labeler only, so nobody can be left out."),
    "census": _("This counts all there is, so there is no interval."),
    "not_told": _("The browser did not tell how much was pasted."),
}
METHOD: dict[str, Promise] = {
    "prompts": _("Percentile bootstrap: whole prompts are drawn with replacement, with all that was said of them."),
    "same_everywhere": _("Wilson's interval, each cluster one observation: they all say the same."),
    "labelers": _("Ratio over labelers with Student's t: labelers count as the sample, not their judgments."),
    "wilson": _("Wilson's interval of a share: each judgment is one observation."),
    "flips": _("Exact: the slopes that a test by sign flips over labelers does not refuse."),
}
MARK: dict[str, Promise] = {
    "formatting": _("formatting of any kind: list items, headings, bold, code blocks"),
    "lists": _("list items"),
    "headings": _("headings"),
    "bold": _("bold passages"),
    "code": _("code blocks"),
    "exclamation": _("exclamation marks"),
    "emoji": _("emoji"),
    "hedging": _("hedging words"),
    "politeness": _("polite phrases"),
    "refusal": _("refusal phrases"),
}


def said(family: Mapping[str, Promise], sentence: Mapping[str, Any] | None) -> str:
    """A sentence of a report (`told`) in the reader's language; nothing where there is none."""
    if not sentence:
        return ""
    places = {place: _value(place, value) for place, value in sentence["values"].items()}
    return str(family[sentence["code"]]).format(**places)


def _value(place: str, value: Any) -> str:
    if place == "mark":
        return str(MARK[value])
    if place == "why" and value:
        return said(WHY, value)
    return f"{100 * value:.1f} %" if isinstance(value, float) else str(value)
