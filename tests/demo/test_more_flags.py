"""Where a machine can check a claim about a completion of the prompts from 25 on, the demo's flags are right."""

import re
import sqlite3
from datetime import datetime, time, timedelta
from decimal import Decimal
from math import comb

import pytest

from tests.demo.texts import BY_ID, letters_satisfying, texts, word_count

EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf](?:[\U0001f3fb-\U0001f3ff]|\u200d[\U0001f300-\U0001faff])*")


def quality(prompt_id):
    return {c["id"]: c["quality"] for c in BY_ID[prompt_id]["completions"]}


def code_of(prompt_id, name):
    """The function in each completion, by letter; these texts are our own. What needs a package is left out."""
    for letter, text in texts(prompt_id).items():
        block = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
        if "pandas" not in block:
            namespace = {"__name__": "completion"}
            exec(block, namespace)
            yield letter, namespace[name]


@pytest.mark.parametrize(
    ("prompt_id", "most"),
    [
        ("clinic-handbook-inhaler", 150),
        ("clinic-respuesta-vacuna-es", 90),
        ("clinic-weekend-autoreply", 70),
        ("clinic-review-reply", 45),
        ("clinic-flu-poster", 40),
        ("clinic-reply-lift-he", 70),
        ("clinic-phone-script-cancelled", 130),
        ("clinic-angry-note-rewrite", 85),
        ("cover-letter-late-start", 150),
        ("check-this-invoice", 60),
    ],
)
def test_who_satisfies_the_constraint_keeps_to_the_words(prompt_id, most):
    assert letters_satisfying(prompt_id)
    for letter in letters_satisfying(prompt_id):
        assert word_count(texts(prompt_id)[letter]) <= most, letter
    assert word_count(BY_ID[prompt_id].get("demonstration", "")) <= most


def test_the_long_story_is_the_only_one_of_the_length_asked_for():
    long = {letter for letter, text in texts("story-long-night-train").items() if word_count(text) >= 2_400}
    assert long == letters_satisfying("story-long-night-train")


def test_weekend_replies_name_the_emergency_first_and_the_ways_to_cancel():
    replies = texts("clinic-weekend-autoreply")
    for letter in letters_satisfying("clinic-weekend-autoreply"):
        assert "112" in replies[letter].splitlines()[0]
        assert "555-0142" in replies[letter]
        assert "portal" in replies[letter]
        assert "hesitate" not in replies[letter]


def test_poster_flags_agree_with_counting():
    for letter, text in texts("clinic-flu-poster").items():
        facts = all(word in text for word in ("Tuesday", "Thursday", "14:00", "16:00", "1 October", "insurance card"))
        counted = facts and word_count(text) <= 40 and len(EMOJI.findall(text)) == 1
        if letter in letters_satisfying("clinic-flu-poster"):
            assert counted
        elif counted:
            assert quality("clinic-flu-poster")[letter] < 3.5, (
                "what it breaks cannot be counted: it frightens, promises"
            )


def test_caption_flags_agree_with_counting():
    for letter, text in texts("bakery-caption").items():
        fits = (
            len(re.findall(r"[\w’']+(?:-\w+)*", text)) <= 20
            and len(EMOJI.findall(text)) == 2
            and "seeded rye" in text.lower()
            and "Saturday" in text
            and "!" not in text
            and "artisan" not in text
        )
        assert fits == (letter in letters_satisfying("bakery-caption")), letter


def test_acrostic_flags_agree_with_counting():
    for letter, text in texts("acrostic-tides").items():
        lines = text.splitlines()
        fits = (
            "".join(line[0] for line in lines) == "TIDES"
            and all(word_count(line) <= 8 for line in lines)
            and not re.search(r"\b(sea|wave|dream)\b", text)
        )
        assert fits == (letter in letters_satisfying("acrostic-tides")), letter


