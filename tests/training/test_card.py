"""What a report card is read as: each part says what its intervals bear out, and why it is not there."""

from typing import Any

import pytest

from apps.training.domain.readings.card import TITLES, Card
from apps.training.domain.readings.reward import read_reward
from tests.training.card_report import CARD, REPORT, leaning, number, row, share

NB, MINUS = "\u00a0", "\u2212"


def read(**changed: Any) -> Card:
    card = read_reward(REPORT | {"card": CARD | changed}).card
    assert card
    return card


def said(part: Any) -> str:
    return " ".join(part.sentences)


def test_every_part_is_read_in_order():
    assert [key for key, _title in read().contents] == list(TITLES)
    assert read().missing == []


def test_a_report_older_than_the_card_has_none():
    assert read_reward({name: value for name, value in REPORT.items() if name != "card"}).card is None


def test_what_is_not_there_says_why_once():
    why = "The setting folds is 0."
    none = "No prompt of the validation split has a comparison."
    card = read(
        folds=None, why_no_folds=why, calibration=None, why_no_calibration=none, margins=None, why_no_margins=none
    )
    assert [(str(title), reason) for title, reason in card.missing] == [
        ("Does it know other people's taste?", why), ("Can its confidence be believed?", none),
    ]  # fmt: skip
    assert "folds" not in dict(card.contents)


# --- slices ---------------------------------------------------------------------------------------
def test_weak_parts_are_named_where_the_intervals_do_not_meet():
    text = said(read().slices)
    assert f"do not meet: linnet (labeler, 52.0{NB}%), closed QA (use case, 58.0{NB}%)." in text
    assert f"something to learn: closed QA (use case, 58.0{NB}%)." in text
    assert "Not shown to be better than chance" not in text  # linnet is named already


def test_whoever_orders_the_other_way_round_is_named():
    card = read(slices=[{"by": "labeler", "rows": [row("dan", share(0.1, 0.05, 0.2))]}])
    assert f"as if they wanted the opposite: dan (labeler, 10.0{NB}%)." in said(card.slices)


def test_touching_intervals_name_nothing():
    card = read(slices=[{"by": "use_case", "rows": [row("chat", share(0.6, 0.5, 0.69))]}])
    assert said(card.slices).startswith("No part is shown to be weaker than the whole")
    assert f"Not shown to be better than chance: chat (use case, 60.0{NB}%)." in said(card.slices)


def test_where_labelers_agree_no_better_that_is_said():
    card = read(slices=[{"by": "use_case", "rows": [row("chat", share(0.6, 0.55, 0.65), share(0.66, 0.6, 0.72))]}])
    assert "Labelers are not shown to agree better with each other there." in said(card.slices)


def test_many_weak_parts_are_counted():
    rows = [row(f"part {n}", share(0.6 - n / 100, 0.5, 0.65)) for n in range(7)]
    assert "part 3 (use case, 57.0\u00a0%) and 3 more." in said(read(slices=[{"by": "use_case", "rows": rows}]).slices)


def test_tables_of_slices():
    slices = {str(one.title): one for one in read().slices.slices}
    labelers = slices["Labeler"]
    assert [(one.label, one.note) for one in labelers.strips.rows] == [
        ("heron", "member, training"), ("linnet", "person, second opinion"), ("all others together", ""),
    ]  # fmt: skip
    assert (labelers.more, labelers.has_agreement, labelers.glance) == (3, False, f"2 rows, 52.0 \u2013 80.0{NB}%")
    use_cases = slices["Use case"].strips.rows
    assert use_cases[2].label == "not said"
    assert use_cases[0].beside == f"76.0{NB}% (73.0 to 79.0{NB}%)"


# --- folds ----------------------------------------------------------------------------------------
def test_a_gap_that_is_shown_and_the_papers_numbers():
    text = said(read().folds)
    assert "better than others, by 2.8 points (1.0 to 4.6)." in text
    assert f"72.4 ± 0.4{NB}% and 69.6 ± 0.9{NB}%; there 72.4 ± 0.4{NB}%" in text
    assert "Having heard a group is worth 2.4 points on what it ordered (1.2 to 3.6)." in text
    assert "than chance" not in text


@pytest.mark.parametrize(
    ("gap", "sentence"),
    [
        (number(0.01, -0.01, 0.03), f"is not shown: the difference, {MINUS}1.0 to 3.0 points, may be 0."),
        (number(-0.03, -0.05, -0.01), "with those it learned from, by 3.0 points (1.0 to 5.0)"),
    ],
)
def test_other_gaps(gap, sentence):
    assert sentence in said(read(folds=CARD["folds"] | {"gap": gap}).folds)


def test_other_losses_and_strangers_it_does_not_know():
    changed = {"loss": number(0.01, -0.01, 0.03), "left_out": share(0.52, 0.49, 0.55)}
    text = said(read(folds=CARD["folds"] | changed).folds)
    assert f"helps on what it ordered is not shown: {MINUS}1.0 to 3.0 points." in text
    assert "not shown to be right more often than chance" in text


