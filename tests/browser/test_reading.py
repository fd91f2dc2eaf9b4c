"""Reading in the room: mathematics, long texts, sensitive texts, other writings, things too wide."""

import pytest
from playwright.sync_api import Page, expect

from apps.labeling.models import Assignment, Task
from tests.browser.axe import sideways, violations_in_both_themes
from tests.browser.hands import to_ladder
from tests.make import make_completions, make_prompt

RICH = r"""## What it costs

Between $5 and $10, for $ax^2+bx+c=0$ with \(x = \frac{-b \pm \sqrt{b^2-4ac}}{2a}\).

\[
\begin{aligned}
(a+b)^2 &= a^2 + 2ab + b^2
\end{aligned}
\]

Inside a line $a_1+a_2+a_3+a_4+a_5+a_6+a_7+a_8+a_9+a_{10}+a_{11}+a_{12}+a_{13}+a_{14}+a_{15}+a_{16}+a_{17}+a_{18}+a_{19}$ it goes on.
Nobody knows $\foo{x}$.

مرحبا، هذا نص عربي مع رقم 42.

- one 👩‍⚕️
- שלום עולם

| Name | Dose | Hours | Notes that are rather long for a cell | More of it | Even more of it | And more |
|---|---|---|---|---|---|---|
| Paracetamol | 500 mg | 6 | never more than four in a day | supercalifragilistic | x | y |

```python
def a_function_with_a_long_name(argument_one, argument_two, argument_three, argument_four, argument_five): return 1
```

Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft
"""
LONG = "\n\n".join(f"Paragraph {number} says a few words about the matter in hand." for number in range(300))
PHONE = {"width": 360, "height": 740}


def rate_task(
    cast, texts: list[str], prompt_text: str = "Explain.", *, sensitive: bool = False, kind: str = "rate"
) -> Task:
    cast.labeler.accepts_sensitive = True
    cast.labeler.save()
    prompt = make_prompt(
        cast.project, prompt_text, use_case="closed_qa", context="The leaflet says: wait.", sensitive=sensitive
    )
    candidates = [completion.pk for completion in make_completions(prompt, texts)]
    return Task.objects.create(
        project=cast.project, prompt=prompt, kind=kind, candidates=candidates, candidate_set=sorted(candidates),
        required=1, open_slots=1, sensitive=sensitive,
    )  # fmt: skip


def letter_of(task: Task, index: int) -> str:
    """The letter under which the labeler sees the candidate at that position."""
    return "ABCDEFGHI"[Assignment.objects.get(task=task).display_order.index(index)]


def open_output(page: Page, letter: str) -> None:
    tab = page.locator(f"[data-strip] :is(button, a):has-text('{letter}')")
    if tab.count():
        tab.first.click()


@pytest.fixture
def rating(start, cast):
    """The room with one rich candidate, at a size."""

    def opened(texts: list[str], **options) -> Page:
        rate_task(cast, texts)
        return start(cast.labeler, "rate", **options)

    return opened


def test_formulas_are_drawn_and_money_is_not(rating):
    page = rating([RICH])
    text = page.locator("#candidate-A .prose.rendered")
    expect(text.locator("math")).to_have_count(4)
    expect(text.locator("p").first).to_contain_text("Between $5 and $10, for")
    root = text.locator("msqrt").first.bounding_box()
    assert root is not None
    assert root["width"] > 30  # the browser knows MathML: the radicand stands beside its sign
    expect(text.locator("code.as-written")).to_have_text(r"$\foo{x}$")
    assert page.evaluate("getComputedStyle(document.querySelector('#candidate-A mtd')).textAlign") == "right"


def test_the_source_is_one_key_away(rating):
    page = rating([RICH])
    page.keyboard.press("v")
    expect(page.locator("#candidate-A pre.raw")).to_be_visible()
    expect(page.locator("#candidate-A pre.raw")).to_contain_text(r"\begin{aligned}")
    expect(page.locator("#candidate-A .prose.rendered")).not_to_be_visible()