def test_right_queries_find_whom_the_rules_find():
    request = BY_ID["clinic-waiting-list-sql"]["messages"][0]["content"]
    base = sqlite3.connect(":memory:")
    base.executescript(re.search(r"```sql\n(.*?)```", request, re.DOTALL)[1])
    slots = [
        (1, "O", "2025-03-10", 20),
        (2, "O", "2025-03-11", 10),
        (3, "L", "2025-03-10", 30),
        (4, "L", "2025-04-01", 30),
    ]
    waiting = [
        (1, "Zoe", "O", "2025-02-01", 20, "2025-03-01", "2025-03-10"),
        (2, "Abe", "O", "2025-02-03", 10, "2025-03-10", "2025-03-20"),
        (3, "Cem", "L", "2025-02-02", 30, "2025-03-10", "2025-03-10"),
        (4, "Bea", "L", "2025-02-02", 10, "2025-03-01", "2025-03-31"),
        (5, "Ida", "O", "2025-01-01", 30, "2025-03-01", "2025-03-31"),
    ]
    base.executemany("INSERT INTO slots VALUES (?,?,?,?)", slots)
    base.executemany("INSERT INTO waiting VALUES (?,?,?,?,?,?,?)", waiting)
    for letter, text in texts("clinic-waiting-list-sql").items():
        found = base.execute(re.search(r"```sql\n(.*?)```", text, re.DOTALL)[1]).fetchall()
        right = sorted(found) == [(1, "Zoe"), (2, "Abe"), (3, "Cem")]
        assert right == (quality("clinic-waiting-list-sql")[letter] > 5), letter
    base.close()


def sent_at(appointment):
    """The rules as they are said: back from 48 hours before, minute by minute, to the first that is allowed."""
    moment = appointment - timedelta(hours=48)
    while moment.weekday() == 6 or not time(8) <= moment.time() <= time(20):
        moment -= timedelta(minutes=1)
    return moment


def test_right_send_times_are_right_in_every_hour_of_the_week():
    monday = datetime(2025, 3, 3)  # noqa: DTZ001 - the question is about naive local times
    moments = [monday + timedelta(minutes=15 * quarter) for quarter in range(7 * 24 * 4)]
    for letter, send_at in code_of("clinic-reminder-send-time", "send_at"):
        right = all(send_at(moment) == sent_at(moment) for moment in moments)
        assert right == (quality("clinic-reminder-send-time")[letter] > 5), letter


def test_right_newest_rows_are_right():
    rows = [
        {"email": email, "date": date, "name": name}
        for email, date, name in [
            ("Ann@x.org", "2025-03-01", "1"),
            ("bob@x.org", "2025-01-01", "2"),
            ("ann@x.org ", "2025-03-01", "3"),
            ("bob@x.org", "2024-01-01", "4"),
        ]
    ]
    for letter, newest in code_of("newest-row-per-address", "newest"):
        right = [row["name"] for row in newest(list(rows))] == ["3", "2"]
        assert right == (quality("newest-row-per-address")[letter] > 5), letter


def test_overbooking_is_as_often_too_much_as_the_right_answers_say():
    def too_many(booked):
        return sum(comb(booked, k) * 0.9**k * 0.1 ** (booked - k) for k in range(21, booked + 1))

    percents = (f"{too_many(21):.3f}"[2:], f"{too_many(22):.3f}"[2:])
    assert percents == ("109", "339")
    for letter, text in texts("clinic-overbooking").items():
        says = bool(re.search(r"0\.109|10\.9", text) and re.search(r"0\.339|33\.9", text))
        assert says == (quality("clinic-overbooking")[letter] > 5), letter


def test_the_invoice_is_wrong_by_what_the_right_answers_say():
    def total(stones):
        net = (Decimal("55.50") + stones + Decimal("93.00")) * Decimal("0.9")
        return round(net, 2) + round(net * Decimal("0.0825"), 2)

    assert total(Decimal("54.00")) == Decimal("197.29")
    assert total(12 * Decimal("4.25")) == Decimal("194.36")
    for letter, text in texts("check-this-invoice").items():
        assert ("$194.36" in text or "**$194.36**" in text) == (quality("check-this-invoice")[letter] > 4), letter
