"""Who is there to judge what: languages, use cases, and who labelers say they are.

Groups are shown as counts of persons, and only where nobody can be picked out: a count under SMALLEST is not shown, nor
is enough to compute it from the others (L. Willenborg and T. de Waal, Elements of Statistical Disclosure Control, 2001,
chapter 1: primary and complementary suppression).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from .estimate import Sentence, Told
from .found import Found
from .lessons import Lesson

SMALLEST = 5


@dataclass(frozen=True, slots=True)
class Language:
    """`knowing`: labelers who say they know it."""

    language: str
    prompts: int
    knowing: int


@dataclass(frozen=True, slots=True)
class Languages:
    """Most prompts first. `without`: prompts in a language that no labeler knows; `unknown`: of no known language."""

    rows: tuple[Language, ...]
    without: int
    unknown: int
    told: Told


def languages(prompts: Mapping[str, int], skills: Sequence[Collection[str]]) -> Languages:
    """`prompts`: how many by language tag, "" where it is not known. `skills`: the languages of each active labeler."""
    base = [{_base(tag) for tag in known} for known in skills]
    rows = tuple(
        Language(tag, number, sum(_base(tag) in known for known in base))
        for tag, number in sorted(prompts.items(), key=lambda item: (-item[1], item[0]))
        if tag and number
    )
    missing = [row for row in rows if not row.knowing]
    without, total = sum(row.prompts for row in missing), sum(prompts.values())
    if not any(base):
        told = Told(Sentence(Found.LANGUAGES_NOT_NOTED))
    elif not missing:
        told = Told(Sentence(Found.LANGUAGES_COVERED), Sentence(Lesson.NOTHING))
    else:
        named = ", ".join(row.language for row in missing)
        told = Told(
            Sentence(Found.LANGUAGES_MISSING, {"languages": named, "share": without / total}), Sentence(Lesson.UNREAD)
        )
    return Languages(rows, without, prompts.get("", 0), told)


def _base(tag: str) -> str:
    """The language of a tag: "en" of "en-GB"."""
    return tag.lower().replace("_", "-").split("-")[0]


@dataclass(frozen=True, slots=True)
class UseCase:
    """How many prompts it has, how many of them are judged, by how many labelers."""

    use_case: str
    prompts: int
    judged: int
    labelers: int


@dataclass(frozen=True, slots=True)
class UseCases:
    """Most prompts first. `behind`: judged less than half as often as all prompts are, or by one labeler where there are
    several."""

    rows: tuple[UseCase, ...]
    behind: tuple[str, ...]
    told: Told


def use_cases(given: Collection[UseCase]) -> UseCases:
    rows = tuple(sorted(given, key=lambda one: (-one.prompts, one.use_case)))
    prompts, judged = sum(one.prompts for one in rows), sum(one.judged for one in rows)
    several = any(one.labelers > 1 for one in rows)
    # 2 * (judged / prompts) of the one below that of all, without a division.
    behind = tuple(
        one.use_case
        for one in rows
        if one.prompts and (2 * one.judged * prompts < judged * one.prompts or (several and one.labelers == 1))
    )
    if not judged:
        return UseCases(rows, (), Told(Sentence(Found.USE_CASES_NOT_JUDGED)))
    if not behind:
        return UseCases(rows, (), Told(Sentence(Found.USE_CASES_COVERED), Sentence(Lesson.NOTHING)))
    found = Sentence(Found.USE_CASES_BEHIND, {"use_cases": ", ".join(behind)})
    return UseCases(rows, behind, Told(found, Sentence(Lesson.NARROW)))


@dataclass(frozen=True, slots=True)
class Groups:
    """The answers to one volunteered question: persons by answer, None where the number is not shown. `persons`: who
    answered, None where that is not shown either."""

    question: str
    answers: Mapping[str, int | None]
    persons: int | None
    told: Told


def groups(question: str, answers: Mapping[str, int]) -> Groups:
    """`answers`: persons by every answer that was offered, 0 where nobody gave it, which looks like a small number; who
    did not answer, or would rather not say, is in none. One answer a person."""
    there = {answer: number for answer, number in answers.items() if number > 0}
    persons = sum(there.values())
    if persons < SMALLEST:
        found = Sentence(Found.NO_GROUPS, {"least": SMALLEST})
        return Groups(question, dict.fromkeys(sorted(answers)), None, Told(found, Sentence(Lesson.WHOSE)))
    hidden = _hidden(there)
    shown = {answer: None if answer in hidden else there.get(answer) for answer in sorted(answers)}
    found = Sentence(Found.GROUPS, {"persons": persons, "least": SMALLEST})
    return Groups(question, shown, persons, Told(found, Sentence(Lesson.WHOSE)))


def _hidden(there: Mapping[str, int]) -> set[str]:
    """Small answers; and where those are one alone, or too few persons together, the smallest others until what is hidden
    can neither be computed from the total nor be few."""
    order = sorted(there, key=lambda answer: (there[answer], answer))
    hidden = {answer for answer in order if there[answer] < SMALLEST}
    for answer in order:
        enough = sum(there[one] for one in hidden) >= SMALLEST and len(hidden) > 1
        if not hidden or enough:
            break
        hidden.add(answer)
    return hidden
