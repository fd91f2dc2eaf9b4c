"""Where the beginning of a long text ends, and how its length is said."""

from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from apps.core.domain.reading import LONG_WORDS, OPENING_CHARACTERS, OPENING_LINES, gist_of, is_long, opening_of
from apps.core.templatetags.ui import size, words

LONG = "\n\n".join(f"Paragraph {number} says a few words about the matter in hand." for number in range(300))


def shown(text: str) -> str:
    return render_to_string("labeling/parts/text.html", {"text": text})


def test_an_answer_of_300_words_is_shown_whole():
    text = "A word or two, " * 75
    assert not is_long(text)
    assert "<details" not in shown(text)


def test_a_text_of_4000_tokens_shows_its_beginning_and_how_long_it_is():
    assert is_long(LONG)
    html = shown(LONG)
    assert "Show all 3,300 words" in html
    assert '<details class="long" data-unfold><summary>' in html
    beginning = html.split("<details")[0]
    assert "Paragraph 0 " in beginning
    assert "Paragraph 299 " not in beginning
    # Rendered and raw, each whole, behind the fold.
    assert html.split("<details")[1].count("Paragraph 299 ") == 2


def test_writing_without_spaces_is_counted_in_characters():
    assert size("漢字" * 1_000) == "2,000 characters"
    assert is_long("漢字" * 1_000)
    assert size("one") == words("one") == "1 word"
    assert size("") == "0 words"


def test_a_row_of_a_list_gets_the_first_words():
    assert gist_of("Can I\n\nmove it?", 4) == "Can I move it?"
    assert gist_of("Can I move it to Monday?", 4) == "Can I move it …"


def test_a_row_of_a_list_holds_no_word_without_end():
    assert gist_of("漢字" * 5_000, 4) == f"{'漢字' * 32} …"
    assert gist_of("a " + "x" * 5_000, 4) == f"a {'x' * 62} …"


def test_one_word_without_end_is_cut_and_says_so():
    beginning = opening_of("x" * 5_000)
    assert beginning.endswith("x …")
    assert len(beginning) <= OPENING_CHARACTERS + 2


@given(st.text(alphabet=st.sampled_from("ab \n\u05d0\u6f22"), max_size=3_000))
def test_a_beginning_is_a_beginning(text):
    beginning = opening_of(text)
    assert len(beginning) <= OPENING_CHARACTERS + 2
    assert len(beginning.splitlines()) <= OPENING_LINES
    assert text.lstrip("\n").startswith(beginning.removesuffix(" …"))


def test_the_limit_is_where_it_says():
    assert not is_long("word " * LONG_WORDS)
    assert is_long("word " * (LONG_WORDS + 1))


def test_nothing_written_is_said_so():
    assert "This text is empty." in shown("")
    assert "<p" not in shown(" ").split("<pre")[0].replace('<div class="prose rendered" dir="auto">', "")
