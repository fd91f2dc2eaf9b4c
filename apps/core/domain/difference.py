"""Where two documents differ: block by block, and within a changed block word by word.

The same rules as the labeling room's comparison of two candidates: differences of space alone are none, and a common word
or two between longer changes is chance.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import groupby

# What comparing may cost: the length of one side times the pairs of equal items. A paragraph of 1,500 words is below.
_COST = 100_000_000
# Blocks of one changed region that are paired by likeness; beyond it all of the old goes and all of the new comes.
_PAIRS = 10_000
# The share of words that makes a block the successor of another rather than a new one.
_ALIKE = 0.4
SAME, INSERTED, DELETED, CHANGED = "same", "inserted", "deleted", "changed"

Opcode = tuple[str, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Word:
    """A word or sign with the space after it; `marks` as strong, em, code."""

    text: str
    marks: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        return self.text.strip(), self.marks


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph, an entry of a list, a row of a table, or code. `level`: of the heading, or how deep."""

    kind: str
    words: tuple[Word, ...]
    level: int = 0
    bullet: str = ""

    @cached_property
    def key(self) -> Hashable:
        return self.kind, self.level, tuple(word.key for word in self.words)

    @cached_property
    def counted(self) -> Counter[str]:
        return Counter(word.text.strip().casefold() for word in self.words)


@dataclass(frozen=True, slots=True)
class Run:
    """Words in a row that stayed, came or went, in pieces of one look."""

    change: str
    pieces: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A block as it is now (a deleted one: as it was), and what changed in it."""

    change: str
    block: Block
    runs: tuple[Run, ...]


def difference(old: Sequence[Block], new: Sequence[Block]) -> list[Row]:
    """All blocks of both, in reading order."""
    rows: list[Row] = []
    for tag, i1, i2, j1, j2 in _opcodes([block.key for block in old], [block.key for block in new]):
        if tag == "equal":
            rows += [_whole(SAME, block) for block in new[j1:j2]]
        else:
            rows += _replaced(old[i1:i2], new[j1:j2])
    return rows


def _whole(change: str, block: Block) -> Row:
    return Row(change, block, (_run(change, block.words),))


def _replaced(old: Sequence[Block], new: Sequence[Block]) -> Iterator[Row]:
    """Blocks that have a successor as one row with its changes, the others as gone or come."""
    i = j = 0
    for at, to in [*_pairs(old, new), (len(old), len(new))]:
        yield from (_whole(DELETED, block) for block in old[i:at])
        yield from (_whole(INSERTED, block) for block in new[j:to])
        if at < len(old):
            yield Row(CHANGED, new[to], tuple(_runs(old[at].words, new[to].words)))
        i, j = at + 1, to + 1


def _pairs(old: Sequence[Block], new: Sequence[Block]) -> list[tuple[int, int]]:
    """Which old block became which new one, without crossing: the alignment with the most likeness in all."""
    if not old or not new or len(old) * len(new) > _PAIRS:
        return []
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    alike = [[_likeness(one, other) for other in new] for one in old]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], alike[i][j] + best[i + 1][j + 1] if alike[i][j] else 0)
    found, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if alike[i][j] and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return found


def _likeness(one: Block, other: Block) -> float:
    """The share of words in common, 0 for blocks that are too different or of another kind."""
    if one.kind != other.kind:
        return 0.0
    total = len(one.words) + len(other.words)
    share = 2 * (one.counted & other.counted).total() / total if total else 1.0
    return share if share >= _ALIKE else 0.0


def _runs(old: Sequence[Word], new: Sequence[Word]) -> Iterator[Run]:
    for tag, i1, i2, j1, j2 in _without_islands(_opcodes([w.key for w in old], [w.key for w in new])):
        if tag == "equal":
            # With the wider space, so that what came or went beside it does not touch it.
            yield _run(
                SAME, [max(pair, key=lambda word: len(word.text)) for pair in zip(old[i1:i2], new[j1:j2], strict=True)]
            )
            continue
        if i1 < i2:
            yield _run(DELETED, old[i1:i2])
        if j1 < j2:
            yield _run(INSERTED, new[j1:j2])


def _run(change: str, words: Sequence[Word]) -> Run:
    pieces = groupby(words, key=lambda word: word.marks)
    return Run(change, tuple(Word("".join(word.text for word in same), marks) for marks, same in pieces))


def _without_islands(opcodes: list[Opcode]) -> Iterator[Opcode]:
    """Adjacent changes as one, islands between longer changes among them."""
    standing: Opcode | None = None
    for index, (tag, i1, i2, j1, j2) in enumerate(opcodes):
        if tag == "equal" and not (standing and _is_island(i2 - i1, standing, opcodes[index + 1 :])):
            if standing:
                yield standing
                standing = None
            yield tag, i1, i2, j1, j2
        else:
            standing = ("replace", standing[1] if standing else i1, i2, standing[3] if standing else j1, j2)
    if standing:
        yield standing


def _is_island(size: int, before: Opcode, after: Sequence[Opcode]) -> bool:
    return size <= 2 and size < _size(before) and bool(after) and size < _size(after[0])


def _size(opcode: Opcode) -> int:
    _, i1, i2, j1, j2 = opcode
    return max(i2 - i1, j2 - j1)


def _opcodes(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[Opcode]:
    """difflib's opcodes. Where the texts would take it too long, all between the common start and end is replaced."""
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    a, b = old[start : len(old) - end], new[start : len(new) - end]
    if _cost(a, b) > _COST:
        middle: list[Opcode] = [("replace", 0, len(a), 0, len(b))]
    else:
        middle = list(SequenceMatcher(None, a, b, autojunk=False).get_opcodes())
    moved = [(tag, i1 + start, i2 + start, j1 + start, j2 + start) for tag, i1, i2, j1, j2 in middle]
    head: list[Opcode] = [("equal", 0, start, 0, start)] if start else []
    tail: list[Opcode] = [("equal", len(old) - end, len(old), len(new) - end, len(new))] if end else []
    return head + moved + tail


def _common(old: Sequence[Hashable], new: Sequence[Hashable]) -> int:
    count = 0
    while count < min(len(old), len(new)) and old[count] == new[count]:
        count += 1
    return count


def _cost(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    counted = Counter(b)
    return min(len(a), len(b)) * (len(a) + sum(counted[item] for item in a))
