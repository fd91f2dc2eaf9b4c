"""Mathematics in texts: what is a formula, what it becomes, and what hostile source cannot do."""

import re
import subprocess
import sys
import time
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.core.documents import render_document
from apps.core.markdown import render_text, show_raw
from apps.core.mathematics import MAX_COMMANDS, MAX_DEPTH, MAX_SOURCE, mathml

# Written out rather than imported: a tag that is let in by mistake must fail here.
MATHEMATICS = {
    "math", "menclose", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom", "mprescripts",
    "mroot", "mrow", "mspace", "msqrt", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder",
    "munderover", "b", "i",
}  # fmt: skip
PROSE = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p",
    "pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
PLAIN_ATTRIBUTES = {
    "href", "title", "rel", "target", "id", "start", "dir", "class", "alttext", "display", "notation",
    "displaystyle", "linethickness", "scriptlevel", "mathvariant", "form", "lspace", "maxsize", "minsize",
    "movablelimits", "rspace", "stretchy", "symmetric", "accent", "accentunder", "depth", "height", "voffset",
    "width",
}  # fmt: skip
CLASSES = {
    "formula", "inline", "scroll", "as-written", "menclose-updiagonalstrike", "menclose-downdiagonalstrike",
    "m-right", "m-left", "m-tight-right", "m-tight-left", "m-far", "m-whole", "m-spring", "m-line-left",
    "m-line-right", "m-line-top",
}  # fmt: skip


class Walker(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in MATHEMATICS | PROSE:
            self.foreign.append(tag)
        for name, value in attrs:
            if name not in PLAIN_ATTRIBUTES or (name in ("href", "id") and tag in MATHEMATICS):
                self.foreign.append(f"{tag} {name}")
            if name == "class" and not set((value or "").split()) <= CLASSES:
                self.foreign.append(f"{tag} {value}")


def foreign(html: str) -> list[str]:
    walker = Walker()
    walker.feed(html)
    return walker.foreign


@pytest.mark.parametrize(
    "text",
    [
        "$x^2$",
        r"\(x^2\)",
        "so $x^2$, then",
        "($x^2$)",
        "- a\n- b $x^2$",
        "> \\[\n> x^2\n> \\]",
        "text:\n\\[\nx^2\n\\]\nmore",
        "$$\nx^2\n$$",
        "  $$ x^2 $$",
        "a $$x^2$$ b",
        r"a \[x^2\] b",
        "| a |\n|---|\n| $x^2$ |",
        "**$x^2$**",
    ],
)
def test_each_way_to_write_a_formula_is_read(text):
    html = render_text(text)
    assert "<msup><mi>x</mi><mn>2</mn></msup></math>" in html
    assert 'alttext="x^2"' in html


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10.",
        "between $5 and 10$",
        "US$5–US$6, A$7 or CA$8",
        "$5, $6 or $7",
        "$1,000 (was $1,200)",
        "set $HOME and $PATH",
        "I paid 5$ and then 10$ more",
        "$5 + tax and 10$",
        r"\$5 and \$6",
        "`$x^2$`",
        "``` \n$$x^2$$\n```",
        "    $$x^2$$",
        r"Dear \[Your name\], see \[1\]",
        r"a note \(see below\) here",
        "$",
        "$$",
        "$$$$",
        r"\[",
        r"\(",
        "$ x^2 $",
        "$x^2",
        "$`x^2`$",
        "the $(document).ready and $.ajax calls",
    ],
)
def test_money_code_and_brackets_are_not_mathematics(text):
    html = render_text(text)
    assert "<math" not in html
    assert "as-written" not in html


def test_several_lines_are_one_formula_and_its_columns_are_aligned():
    html = render_text("\\[\n\\begin{aligned}\na &= b \\\\\n- c &= d\n\\end{aligned}\n\\]")
    assert html.count("<mtr>") == 2
    assert '<mtd class="m-right m-tight-right">' in html
    assert " style=" not in html


def test_what_is_not_understood_is_shown_as_it_was_written():
    for source in (
        r"$\unknown{x}$",
        r"$x^$",
        r"\(\frac{1}\)",
        "$$\n\\foo_1\n$$",
        r"$\begin{tikzpicture}1_2\end{tikzpicture}$",
    ):
        html = render_text(source)
        assert f'<code class="as-written">{source}</code>' in html.replace("&lt;", "<")
        assert "<math" not in html


