"""LaTeX of people and models as MathML that a browser shows by itself: no script, no font, no third party.

The converter is strict, and what it does not understand is shown as it was written. It is also recursive native
code: input nested deep enough would end the whole process, so depth and length are bounded before it sees anything.
"""

import re
from functools import cache

from django.utils.html import escape
from math_core import LatexError, LatexToMathML

MAX_SOURCE = 2_000
# An ordinary thread has stack for about two thousand of these.
MAX_DEPTH = 24
MAX_COMMANDS = 300
# Macros expand: no text may define its own. References and labels make links and ids.
_REFUSED = re.compile(
    r"\\(?:[egx]?def|let|futurelet|(?:re|provide)?newcommand|renewcommand|providecommand|Declare\w*|newenvironment"
    r"|eqref|ref|label)(?![A-Za-z])"
)
_COMMAND = re.compile(r"\\[A-Za-z]+")
_OPENING = re.compile(r"\\left(?![A-Za-z])|\\begin(?![A-Za-z])|(?<!\\)[{\[]")
_CLOSING = re.compile(r"\\right(?![A-Za-z])|\\end(?![A-Za-z])|(?<!\\)[}\]]")
_STYLE = re.compile(r' style="([^"]*)"')
_LENGTH = re.compile(r'="(-?[\d.]+)(?:em|ex|rem|px|pt|cm|mm|in|mu)"')
# A space wide enough to push text out of sight, or to lay one text over another, is no mathematics.
_WIDEST, _NARROWEST = 12.0, -1.0
# The policy forbids inline styles, so what the converter says in them becomes a class (components.css).
STYLE_CLASSES = {
    "text-align: right": "m-right",
    "text-align: left": "m-left",
    "padding-right: 0": "m-tight-right",
    "padding-left: 0": "m-tight-left",
    "padding-left:1em": "m-far",
    "width: 100%": "m-whole",
    "width: 50%": "m-spring",
    "border-left: 0.05em solid currentcolor": "m-line-left",
    "border-right: 0.05em solid currentcolor": "m-line-right",
    "border-top: 0.05em solid currentcolor": "m-line-top",
}
CANCEL_CLASSES = {"menclose-updiagonalstrike", "menclose-downdiagonalstrike"}
TAGS = {
    "b", "i", "math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom",
    "mprescripts", "mroot", "mrow", "mspace", "msqrt", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr",
    "munder", "munderover",
}  # fmt: skip
ATTRIBUTES = {
    "math": {"alttext", "dir", "display"},
    "menclose": {"notation"},
    "mfrac": {"displaystyle", "linethickness", "scriptlevel"},
    "mi": {"mathvariant"},
    "mo": {"form", "lspace", "maxsize", "minsize", "movablelimits", "rspace", "stretchy", "symmetric"},
    "mover": {"accent"},
    "mpadded": {"depth", "height", "lspace", "voffset", "width"},
    "mrow": {"displaystyle", "scriptlevel"},
    "mspace": {"width"},
    "mtable": {"displaystyle", "scriptlevel"},
    "munder": {"accentunder"},
    "munderover": {"accent", "accentunder"},
}


@cache
def _converter() -> LatexToMathML:
    # The expansions are those of its own names (\iff): no text can define any.
    return LatexToMathML(fancy_error=False, max_expansions=50)


def mathml(source: str, *, display: bool) -> str | None:
    """`source` as a `<math>` element; None when it is not understood, or too long or too deep to try."""
    source = source.strip()
    if not source or _too_much(source) or _REFUSED.search(source):
        return None
    source_read = source.replace(r"{split}", r"{aligned}")
    try:
        html = _converter().convert_with_local_state(source_read, displaystyle=display)
    except LatexError:
        return None
    if "<a " in html or any(not _NARROWEST <= _number(size) <= _WIDEST for size in _LENGTH.findall(html)):
        return None
    html = _STYLE.sub(_as_classes, html)
    return html.replace("<math", f'<math dir="ltr" alttext="{escape(source)}"', 1)


def _too_much(source: str) -> bool:
    if len(source) > MAX_SOURCE or len(_COMMAND.findall(source)) > MAX_COMMANDS:
        return True
    steps = [(found.start(), 1) for found in _OPENING.finditer(source)]
    steps += [(found.start(), -1) for found in _CLOSING.finditer(source)]
    depth = 0
    for _, step in sorted(steps):
        depth = max(0, depth + step)
        if depth > MAX_DEPTH:
            return True
    return False


def _number(size: str) -> float:
    try:
        return float(size)
    except ValueError:
        return _WIDEST + 1


def _as_classes(found: re.Match[str]) -> str:
    names = [STYLE_CLASSES[part] for part in map(str.strip, found[1].split(";")) if part in STYLE_CLASSES]
    return f' class="{" ".join(names)}"' if names else ""
