"""The design page says what the stylesheets do, and their colours can be read."""

import re

import pytest

from apps.core.design import PAIRS, design_context, stylesheet
from apps.core.design_frames import FRAMES
from apps.core.domain.palette import classes_of, contrast, tokens_of


@pytest.fixture
def page(client, db):
    answer = client.get("/design/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_token_is_on_the_page_with_its_purpose(page):
    tokens = tokens_of(stylesheet("tokens.css"))
    assert len(tokens) == stylesheet("tokens.css").count("\n  --")
    for token in tokens:
        assert f"<code>--{token.name}</code>" in page, token.name
        assert token.use, token.name
        for colour in filter(None, (token.light, token.dark)):
            assert f'fill="{colour}"' in page


def test_every_component_is_shown_or_told(page):
    classes = classes_of(stylesheet("components.css"))
    shown = set(" ".join(re.findall(r'class="([^"]*)"', page)).split())
    assert classes - shown - set(FRAMES) == set(), (
        "show it in core/design.html or tell it in apps/core/design_frames.py"
    )


def test_what_is_told_is_there():
    assert set(FRAMES) - classes_of(stylesheet("components.css")) == set()


def test_every_colour_of_a_page_is_a_token():
    for name in ("components.css", "room.css", "records.css", "training.css", "design.css"):
        # A dimmed backdrop and a mask are shades, not colours.
        without_shades = re.sub(r"::backdrop \{[^}]*\}|mask-image: [^;]*;", "", stylesheet(name))
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?![^{]*\{)|\brgba?\(|\bhsla?\(", without_shades) == [], name


def test_every_token_that_is_used_exists():
    named = {token.name for token in tokens_of(stylesheet("tokens.css"))}
    for name in ("components.css", "room.css", "records.css", "training.css", "design.css"):
        css = stylesheet(name)
        local = set(re.findall(r"--([\w-]+):", css))
        used = {match[0] for match in re.findall(r"var\(--([\w-]+)(,)?", css) if not match[1]}
        assert used <= named | local, name


@pytest.mark.parametrize("pair", design_context()["pairs"], ids=lambda pair: f"{pair.over.name} on {pair.under.name}")
def test_contrast_is_enough_in_both_schemes(pair):
    assert min(pair.light, pair.dark) >= pair.least


def test_contrast_by_hand():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)
    assert contrast("#0f5c46", "#0f5c46") == 1


def test_the_least_target_is_larger_than_asked_for():
    target = next(token for token in design_context()["measures"][-1][1] if token.name == "target")
    assert float(target.value.removesuffix("rem")) * 16 >= 24
    assert len(PAIRS) >= 15
