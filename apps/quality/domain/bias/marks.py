"""What of a text is counted: marks of formatting and tone, as patterns.

The three word lists are English, short and our own: they find common turns of phrase, miss many, and know nothing of
context ("may" the month is a hedge here). They are good for asking which of two answers has more, not for how much
there is. Patterns are RE2's; apostrophes are straightened before they are asked.
"""

from .estimate import Words

HEDGES = (
    "i think", "i believe", "i guess", "i suppose", "i feel", "i'm not sure", "i am not sure", "not certain",
    "as far as i know", "in my opinion", "it seems", "seems to", "appears to", "it depends", "may", "might", "maybe",
    "perhaps", "possibly", "probably", "presumably", "likely", "unlikely", "could be", "roughly", "approximately",
    "somewhat", "sort of", "kind of", "generally", "usually", "typically", "tends to", "tend to", "in some cases",
    "more or less", "arguably", "supposedly", "apparently",
)  # fmt: skip
POLITE = (
    "please", "thank you", "thanks", "you're welcome", "you are welcome", "sorry", "i apologize", "i apologise",
    "my apologies", "excuse me", "pardon", "happy to help", "glad to help", "i'd be happy", "i would be happy",
    "i'd be glad", "of course", "certainly", "my pleasure", "feel free", "kindly", "if you like", "if you wish",
    "great question", "good question", "i hope this helps", "hope that helps", "let me know if", "best wishes",
)  # fmt: skip
REFUSALS = (
    "i can't help", "i cannot help", "i can't assist", "i cannot assist", "i can't provide", "i cannot provide",
    "i can't answer", "i cannot answer", "i can't do that", "i cannot do that", "i'm unable to", "i am unable to",
    "i'm not able to", "i am not able to", "i won't", "i will not", "i'm sorry, but i", "i am sorry, but i",
    "i must decline", "i have to decline", "i'd rather not", "i would rather not", "as an ai", "as a language model",
    "i'm just an ai", "against my guidelines", "not comfortable with", "i don't feel comfortable",
)  # fmt: skip


class Mark(Words):
    """What a text can have more of than another."""

    FORMATTING = "formatting of any kind: list items, headings, bold, code blocks"
    LISTS = "list items"
    HEADINGS = "headings"
    BOLD = "bold passages"
    CODE = "code blocks"
    EXCLAMATION = "exclamation marks"
    EMOJI = "emoji"
    HEDGING = "hedging words"
    POLITENESS = "polite phrases"
    REFUSAL = "refusal phrases"


FORMATTING = (Mark.LISTS, Mark.HEADINGS, Mark.BOLD, Mark.CODE)
ENGLISH = (Mark.HEDGING, Mark.POLITENESS, Mark.REFUSAL)


def _phrases(words: tuple[str, ...]) -> str:
    # Longest first is RE2's business only where one phrase begins another; each counts once either way.
    return r"(?i)\b(?:" + "|".join(sorted(words, key=lambda word: (-len(word), word))) + r")\b"


PATTERNS = {
    Mark.LISTS: r"(?m)^[ \t]{0,8}(?:[-*+•]|[0-9]{1,3}[.)])[ \t]+\S",
    Mark.HEADINGS: r"(?m)^ {0,3}#{1,6}[ \t]+\S",
    Mark.BOLD: r"\*\*[^\s*][^*\n]{0,200}\*\*|__[^\s_][^_\n]{0,200}__",
    # A fence that opens and one that closes are two; an open one that never closes is one.
    Mark.CODE: r"(?m)^[ \t]{0,8}(?:```|~~~)",
    Mark.EXCLAMATION: r"[!\x{00A1}\x{FF01}]",
    # Pictographs, symbols and dingbats; one drawn from several code points counts several times.
    Mark.EMOJI: r"[\x{2600}-\x{27BF}\x{2B50}\x{2B55}\x{1F1E6}-\x{1F1FF}\x{1F300}-\x{1FAFF}]",
    Mark.HEDGING: _phrases(HEDGES),
    Mark.POLITENESS: _phrases(POLITE),
    Mark.REFUSAL: _phrases(REFUSALS),
}
