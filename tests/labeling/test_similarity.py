"""Containment of shingles: by hand, by property, across scripts; and what is stored and told of it."""

import time

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.labeling.domain.similarity import containment, nearest_of, shingles_of, tokens_of
from apps.labeling.models import Demonstration
from apps.labeling.selectors.likeness import Likeness, likeness_told
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.imported import ImportedJudgment, judgments_insert
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from apps.projects.services import external_labeler_named
from apps.prompts.models import Completion
from tests.cast import Cast
from tests.make import make_completions, make_demonstrate_task

TEN = "one two three four five six seven eight nine ten"
texts = st.text(alphabet=st.sampled_from("ab c,\u0301é\n漢字ไท"), max_size=60)


def test_by_hand():
    """Ten words make seven runs of four; without the first word six of them stand in the other text."""
    assert containment(TEN, TEN.removeprefix("one ")) == pytest.approx(6 / 7)
    assert containment(TEN.removeprefix("one "), TEN) == 1.0
    changed_in_the_middle = TEN.replace("five", "5")
    assert containment(TEN, changed_in_the_middle) == pytest.approx(3 / 7)
    assert list(shingles_of(["a", "b", "c"], 2)) == [("a", "b"), ("b", "c")]


@given(texts, texts)
def test_a_share_is_a_share(text: str, other: str):
    share = containment(text, other)
    assert 0.0 <= share <= 1.0
    assert containment(text, text) == (1.0 if tokens_of(text) else 0.0)


@given(st.lists(st.sampled_from(["wo", "rd", "漢", "字", "ไ"]), min_size=8, max_size=30), texts)
def test_what_stands_whole_in_another_text_is_contained(words: list[str], around: str):
    text = " ".join(words)
    assert containment(text, f"{around} {text} {around}") == 1.0


@given(texts, st.lists(texts, max_size=5))
def test_the_nearest_holds_no_less_than_any_other(text: str, others: list[str]):
    key, share = nearest_of(text, enumerate(others))
    shares = [containment(text, other) for other in others]
    assert share == max(shares, default=0.0)
    assert key == (shares.index(share) if share else None)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("Drink water and rest well.", "drink  WATER\nand rest, well!"),
        ("Straße und Café im Mai", "STRASSE UND CAFE\u0301 IM MAI"),
        ("ﬁnal ｆｕｌｌ width words here", "final full width words here"),
        ("soft\u00adhyphens hide no\u200bthing at all", "softhyphens hide nothing at all"),
        ("今日は病院の予約を取りたいです。", "今日は、病院の予約を　取りたいです"),
        ("ขอนัดหมอพรุ่งนี้ตอนเช้าได้ไหมครับ", "ขอนัดหมอพรุ่งนี้ ตอนเช้าได้ไหมครับ"),
        ("मुझे कल सुबह डॉक्टर से मिलना है", "मुझे कल सुबह, डॉक्टर से मिलना है।"),
        ("👍 yes do that now 👍", "yes do that now"),
    ],
)
def test_spelling_alone_makes_no_difference(text: str, other: str):
    assert containment(text, other) == 1.0


def test_short_texts_are_like_their_equals_only():
    assert containment("Yes.", "yes") == 1.0
    assert containment("Yes.", "Yes, of course you can do that.") == 0.0
    assert containment("", "anything") == 0.0
    assert containment("…!?", "…!?") == 0.0
    assert containment("今日は", "今日は病院の予約を取りたいです") == 0.0


def test_a_word_of_a_script_is_whole():
    assert tokens_of("हिन्दी का कैफ़े") == ["हिन्दी", "का", "कैफ़े"]
    assert tokens_of("don't e-mail") == ["don", "t", "e", "mail"]
    assert tokens_of("東京2020 ok") == ["東", "京", "2020", "ok"]


def test_cost_grows_with_the_length_and_no_faster():
    def seconds(words: int) -> float:
        text = " ".join(f"w{number * 7919 % 5003}" for number in range(words))
        return min(_timed(text) for _ in range(3))

    def _timed(text: str) -> float:
        started = time.process_time()
        containment(text, text)
        return time.process_time() - started

    assert seconds(80_000) < 40 * seconds(8_000)  # ten times the text; quadratic would be a hundred


# --- what is stored, and what is told ---


