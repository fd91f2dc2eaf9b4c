"""How much of one text reads like another: the containment of its shingles.

A. Broder, "On the resemblance and containment of documents" (Compression and Complexity of Sequences, 1997): a
text is the set of its runs of `w` tokens, and the containment of A in B is the share of A's set that B's holds.
Containment rather than resemblance, because the question is how much of a reply was already there, however
long the other text is. Everything here is linear in the length of the texts.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TypeVar

WORDS = 4
# Where words are written without spaces every character is a token, and two of them are about a word.
CHARACTERS = 8

# Vowel signs and accents belong to the letter before them; `\w` leaves them out.
_MARKS = "".join(
    re.escape(chr(code)) for code in range(0x300, 0x10000) if unicodedata.category(chr(code)).startswith("M")
)
# Thai to Burmese, Khmer, Japanese, Chinese: scripts that set no spaces between words.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"  # fmt: skip
_TOKEN = re.compile(f"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[\\w{_MARKS}])+")
_PLAIN_TOKEN = re.compile(r"\w+")
_ASCII_TOKEN = re.compile(r"\w+", re.ASCII)
_UNSPACED_TOKEN = re.compile(f"[{_UNSPACED}]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]+")
# Where none of these stands, plain `\w+` finds the same words, several times as quickly.
_SPECIAL = re.compile(f"[{_UNSPACED}{_MARKS}]")

Key = TypeVar("Key")


def tokens_of(text: str) -> list[str]:
    """The words of `text` as they are compared: whatever their case, spacing, punctuation or code points."""
    if text.isascii():
        return _ASCII_TOKEN.findall(text.lower())
    folded = _normal(_normal(text).casefold())
    if _INVISIBLE.search(folded):
        folded = _INVISIBLE.sub("", folded)
    return (_TOKEN if _SPECIAL.search(folded) else _PLAIN_TOKEN).findall(folded)


def _normal(text: str) -> str:
    return text if unicodedata.is_normalized("NFKC", text) else unicodedata.normalize("NFKC", text)


def shingle_width(tokens: list[str]) -> int:
    """How many tokens a shingle of this text has: more of them where most are single characters."""
    characters = sum(1 for token in tokens if _UNSPACED_TOKEN.match(token))
    return CHARACTERS if characters * 2 > len(tokens) else WORDS


def shingles_of(tokens: list[str], width: int) -> Iterator[tuple[str, ...]]:
    """The runs of `width` tokens. A shorter text is one run of all it has: it is like its equals only."""
    if len(tokens) <= width:
        return iter([tuple(tokens)] if tokens else [])
    return zip(*(tokens[start:] for start in range(width)), strict=False)


def containment(text: str, other: str) -> float:
    """The share of `text` that `other` holds, 0 to 1; 0 when `text` has no words."""
    return nearest_of(text, [(None, other)])[1]


def nearest_of(text: str, others: Iterable[tuple[Key, str]]) -> tuple[Key | None, float]:
    """Which of `others` (key and text) holds most of `text`, and what share; None and 0 when none holds any.

    The first one stays on a tie.
    """
    tokens = tokens_of(text)
    width = shingle_width(tokens)
    own = frozenset(shingles_of(tokens, width))
    found: Key | None = None
    best = 0
    for key, other in others if own else ():
        shared = len(own.intersection(shingles_of(tokens_of(other), width)))
        if shared > best:
            found, best = key, shared
    return found, best / len(own) if best else 0.0
