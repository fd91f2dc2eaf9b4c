"""How long a text is to read, and where the beginning of a long one ends."""

# An ordinary answer of 300 words is read as it stands; one of 4,000 tokens would bury the others.
LONG_WORDS = 600
LONG_CHARACTERS = 4_500
LONG_CHARACTERS_WITHOUT_SPACES = 1_200
OPENING_CHARACTERS = 640
OPENING_LINES = 10
# Chinese, Japanese, Thai: no spaces between words, so that a "word" is a sentence.
_LONGEST_MEAN_WORD = 16


def word_count(text: str) -> int:
    return len(text.split())


def is_long(text: str) -> bool:
    limit = LONG_CHARACTERS_WITHOUT_SPACES if is_counted_in_characters(text) else LONG_CHARACTERS
    return len(text) > limit or word_count(text) > LONG_WORDS


def is_counted_in_characters(text: str) -> bool:
    return len(text) > _LONGEST_MEAN_WORD * word_count(text)


def gist_of(text: str, count: int) -> str:
    """So many words for a row of a list; where there are no spaces, or a word without end, so many characters as they take."""
    first = text.split(maxsplit=count)
    kept = " ".join(first[:count])
    longest = count * _LONGEST_MEAN_WORD
    if len(kept) > longest:
        return f"{kept[:longest].rstrip()} …"
    return f"{kept} …" if len(first) > count else kept


def opening_of(text: str) -> str:
    """The first lines, cut between lines or words where there are any; an ellipsis marks a cut inside a line."""
    lines = text.lstrip("\n").splitlines()[:OPENING_LINES]
    kept = "\n".join(lines).rstrip()
    if len(kept) <= OPENING_CHARACTERS:
        return kept
    kept = kept[:OPENING_CHARACTERS]
    half = OPENING_CHARACTERS // 2
    if (line_end := kept.rfind("\n")) >= half:
        return kept[:line_end].rstrip()
    if (word_end := kept.rfind(" ")) >= half:
        kept = kept[:word_end]
    return f"{kept.rstrip()} …"