def test_other_writings_begin_on_their_side(rating):
    page = rating([RICH])
    direction = "(one) => getComputedStyle(one).direction"
    arabic = page.locator("#candidate-A p", has_text="مرحبا").first
    assert arabic.evaluate(direction) == "rtl"
    assert page.locator("#candidate-A p").first.evaluate(direction) == "ltr"
    assert page.locator("#candidate-A .rendered pre").first.evaluate(direction) == "ltr"
    assert page.locator("#candidate-A math").first.evaluate(direction) == "ltr"


def test_raw_lines_begin_on_their_side_too(rating):
    page = rating(["Plain.\n\nמה שלומך"])
    page.keyboard.press("v")
    ends = page.locator("#candidate-A pre.raw").evaluate(
        """(box) => {
            const text = box.firstChild, line = document.createRange();
            line.setStart(text, text.data.lastIndexOf("\\n") + 1);
            line.setEnd(text, text.data.length);
            return [line.getBoundingClientRect().right, box.getBoundingClientRect().right];
        }"""
    )
    assert abs(ends[0] - ends[1]) < 5


def test_what_is_too_wide_scrolls_by_itself_and_takes_the_focus(rating):
    page = rating([RICH], viewport=PHONE)
    assert sideways(page, 360, 740) == []
    for box in (
        "#candidate-A .rendered .scroll",
        "#candidate-A .rendered pre",
        "#candidate-A .rendered .formula.inline",
    ):
        wide = page.locator(box).first
        expect(wide).to_have_attribute("tabindex", "0")
        assert wide.evaluate("(one) => one.scrollWidth > one.clientWidth")
    page.set_viewport_size({"width": 1900, "height": 900})
    expect(page.locator("#candidate-A .rendered .scroll")).not_to_have_attribute("tabindex", "0")


def test_wide_code_in_a_prompt_pushes_no_phone_sideways(cast, open_page):
    prompt = make_prompt(cast.project, RICH)
    page = open_page(cast.manager.user, viewport=PHONE)
    page.goto(f"/p/clinic/prompts/{prompt.uid}/")
    assert sideways(page, 360, 740) == []


def test_rich_and_long_and_covered_texts_can_be_read_by_everybody(cast, start):
    rate_task(cast, [RICH, LONG], LONG, sensitive=True)
    page = start(cast.labeler, "rate", reduced_motion="reduce")
    found = violations_in_both_themes(page)
    page.locator("#uncover").check()
    found += violations_in_both_themes(page)
    page.locator(".prompt .long > summary").click()
    found += violations_in_both_themes(page) + sideways(page, 360, 740) + sideways(page, 720, 450)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_long_text_shows_its_beginning_and_opens(cast, start, scripts):
    task = rate_task(cast, [LONG, "No."], LONG)
    page = start(cast.labeler, "rate", java_script_enabled=scripts)
    letter = letter_of(task, 0)
    if scripts:
        open_output(page, letter)
    for where in (page.locator(".prompt .turn"), page.locator(f"#candidate-{letter} .candidate-text")):
        expect(where.get_by_text("Paragraph 0 says").locator("visible=true")).to_have_count(1)
        expect(where.get_by_text("Paragraph 299 says").locator("visible=true")).to_have_count(0)
        button = where.get_by_text("Show all 3,300 words")
        button.click()
        expect(where.get_by_text("Paragraph 299 says").locator("visible=true")).to_have_count(1)
        expect(where.get_by_text("Paragraph 0 says").locator("visible=true")).to_have_count(1)
        where.get_by_text("Show only the beginning").click()
        expect(where.get_by_text("Paragraph 299 says").locator("visible=true")).to_have_count(0)


