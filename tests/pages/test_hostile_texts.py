"""Candidate text is hostile until shown otherwise."""

import re
from html.parser import HTMLParser

import pytest
from django.utils.html import escape

from apps.core.documents import render_document
from apps.core.markdown import render_text, show_raw
from apps.labeling.models import Task
from tests.make import make_completions, make_demonstrate_task, make_prompt

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<javascript:alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "[x]: javascript:alert(1)\n\n[x]",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "</textarea><script>alert(1)</script>",
    "</pre></details></form><form action=https://evil.example>",
    "<iframe src=https://evil.example></iframe>",
    '<svg onload="alert(1)">',
    "<style>body{display:none}</style>",
    '[x](https://ok.example "onmouseover=alert(1)")',
    "# <b id=main>title</b>",
    "{{ csrf_token }}{% debug %}",
]


HARMLESS = {
    "a",
    "blockquote",
    "br",
    "code",
    "del",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
}


class Finder(HTMLParser):
    """Collects tags outside the allow-list, event handlers, styles, and addresses that run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in HARMLESS:
            self.found.append(tag)
        for name, value in attrs:
            if name not in ("href", "title", "rel", "target", "id", "start", "dir", "class"):
                self.found.append(name)
            if name == "href" and not (value or "").startswith(("https:", "http:", "mailto:")):
                self.found.append(value or "")


def live_parts(html: str) -> list[str]:
    finder = Finder()
    finder.feed(html)
    return finder.found


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_live(text):
    assert live_parts(render_text(text)) == []
    assert live_parts(show_raw(text)) == []
    assert live_parts(render_document(text).html) == []


def test_links_say_nothing_of_where_they_are_followed_from():
    html = render_text("[x](https://ok.example)")
    assert 'rel="noopener noreferrer nofollow ugc"' in html
    assert 'href="https://ok.example"' in html


def test_direction_overrides_are_shown_not_obeyed():
    assert "\u202e" not in render_text("safe \u202eexe.txt") + show_raw("safe \u202eexe.txt")
    assert "[U+202E]" in render_text("safe \u202eexe.txt")


def test_marks_that_right_to_left_texts_need_stay():
    assert "\u200f" in render_text("שלום\u200f!")


def test_what_people_write_looks_as_they_meant_it():
    html = render_text("# Head\n\nline\nline\n\n- a\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n`x < y`")
    for part in ('<h4 dir="auto">Head</h4>', "line<br>", "<li>a</li>", "<td>1</td>", "<code>x &lt; y</code>"):
        assert part in html


def test_headings_of_a_text_leave_no_level_out():
    html = render_text("### a\n\n###### b\n\n# c\n\n### d\n\n### e")
    assert re.findall(r"<h(\d)", html) == ["4", "5", "4", "5", "5"]
    assert "<h2" in render_text("#### a", under=1)


def test_deep_nesting_ends():
    assert len(render_text("> " * 5_000 + "x")) < 100_000
    assert render_text("[" * 20_000).startswith('<p dir="auto">[')


def test_a_room_full_of_hostile_candidates_holds_only_its_own_scripts(cast, labeler, claimed):
    prompt = make_prompt(cast.project, "</textarea><script>alert(0)</script>", context="<script>alert(9)</script>")
    completions = [c.pk for c in make_completions(prompt, HOSTILE[:9])]
    Task.objects.create(
        project=cast.project, prompt=prompt, kind="rank", candidates=completions, candidate_set=sorted(completions),
        required=1, open_slots=1,
    )  # fmt: skip
    assignment = claimed()
    page = labeler.get(f"/work/{assignment.uid}/").content.decode()
    scripts = [tag for tag in re.findall(r"<script\b[^>]*>", page) if 'type="application/json"' not in tag]
    assert scripts
    assert all("nonce=" in tag for tag in scripts)
    assert "alert(0)</script>" not in page
    assert "<img" not in page
    assert "evil.example/pixel.png" not in re.sub(r"<(?:pre|a)\b.*?</(?:pre|a)>", "", page, flags=re.S)


def test_a_hostile_draft_stays_in_its_box(cast, labeler, claimed):
    make_demonstrate_task(cast.project)
    assignment = claimed("demonstrate")
    text = "</textarea><script>alert(1)</script>"
    page = labeler.post(f"/work/{assignment.uid}/preview/", {"text": text}).content.decode()
    assert escape(text) in page
    assert text not in page


def test_pages_forbid_inline_scripts(client, db):
    policy = client.get("/sign-in/")["Content-Security-Policy"]
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