# --- confidence -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("temperature", "sentence"),
    [
        (number(1.4, 1.2, 1.7), "It is over-confident: it would have to divide its margins by 1.40 (1.20 to 1.70)"),
        (number(0.6, 0.5, 0.8), "It is too timid"),
        (number(1.1, 0.9, 1.3), "its confidence can be believed"),
    ],
)
def test_confidence_follows_the_temperatures_interval(temperature, sentence):
    assert sentence in said(read(calibration=CARD["calibration"] | {"temperature": temperature}).confidence)


def test_margins_and_a_loss_worse_than_a_coins():
    text = said(read().confidence)
    assert f"the more often it is right: from 53.0{NB}% to 76.0{NB}%." in text
    assert "coin" not in text
    loss = number(0.8, 0.7, 0.9)
    assert "worse than by a coin" in said(read(calibration=CARD["calibration"] | {"log_loss": loss}).confidence)
    flat = {
        "bins": [
            {"from": 0, "to": 1, "mean": 0.2, **share(0.6, 0.5, 0.7)},
            {"from": 1, "to": 2, "mean": 1.3, **share(0.7, 0.6, 0.8)},
        ]
    }
    assert "further apart is not shown" in said(read(margins=flat).confidence)


def test_places_of_the_calibration_chart():
    plot = read().confidence.plots[0]
    assert plot.up == (0.4, 1.0)
    assert plot.guide_line == "M0.00 83.33 L100.00 0.00"  # from half and half to certain: 0.5 of an axis from 0.4
    assert plot.intervals.startswith("M10.00 86.67 V70.00")  # 0.48 to 0.58
    assert plot.rows[0] == (f"55.0{NB}%", f"53.0{NB}%", f"48.0 to 58.0{NB}%", "500")


# --- learning curve -------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("gain", "sentence"),
    [
        (number(0.03, 0.01, 0.05), "Each doubling of the training prompts brought 3.0 points (1.0 to 5.0)"),
        (number(0.01, -0.01, 0.03), f"a doubling of the training prompts brought {MINUS}1.0 to 3.0 points."),
        (number(-0.02, -0.03, -0.01), "More prompts made it worse, by 2.0 points"),
        (number(-0.0004, -0.0009, -0.0001), f"a doubling of the training prompts brought {MINUS}0.1 to 0.0 points."),
    ],
)
def test_whether_more_labels_would_help(gain, sentence):
    assert sentence in said(read(learning_curve=CARD["learning_curve"] | {"doubling": {"gain": gain}}).learning_curve)


def test_the_curve_doubles_evenly_beside_the_labelers_agreement():
    plot = read().learning_curve.plot
    assert plot.line.startswith("M0.00 56.67 L50.00")
    assert plot.guide_line == "M0.00 45.00 L100.00 45.00"  # agreement 0.73 of an axis from 0.4 to 1
    alone = read(learning_curve={"points": CARD["learning_curve"]["points"][:1], "why_no_doubling": "One point."})
    assert said(alone.learning_curve) == "One point."
    assert alone.learning_curve.plot.line == "M50.00 56.67"


# --- leanings -------------------------------------------------------------------------------------
def test_leanings_beyond_the_labelers_own():
    text = said(read().leanings)
    assert "it leans towards length." in text  # once, though it is measured twice
    assert "it leans away from questions." in text
    assert "Like its labelers it prefers more of lists." in text
    assert "favour what was shown first" in text
    assert str(read().leanings.absent) == "code, bold type"


def test_no_leaning_is_claimed_of_none():
    rows = [leaning("lists", 0.5, 0.5, number(0.0, -0.1, 0.1))]
    assert said(read(leanings={"rows": rows}).leanings) == "No leaning beyond its labelers' own is shown."


# --- ensemble, sentinels, previous ----------------------------------------------------------------
def test_how_sure_it_is():
    text = said(read().ensemble)
    assert f"3 models, trained apart, differ on the order of 22.0{NB}% of the held-out pairs." in text
    assert "their spread says where to doubt it" in text
    assert "Their mean" not in text


def test_sentinels_by_kind_with_those_it_missed():
    part = read().sentinels
    assert "Of 8 pairs in which one reply is beyond doubt the better, it prefers that one in 5." in said(part)
    assert "It prefers the worse reply where that is: flattery." in said(part)
    assert "Not shown to do better than chance on: long preamble." in said(part)
    assert [(str(one.kind), one.margin) for one in part.missed] == [
        ("flattery", f"{MINUS}0.30"),
        ("long preamble", "0.00"),
    ]


@pytest.mark.parametrize(
    ("gain", "sentence"),
    [
        (number(0.02, 0.004, 0.036), "more often than the model before, by 2.0 points (0.4 to 3.6)."),
        (number(-0.02, -0.036, -0.004), "less often than the model before, by 2.0 points (0.4 to 3.6)."),
        (number(0.0, -0.01, 0.01), f"is not shown: the difference, {MINUS}1.0 to 1.0 points, may be 0."),
    ],
)
def test_what_changed_since_the_model_before(gain, sentence):
    part = read(previous=CARD["previous"] | {"gain": gain}).previous
    assert sentence in said(part)
    assert "It is right on 90 pairs that the one before had wrong, and wrong on 60 that it had right." in said(part)
    assert [one.labelers for one in part.changes] == ["2 labelers", "3 against 1 labelers"]
    assert [one.prompt_uid for one in part.changes] == [CARD["previous"]["changes"][0]["prompt_uid"], ""]
