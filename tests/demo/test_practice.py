"""The practice questions are what the clinic's grammar tells, and the better reply is ranked higher."""

import json
from itertools import combinations

from apps.demo.practice import FILE, QUALITY, practice_lines
from workers.rlhf.clinic.grammar import MANNERS
from workers.rlhf.clinic.practice import practice


def stored() -> list[dict]:
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def test_the_file_is_what_the_grammar_tells():
    assert stored() == list(practice())


def test_distinct_questions_with_a_distinct_reply_in_every_manner():
    questions = [one["question"] for one in stored()]
    assert len(set(questions)) == len(questions) == 160
    for one in stored():
        assert set(one["replies"]) == set(MANNERS) == set(QUALITY)
        assert len(set(one["replies"].values())) == len(MANNERS)


def test_the_worse_the_other_the_more_often_the_careful_reply_wins():
    wins: dict[str, list[bool]] = {manner: [] for manner in QUALITY if manner != "careful"}
    for line, told in zip(practice_lines(), stored(), strict=True):
        manner_of = {text: manner for manner, text in told["replies"].items()}
        manners = [manner_of[completion["text"]] for completion in line["completions"]]
        for ranking in line["rankings"]:
            for one, other in combinations(range(4), 2):
                pair = {manners[one]: ranking["ranks"][one], manners[other]: ranking["ranks"][other]}
                if "careful" in pair and len(set(pair.values())) == 2:
                    rank = pair.pop("careful")
                    (loser,) = pair
                    wins[loser].append(rank < pair[loser])
    shares = {manner: sum(won) / len(won) for manner, won in wins.items()}
    assert 0.7 < shares["rambling"] < shares["curt"] < shares["reckless"] < 1


def test_neither_place_nor_letter_gives_the_quality_away():
    places = [0] * 4
    for line, told in zip(practice_lines(), stored(), strict=True):
        texts = [completion["text"] for completion in line["completions"]]
        places[texts.index(told["replies"]["careful"])] += 1
    assert all(20 <= count <= 60 for count in places), places


def test_all_that_is_ranked_is_said_to_be_simulated():
    lines = list(practice_lines())
    assert {ranking["kind"] for line in lines for ranking in line["rankings"]} == {"simulated"}
    assert sum("demonstration" in line for line in lines) == 54
    assert {line["demonstration_labeler"] for line in lines if "demonstration" in line} == {"simulated-01"}
