"""Sentences of what was found. The places in braces are filled by the report."""

from .estimate import Rate, Sentence, Told, Words


class Found(Words):
    NOT_SAID = "Nothing can be said of this. {why}"

    FIRST_WINS = "The candidate that is shown earlier wins {share} of the pairs, more than half."
    FIRST_LOSES = "The candidate that is shown earlier wins {share} of the pairs, less than half."
    FIRST_EVEN = "The candidate that is shown earlier wins {share} of the pairs, which half is compatible with."

    LONGER_WINS = "The longer candidate wins {share} of the pairs, more than half."
    LONGER_LOSES = "The longer candidate wins {share} of the pairs, less than half."
    LONGER_EVEN = "The longer candidate wins {share} of the pairs, which half is compatible with."

    MORE_WINS = (
        "The candidate with more of this ({mark}) wins {share} of the pairs, and {matched} of those of like length."
    )
    MORE_LOSES = "The candidate with more of this ({mark}) wins only {share} of the pairs, and {matched} of those of like length."
    MORE_BY_LENGTH = (
        "The candidate with more of this ({mark}) wins {share} of the pairs, but {matched} of those of like length, which "
        "half is compatible with: length may be all of it."
    )
    MORE_ONLY_MATCHED = (
        "The candidate with more of this ({mark}) wins {share} of the pairs; among those of like length it is {matched}, "
        "which differs from half."
    )
    MORE_UNMATCHED = (
        "The candidate with more of this ({mark}) wins {share} of the pairs, which differs from half; pairs of like length "
        "are too few to tell it from length."
    )
    MORE_EVEN = "The candidate with more of this ({mark}) wins {share} of the pairs, which half is compatible with."

    VIEWS_DIFFER = (
        "The candidate with more formatting wins {rendered} of the pairs in the rendered view and {raw} in the raw one."
    )
    VIEWS_ALIKE = (
        "The candidate with more formatting wins {rendered} of the pairs in the rendered view and {raw} in the raw one; the "
        "difference is compatible with none."
    )

    TIES_RISE = "With every hour at a stretch the share of ties rises, by {points} points."
    TIES_FALL = "With every hour at a stretch the share of ties falls, by {points} points."
    TIES_STEADY = "The share of ties does not change measurably over the hours of a stretch."
    SLOWER = "With every hour at a stretch the time for a word rises, by {change}."
    QUICKER = "With every hour at a stretch the time for a word falls, by {change}."
    PACE_STEADY = "The time for a word does not change measurably over the hours of a stretch."
    AGREEMENT_RISES = "With every hour at a stretch agreement with others rises, by {points} points."
    AGREEMENT_FALLS = "With every hour at a stretch agreement with others falls, by {points} points."
    AGREEMENT_STEADY = "Agreement with others does not change measurably over the hours of a stretch."
    NOT_BOUNDED = "A change over the hours of a stretch cannot be told from one person's habit. {why}"

    SPEEDING = (
        "{share} of the judgments are quicker than {speed} words a minute. Labelers who surely judge so more often than in "
        "{limit} of their work: {labelers}."
    )
    NO_SPEEDING = (
        "{share} of the judgments are quicker than {speed} words a minute; no labeler surely judges so in more than {limit} "
        "of their work."
    )

    PASTED = (
        "{share} of the demonstrations are mostly pasted. Labelers who surely paste more often than in {limit} of their work: "
        "{labelers}."
    )
    NOT_PASTED = (
        "{share} of the demonstrations are mostly pasted; no labeler surely pastes in more than {limit} of their work."
    )

    ONE_LABELER = "All comparisons are one labeler's."
    ONE_WEIGHS = "One labeler gave {share} of the comparisons; the {labelers} labelers weigh as much as {effective} equal ones would."
    EVEN_WEIGHT = (
        "No labeler gave more than {share} of the comparisons; the {labelers} labelers weigh as much as {effective} equal ones "
        "would."
    )
    MOVES = "Without the labeler who moves it most, the longer candidate's win rate would change by {points} points."

    LANGUAGES_MISSING = (
        "Prompts in these languages have no labeler who knows them: {languages}. That is {share} of the prompts."
    )
    LANGUAGES_NOT_NOTED = "No labeler has a language among their skills, so who can read what is not known."
    LANGUAGES_COVERED = "Every language of the prompts has a labeler who knows it."
    USE_CASES_BEHIND = (
        "These use cases are judged less than half as often as all prompts are, or by one labeler: {use_cases}."
    )
    USE_CASES_NOT_JUDGED = "No labeler of the project has judged a prompt, so no use case is ahead or behind."
    USE_CASES_COVERED = "No use case is left far behind the others."
    GROUPS = "Persons who volunteered an answer: {persons}. Numbers under {least} are not shown."
    NO_GROUPS = "Fewer than {least} persons volunteered an answer, so nothing is shown."


def not_said(rate: Rate) -> Told:
    """Of a rate that has no value."""
    return Told(Sentence(Found.NOT_SAID, {"why": rate.why or ""}))
