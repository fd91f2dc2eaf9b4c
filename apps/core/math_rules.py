r"""Where mathematics begins and ends in a text: `$...$`, `$$...$$`, `\(...\)`, `\[...\]`.

Every search is bounded, so that a text of nothing but dollars costs no more than another. Money is not mathematics,
and a bracket that Markdown escapes (`\[Your name\]`) stays a bracket.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from .mathematics import MAX_SOURCE

_CLOSERS = {"$$": "$$", "$": "$", r"\(": r"\)", r"\[": r"\]"}
_MAX_LINES = 80
_SIGNS = re.compile(r"[\\^_=<>+{}|/*]")
_COMMAND = re.compile(r"\\[A-Za-z]+\*?(?:\s*\{[^{}]*\})?")
_WORD = re.compile(r"[^\W\d_]{3,}")


def mathematics_plugin(reader: MarkdownIt) -> None:
    """Tokens `math_inline` and `math_block`; `markup` is the mark that opened them."""
    reader.inline.ruler.before("escape", "math_inline", _inline)
    reader.block.ruler.before("fence", "math_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def reads_as_mathematics(content: str, mark: str) -> bool:
    """Whether what stands between two marks is meant as a formula."""
    content = content.strip()
    if not content:
        return False
    words = _WORD.findall(_COMMAND.sub(" ", content))
    signs = _SIGNS.search(content) is not None
    if mark == "$$":
        return signs or not words or " " not in content
    if mark == "$":
        return not words or (signs and not content[0].isdigit()) or " " not in content
    if mark == r"\[":
        return signs
    return signs or not words


def _inline(state: StateInline, silent: bool) -> bool:
    mark = _mark_at(state.src, state.pos)
    if mark is None:
        return False
    begin = state.pos + len(mark)
    end = _end_of(state.src, mark, begin, min(state.posMax, begin + MAX_SOURCE + 1))
    if end is None:
        return False
    if not silent:
        token = state.push("math_inline", "", 0)
        token.content, token.markup = state.src[begin:end], mark
    state.pos = end + len(_CLOSERS[mark])
    return True


def _mark_at(text: str, position: int) -> str | None:
    pair = text[position : position + 2]
    if pair in _CLOSERS:
        return pair
    # A dollar inside a word is a currency (`US$5`) or a name (`A$AP`).
    before = text[position - 1] if position else " "
    return "$" if pair[:1] == "$" and not before.isalnum() else None


def _end_of(text: str, mark: str, begin: int, limit: int) -> int | None:
    """Where the closing mark stands, if it closes a formula. Only the first one is looked at."""
    closer = _CLOSERS[mark]
    end = text.find(closer, begin, limit)
    while end > begin and closer[0] == "$" and text[end - 1] == "\\":
        end = text.find(closer, end + 1, limit)
    if end <= begin:
        return None
    content = text[begin:end]
    if "`" in content or not reads_as_mathematics(content, mark):
        return None
    if mark == "$":
        after = text[end + 1 : end + 2]
        if content[0].isspace() or content[-1].isspace() or after.isdigit() or after == "$":
            return None
    return end


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    mark = first[:2]
    if mark not in ("$$", r"\["):
        return False
    last, content = _lines_of(state, start, end, first[2:], _CLOSERS[mark])
    if len(content) > MAX_SOURCE or not reads_as_mathematics(content, mark):
        return False
    if not silent:
        state.line = last + 1
        token = state.push("math_block", "", 0)
        token.content, token.markup, token.map, token.block = content, mark, [start, state.line], True
    return True


def _lines_of(state: StateBlock, start: int, end: int, first: str, closer: str) -> tuple[int, str]:
    """The last line, and what stands before the mark that ends it; nothing when none ends a line."""
    lines: list[str] = []
    for number in range(start, min(end, start + _MAX_LINES)):
        line = (
            first if number == start else state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]
        )
        if number > start and line and state.sCount[number] < state.blkIndent:
            break
        before, found, after = line.partition(closer)
        lines.append(before)
        if found:
            return (number, "\n".join(lines)) if not after.strip() else (number, "")
    return start, ""