def test_raw_long_texts_fold_too(cast, start):
    rate_task(cast, ["No."], LONG)
    page = start(cast.labeler, "rate")
    page.keyboard.press("v")
    turn = page.locator(".prompt .turn")
    expect(turn.locator("pre.opening")).to_be_visible()
    expect(turn.locator(".opening.rendered")).not_to_be_visible()
    turn.get_by_text("Show all 3,300 words").click()
    expect(turn.locator("pre.prose")).to_be_visible()
    expect(turn.locator("pre.opening")).not_to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_sensitive_texts_are_covered_until_asked_for(cast, start, scripts):
    rate_task(cast, ["Unpleasant answer."], "Unpleasant question.", sensitive=True)
    page = start(cast.labeler, "rate", java_script_enabled=scripts)
    hard = page.locator("#room").get_by_text("Unpleasant").locator("visible=true")
    expect(hard).to_have_count(0)
    expect(page.get_by_text("This text is covered.").locator("visible=true").first).to_be_visible()
    if scripts:
        assert "Unpleasant" not in page.locator("#main").aria_snapshot()
        assert "Unpleasant" not in page.locator("#announcer").inner_text()
    page.get_by_label("Show the texts").check()
    expect(hard).to_have_count(2)
    expect(page.get_by_text("The leaflet says: wait.").locator("visible=true")).to_have_count(1)
    expect(page.get_by_text("This text is covered.").locator("visible=true")).to_have_count(0)


def test_nothing_repeats_a_covered_text(cast, start):
    """Cards, the comparison, what is announced: on the ladder the texts move, and stay covered."""
    texts = ["Unpleasant answer.", "Unpleasant reply.", LONG]
    rate_task(cast, texts, "Unpleasant question.", sensitive=True, kind="rank")
    page = start(cast.labeler)
    to_ladder(page)
    hard = page.locator("body").get_by_text("Unpleasant").locator("visible=true")
    page.keyboard.press("a")
    page.keyboard.press("1")
    expect(page.locator("#announcer")).to_contain_text("A")
    expect(hard).to_have_count(0)
    page.keyboard.press("x")
    expect(page.locator("dialog[open]")).to_be_visible()
    expect(hard).to_have_count(0)
    assert "Unpleasant" not in page.locator("body").aria_snapshot()
    page.keyboard.press("Escape")
    page.get_by_label("Show the texts").check()
    expect(hard).to_have_count(3)


def test_an_ordinary_prompt_is_not_covered(rating):
    page = rating(["Fine."])
    expect(page.locator("#uncover")).to_have_count(0)
    expect(page.locator("#candidate-A .prose.rendered")).to_be_visible()


def test_asked_for_once_it_stays_uncovered_for_the_session(cast, start):
    rate_task(cast, ["Unpleasant answer."], "Unpleasant question.", sensitive=True)
    page = start(cast.labeler, "rate")
    page.get_by_label("Show such texts for this session").check()
    expect(page.get_by_text("Unpleasant question.").locator("visible=true")).to_have_count(1)
    page.reload()
    expect(page.get_by_text("Unpleasant question.").locator("visible=true")).to_have_count(1)
    page.get_by_label("Show such texts for this session").uncheck()
    page.reload()
    expect(page.get_by_text("Unpleasant question.").locator("visible=true")).to_have_count(0)


def test_who_asked_for_less_motion_gets_none(cast, start):
    rate_task(cast, ["Fine.", "Good."])
    page = start(cast.labeler, "rate", reduced_motion="reduce")
    moving = """[...document.querySelectorAll("*")].filter((one) => {
        const style = getComputedStyle(one);
        return style.transitionDuration.split(",").some((time) => parseFloat(time) > 0) && style.transitionProperty !== "none"
            || style.animationName !== "none";
    }).length"""
    assert page.evaluate(moving) == 0
    page.get_by_role("button", name="Submit").last.hover()
    assert page.evaluate("document.getAnimations().length") == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) > 0  # else this test could not fail


def test_focus_is_seen_on_everything(cast, start):
    rate_task(cast, ["Fine.", LONG], LONG)
    page = start(cast.labeler, "rate")
    ring = """(() => {
        const one = document.activeElement;
        if (one === document.body) return null;
        const seen = [one, one.nextElementSibling, one.closest(".card"), one.closest("label")].filter(Boolean);
        const ringed = seen.some((box) => getComputedStyle(box).outlineStyle !== "none" && parseFloat(getComputedStyle(box).outlineWidth) >= 2);
        return ringed ? "" : one.outerHTML.slice(0, 120);
    })()"""
    without, steps = [], 0
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(ring)
        if found is None:
            break
        steps += 1
        without += [found] if found else []
    assert without == []
    assert steps > 15
