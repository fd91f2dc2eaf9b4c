"""What is wrong with a reply before anybody sees it: pure rules, each with a sentence that says what it found.

Empty, cut off at the limit, (nearly) the same as another of its prompt, the prompt said back, or its writer named.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from apps.core.domain.errors import RuleBroken

from .self_naming import names_itself

RUN = 3  # tokens of a shingle
LIKENESS = 0.9  # Jaccard index of two replies' shingles from which they are one to a reader
# Tokens: shorter replies are alike only where they are equal, since one word of them may be the answer.
LEAST_WORDS = 40
ECHO_RUN, ECHO_SHARE, ECHO_WORDS = 4, 0.8, 6
_TOKEN = re.compile(r"\w+|[^\w\s]")
_WORD = re.compile(r"\w")
_MARKS = frozenset(".:!?>])\"“”«„'‘’*#-")
_NUMBER = re.compile(r"\d")


class Kind(StrEnum):
    EMPTY = "empty"
    TRUNCATED = "truncated"
    ALIKE = "near-identical"
    ECHO = "prompt-echoing"
    IDENTITY = "identity-leaking"


class Rule(StrEnum):
    """What becomes of a reply with a finding."""

    DROP = "drop"  # a spare sample takes its place; where there is none, nothing does
    MARK = "mark"  # a spare sample takes its place; where there is none it is shown, and marked
    KEEP = "keep"  # it is shown like any other, and counted


class Fate(StrEnum):
    """What became of it."""

    SHOWN = "shown"
    REPLACED = "replaced"  # another reply took its place
    DROPPED = "dropped"  # its place stayed empty
    SPARE = "spare"  # it was not needed


# A cut-off reply is what that model does at that limit; the others would tell, repeat, or say nothing.
DEFAULT: dict[Kind, Rule] = {
    Kind.EMPTY: Rule.DROP,
    Kind.TRUNCATED: Rule.MARK,
    Kind.ALIKE: Rule.DROP,
    Kind.ECHO: Rule.DROP,
    Kind.IDENTITY: Rule.DROP,
}


@dataclass(frozen=True, slots=True)
class Rules:
    of: Mapping[Kind, Rule] = field(default_factory=lambda: dict(DEFAULT))
    likeness: float = LIKENESS

    def to_json(self) -> dict[str, Any]:
        return {**{kind.value: self.of[kind].value for kind in Kind}, "likeness": self.likeness}


def parse_rules(given: Mapping[str, Any]) -> Rules:
    """The rules that `given` states, defaults for the rest. Raises RuleBroken."""
    of, likeness = dict(DEFAULT), LIKENESS
    for name, value in given.items():
        if name == "likeness":
            likeness = _likeness(value)
        elif name not in list(Kind):
            raise RuleBroken(f"hygiene: {name!r} is not one of {', '.join([*Kind, 'likeness'])}.", field="hygiene")
        elif value not in list(Rule):
            raise RuleBroken(f"hygiene: {name}: {value!r} is not one of {', '.join(Rule)}.", field="hygiene")
        else:
            of[Kind(name)] = Rule(value)
    return Rules(of, likeness)


def _likeness(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.5 <= value <= 1:
        raise RuleBroken(f"hygiene: likeness: a number from 0.5 to 1 is expected, got {value!r}.", field="hygiene")
    return float(value)


@dataclass(frozen=True, slots=True)
class Finding:
    kind: Kind
    words: str  # what was found, for whoever looks later


def findings_alone(text: str, finish_reason: str, prompt: str) -> list[Finding]:
    """What is wrong with a reply by itself. `prompt` is what was asked last."""
    if not visible(text):
        return [Finding(Kind.EMPTY, "It has no text.")]
    found = []
    if finish_reason == "length":
        found.append(Finding(Kind.TRUNCATED, "It was cut off at the limit of tokens."))
    if share := echo_share(text, prompt):
        found.append(Finding(Kind.ECHO, f"It says the prompt back: {share:.0%} of its runs of {ECHO_RUN} words."))
    if words := names_itself(text):
        found.append(Finding(Kind.IDENTITY, f"It says who wrote it: “{words}”."))
    return found


def faults(replies: Sequence[tuple[str, str]], *, prompt: str, beside: Sequence[str] = ()) -> list[Kind | None]:
    """Why each reply (its text, and how it ended) is not to be shown, None where it is: by the default rules, in order.

    `beside` are the other texts that are shown; the first of several replies that are alike stays.
    """
    shown = [gist_of(text) for text in beside]
    said = []
    for text, finish_reason in replies:
        kinds = [one.kind for one in findings_alone(text, finish_reason, prompt) if DEFAULT[one.kind] is Rule.DROP]
        gist = gist_of(text)
        if not kinds and any(likeness(gist, other) >= LIKENESS for other in shown):
            kinds.append(Kind.ALIKE)
        if not kinds:
            shown.append(gist)
        said.append(kinds[0] if kinds else None)
    return said


def visible(text: str) -> str:
    """The text without outer white space and characters that show nothing."""
    return re.sub(r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]", "", text).strip()


@dataclass(frozen=True, slots=True)
class Gist:
    """A reply as it is compared: tokens, the runs of them, and the numbers in it."""

    tokens: tuple[str, ...]
    runs: frozenset[tuple[str, ...]]
    numbers: tuple[str, ...]


def gist_of(text: str) -> Gist:
    """Whatever its case, spacing and final full stop. Signs count: 5 and -5 are different answers."""
    tokens = _TOKEN.findall(_folded(visible(text)))
    while tokens and tokens[-1] in ".!。":
        tokens.pop()
    runs = frozenset(tuple(tokens[start : start + RUN]) for start in range(max(1, len(tokens) - RUN + 1)))
    return Gist(tuple(tokens), runs, tuple(sorted(token for token in tokens if _NUMBER.search(token))))


def likeness(one: Gist, other: Gist) -> float:
    """1 for equal texts; else the Jaccard index of their runs, 0 for short texts and for other numbers.

    "Resemblance" of A. Broder, On the resemblance and containment of documents (1997): the question is whether a
    reader would find two texts to be one, so length counts.
    """
    if one.tokens == other.tokens:
        return 1.0
    if min(len(one.tokens), len(other.tokens)) < LEAST_WORDS or one.numbers != other.numbers:
        return 0.0
    return len(one.runs & other.runs) / len(one.runs | other.runs)


def echo_share(text: str, prompt: str) -> float:
    """The share of the prompt's runs that the reply says back, where it is an echo; else 0.

    An echo repeats nearly all of the prompt, its first and its last words among it, and begins it as a sentence of its
    own. A reply that corrects, translates or continues a passage repeats the passage, not the instruction before or after
    it; one that begins "To solve for x, ..." only takes the question up.
    """
    asked, plain = _words(_folded(prompt)), _folded(text)
    if len(asked) < ECHO_WORDS:
        return 0.0
    said = _words(plain)
    wanted = [tuple(asked[start : start + ECHO_RUN]) for start in range(len(asked) - ECHO_RUN + 1)]
    there = {tuple(said[start : start + ECHO_RUN]) for start in range(len(said) - ECHO_RUN + 1)}
    if wanted[0] not in there or wanted[-1] not in there or not _begins_a_sentence(wanted[0], plain):
        return 0.0
    share = sum(run in there for run in wanted) / len(wanted)
    return share if share >= ECHO_SHARE else 0.0


def _begins_a_sentence(run: tuple[str, ...], text: str) -> bool:
    """After the text's beginning, a line's, or a mark that ends a sentence or opens a quotation."""
    words = r"\W+".join(map(re.escape, run))
    for found in re.finditer(f"(?={words})", text):
        start = found.start()
        while start and text[start - 1] != "\n" and not _WORD.match(text[start - 1]):
            start -= 1
        if start == 0 or text[start - 1] == "\n" or not _MARKS.isdisjoint(text[start : found.start()]):
            return True
    return False


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)