@pytest.mark.parametrize(
    "source",
    [
        r"\href{javascript:alert(1)}{x_1}",
        r"\url{javascript:alert(1)}_1",
        r"\unicode{x202e}_1",
        r"\style{position:fixed}{x_1}",
        r"\class{veiled}{x_1}",
        r"\includegraphics{https://evil.example/x.png}_1",
        r"\def\a{\a\a}\a_1",
        r"\newcommand{\a}{\a\a}\a_1",
        r"\gdef\x{1}\x_1",
        r"\let\sum\int_1",
        r"\eqref{main}_1",
        r"\hspace{10000em}x_1",
        r"\kern 900em x_1",
        "x_" + "1" * MAX_SOURCE,
        "{" * (MAX_DEPTH + 1) + "x_1" + "}" * (MAX_DEPTH + 1),
        r"\left(" * 30 + "x_1" + r"\right)" * 30,
        r"\begin{matrix}" * 30 + "x_1" + r"\end{matrix}" * 30,
        r"\sqrt[" * 30 + "x_1",
        r"\not" * (MAX_COMMANDS + 1) + "=_1",
    ],
)
def test_hostile_source_is_shown_as_it_is(source):
    assert mathml(source, display=False) is None
    html = render_text(f"${source}$")
    assert "<math" not in html
    assert foreign(html) == []


def test_no_text_can_be_laid_over_another():
    html = render_text(r"$x_1\hspace{-50em}y$")
    assert re.sub(r' alttext="[^"]*"', "", html).count("50em") == 0
    assert "margin" not in html


def test_markup_inside_a_formula_is_letters():
    html = render_text(r"$x_1 \text{</mtext></math><script>alert(1)</script><img src=x onerror=alert(1)>}$")
    assert "<script" not in html
    assert "<img" not in html
    assert foreign(html) == []


def test_the_source_stays_in_the_raw_view():
    assert show_raw("so $x^2$") == "so $x^2$"


def test_guidelines_show_mathematics_too():
    assert "<msup>" in render_document("## $x^2$\n\nand $y^2$").html


ATOMS = st.sampled_from(
    [
        "$", "$$", r"\(", r"\)", r"\[", r"\]", "\n", "\n\n", " ", "x", "5", "^", "_", "{", "}", "&", r"\\", "|", "-", "# ",
        "> ", "`", "```\n", "<", ">", '"', "'", "*", "](", "javascript:alert(1)", "<script>", "onclick=", "style=",
        r"\frac", r"\sqrt", r"\text{", r"\left(", r"\right)", r"\begin{array}{c|c}", r"\end{array}", r"\begin{align}",
        r"\end{align}", r"\color{red}", r"\boxed{", r"\cancel{", r"\hspace{9em}", r"\tag{1}", r"\href{", r"\label{a}",
        r"\textbf{", r"\phantom{", r"\mathbb{R}", r"\iff", r"\genfrac", "\u202e", "\u05d0", "\U0001f600", "\x00",
    ]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(ATOMS, max_size=40).map("".join))
@example(r"$\begin{align}a&=b\tag{<i onclick=x>}\end{align}$")
def test_nothing_outside_the_allow_list_comes_out(text):
    assert foreign(render_text(text)) == []
    assert foreign(render_document(text).html) == []


@settings(max_examples=300, deadline=None)
@given(st.lists(ATOMS, max_size=30).map("".join), st.booleans())
def test_any_source_is_a_formula_or_nothing(source, display):
    html = mathml(source, display=display)
    assert html is None or (html.startswith("<math ") and html.endswith("</math>"))


WORST = r"""
import threading, sys
from apps.core.mathematics import MAX_COMMANDS, MAX_DEPTH, MAX_SOURCE, mathml
sources = []
for opening in ("{", r"\left(", r"\begin{matrix}", "x^{", r"\sqrt{", r"\frac{1}{", r"\sqrt[", r"\text{", "[", r"\{"):
    for count in (MAX_DEPTH, MAX_DEPTH + 1, 5_000, 50_000):
        sources.append(opening * count + "x")
for prefix in (r"\sqrt", r"\not", r"\hat", r"\frac1", r"\mathrm", r"\text", "x^", "-", r"\displaystyle", r"\color{red}"):
    for count in (MAX_COMMANDS, MAX_COMMANDS + 1, 50_000):
        sources.append(prefix * count + " x")
        sources.append("{" * MAX_DEPTH + (prefix * count)[: MAX_SOURCE - 60] + " x" + "}" * MAX_DEPTH)
def convert():
    for source in sources:
        mathml(source, display=True)
    print("alive")
threading.stack_size(512 * 1024)
thread = threading.Thread(target=convert)
thread.start()
thread.join()
"""


def test_no_source_ends_the_process():
    """Half a megabyte of stack: a sixteenth of what a web server's thread has."""
    done = subprocess.run([sys.executable, "-c", WORST], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr[-2000:]


@pytest.mark.parametrize(
    "text",
    [
        "$" * 60_000,
        "$a " * 20_000,
        "$x$ " * 20_000,
        r"\[a" * 20_000,
        "\\[\na\n" * 10_000,
        "$$\n" * 20_000,
        r"\(" * 30_000,
        ("$" + r"\not" * 290 + "=$ ") * 50,
        ("$" + "x_1+" * 480 + "$\n\n") * 40,
    ],
)
def test_a_text_of_nothing_but_marks_costs_little(text):
    started = time.process_time()
    render_text(text)
    assert time.process_time() - started < 6