def write(member, text: str, **options):
    assignment = assignment_claim(member=member, kind="demonstrate")
    assert assignment is not None
    judgment_submit(assignment=assignment, body={"text": text}, **options)
    return assignment, Demonstration.objects.select_related("completion").latest("pk")


LONG = f"{TEN} eleven twelve thirteen fourteen"


def test_a_reply_remembers_what_it_was_nearest_to(cast: Cast):
    task = make_demonstrate_task(cast.project, required=2)
    copied, _ = make_completions(task.prompt, [LONG, "Something else altogether, said in words of its own."])
    _, first = write(cast.labeler, LONG.replace("one", "1"))
    assert (first.nearest, first.similarity) == (copied, pytest.approx(10 / 11))
    _, second = write(cast.second_labeler, LONG.replace("one", "1"))
    assert (second.nearest, second.similarity) == (first.completion, 1.0)  # another labeler's: for managers


def test_a_reply_like_nothing_says_so(cast: Cast):
    make_demonstrate_task(cast.project)
    _, alone = write(cast.labeler, LONG)
    assert (alone.nearest, alone.similarity, alone.pasted_share) == (None, 0.0, None)


def test_a_correction_is_not_like_what_it_corrects(cast: Cast):
    make_demonstrate_task(cast.project)
    assignment, _ = write(cast.labeler, LONG, pasted=len(LONG) // 2)
    judgment_correct(assignment=assignment, body={"text": f"{LONG} {LONG}"})
    corrected = Demonstration.objects.latest("pk")
    assert (corrected.nearest, corrected.similarity) == (None, 0.0)
    assert corrected.pasted_share == pytest.approx(0.5, abs=0.02)  # no script counted: what was known stays


def test_an_own_earlier_reply_to_another_prompt_is_found(cast: Cast):
    make_demonstrate_task(cast.project)
    make_demonstrate_task(cast.project)
    _, first = write(cast.labeler, LONG)
    assignment = assignment_claim(member=cast.labeler, kind="demonstrate")
    told = likeness_told(assignment, LONG)
    assert told is not None
    assert (told.percent, told.written_at.date()) == (100, timezone.now().date())
    assert (
        likeness_told(assignment, "An answer of quite other words, which nobody has ever written here before") is None
    )
    _, second = write(cast.labeler, LONG)
    assert second.nearest == first.completion


def test_a_labeler_is_told_of_model_answers_and_never_of_other_peoples(cast: Cast):
    task = make_demonstrate_task(cast.project, required=3)
    write(cast.second_labeler, LONG)
    assignment = assignment_claim(member=cast.labeler, kind="demonstrate")
    assert likeness_told(assignment, LONG) is None
    make_completions(task.prompt, [LONG])
    assert likeness_told(assignment, f"{LONG} and then some words of my own") == Likeness(60)
    assert likeness_told(assignment, "one two three four five") is None  # too short to say anything of


def test_an_imported_persons_reply_is_no_model_answer(cast: Cast):
    """An import's demonstration hangs on an external labeler's judgment."""
    task = make_demonstrate_task(cast.project)
    (imported,) = make_completions(task.prompt, [LONG])
    person = external_labeler_named(project=cast.project, pseudonym="anna")
    said = ImportedJudgment(task.pk, person.pk, person.cohort, completion_id=imported.pk)
    assert judgments_insert(judgments=[said]) == 1
    assignment = assignment_claim(member=cast.labeler, kind="demonstrate")
    assert likeness_told(assignment, LONG) is None
    _, stored = write(cast.labeler, LONG)
    assert stored.nearest == imported


def test_nine_long_answers_and_a_thousand_earlier_replies_are_quick(cast: Cast):
    """Bounded: what is read ends at half a megabyte each, whatever is there."""
    task = make_demonstrate_task(cast.project)
    long = [" ".join(f"w{number * step % 9973}" for number in range(4_000)) for step in range(2, 11)]
    make_completions(task.prompt, long)
    Completion.objects.bulk_create(
        Completion(prompt=task.prompt, member=cast.labeler, origin="member", body=long[index % 9], body_sha256="x")
        for index in range(1_000)
    )
    assignment = assignment_claim(member=cast.labeler, kind="demonstrate")
    started = time.process_time()
    judgment_submit(assignment=assignment, body={"text": long[0]})
    assert time.process_time() - started < 2
    assert Demonstration.objects.get().similarity == 1.0
