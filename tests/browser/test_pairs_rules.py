"""The rules of comparing two and of the difference, over many cases, in the browser that runs them."""

import math
import random
from itertools import pairwise, product

import pytest

LETTERS = "ABCDEFGHI"


@pytest.fixture
def rules(open_page):
    page = open_page()
    page.goto("/sign-in/")
    page.evaluate(
        """async () => {
          window.pairs = await import("/static/js/pairs.js");
          window.diff = await import("/static/js/diff.js");
          window.answer = (truth, [one, other]) => truth[one] <= truth[other]
            ? { better: one, worse: other, tie: truth[one] === truth[other] }
            : { better: other, worse: one, tie: false };
        }"""
    )
    return page


def dense(ranks: dict[str, int]) -> dict[str, int]:
    used = sorted(set(ranks.values()))
    return {letter: used.index(rank) + 1 for letter, rank in ranks.items()}


def bound(k: int) -> int:
    """Binary insertion: each newcomer among i rungs needs at most ceil(log2(i + 1)) questions."""
    return sum(math.ceil(math.log2(i + 1)) for i in range(1, k))


def weak_orders() -> list[dict[str, int]]:
    """All of up to four candidates, many of more."""
    chance = random.Random(20)
    every = [dict(zip(LETTERS, ranks, strict=False)) for k in (2, 3, 4) for ranks in product(range(k), repeat=k)]
    some = [{letter: chance.randrange(k) for letter in LETTERS[:k]} for k in range(5, 10) for _ in range(150)]
    strict = [dict(zip(LETTERS, chance.sample(range(k), k), strict=False)) for k in range(5, 10) for _ in range(50)]
    return every + some + strict


def test_answers_by_any_weak_order_build_exactly_that_order(rules):
    orders = weak_orders()
    built = rules.evaluate(
        """(orders) => orders.map((truth) => {
          let levels = Object.fromEntries(Object.keys(truth).map((name) => [name, null]));
          let made = [];
          const left = [pairs.questionsLeft(levels, made)];
          const objections = [];
          for (let pair; left.length < 60 && (pair = pairs.nextPair(levels, made)); ) {
            const fresh = answer(truth, pair);
            objections.push(...pairs.against(made, fresh));
            made = [...made, fresh];
            levels = pairs.inserted(levels, made);
            left.push(pairs.questionsLeft(levels, made));
          }
          return { levels, left, objections, denied: pairs.contradictions(levels, made) };
        })""",
        orders,
    )
    worst: dict[int, int] = {}
    for truth, end in zip(orders, built, strict=True):
        left, k = end["left"], len(truth)
        assert end["levels"] == dense(truth)
        assert end["objections"] == end["denied"] == []
        assert left[0] == bound(k)
        assert left[-1] == 0
        assert all(after < before for before, after in pairwise(left)), left
        worst[k] = max(worst.get(k, 0), len(left) - 1)
    assert worst[2] == 1
    assert worst[3] == 3
    assert worst[7] <= 14
    assert worst[9] <= 21


def test_undone_placings_are_asked_again_and_the_order_still_comes_out(rules):
    """Now and then the ladder goes back some moves while the decisions stay as they are."""
    chance = random.Random(21)
    cases = [
        {
            "truth": {letter: chance.randrange(k) for letter in LETTERS[:k]},
            "back": [chance.choice([0, 0, 0, 1, 1, 2, 3]) for _ in range(25)],
        }
        for k in range(2, 10)
        for _ in range(40)
    ]
    ends = rules.evaluate(
        """(cases) => cases.map(({ truth, back }) => {
          let levels = Object.fromEntries(Object.keys(truth).map((name) => [name, null]));
          let made = [], past = [levels];
          for (let turn = 0; turn < 200; turn++) {
            for (let undo = back[turn] ?? 0; undo > 0 && past.length > 1; undo--) levels = (past.pop(), past.at(-1));
            const pair = pairs.nextPair(levels, made);
            if (!pair) break;
            const fresh = answer(truth, pair);
            made = [...pairs.standing(levels, made).filter((old) => pairs.about(old) !== pairs.about(fresh)), fresh];
            const next = pairs.inserted(levels, made);
            if (JSON.stringify(next) !== JSON.stringify(levels)) past.push((levels = next));
          }
          return levels;
        })""",
        cases,
    )
    assert ends == [dense(case["truth"]) for case in cases]


def some_ladders(count: int = 1500) -> list[dict[str, int | None]]:
    chance = random.Random(22)
    found = []
    for _ in range(count):
        k = chance.randint(2, 9)
        levels = {letter: chance.choice([None, *range(1, k + 1)]) for letter in LETTERS[:k]}
        found.append(levels if None in levels.values() else dense(levels))
    return found


def order_of(levels: dict[str, int | None], letters: list[str]) -> list[tuple[str, str, int]]:
    """How each two of them stand to each other."""
    placed = [letter for letter in letters if levels[letter] is not None]
    return [(a, b, (levels[a] > levels[b]) - (levels[a] < levels[b])) for a in placed for b in placed]


def test_a_decision_moves_one_and_leaves_the_others(rules):
    chance = random.Random(23)
    cases = [(levels, *chance.sample(sorted(levels), 2)) for levels in some_ladders()]
    moved = rules.evaluate(
        """(cases) => cases.map(([levels, one, other]) => {
          const better = pairs.prefer(levels, one, other), tied = pairs.tie(levels, one, other);
          return [better, pairs.prefer(better, one, other), tied, pairs.tie(tied, one, other)];
        })""",
        [list(case) for case in cases],
    )
    for (levels, one, other), (better, again, tied, tied_again) in zip(cases, moved, strict=True):
        rest = [letter for letter in levels if letter not in (one, other)]
        assert better[one] < better[other]
        assert tied[one] == tied[other] is not None
        assert (again, tied_again) == (better, tied)
        for after in (better, tied):
            assert order_of(after, rest) == order_of(levels, rest)
            assert [letter for letter in rest if after[letter] is None] == [l for l in rest if levels[l] is None]  # noqa: E741
            assert all(1 <= level <= len(levels) for level in after.values() if level is not None)
        if levels[one] is not None and levels[other] is not None:
            assert order_of(better, [other, *rest]) == order_of(levels, [other, *rest])  # only the winner moves
        if None not in better.values():
            assert better == dense(better)


def implied(decisions: list[dict], names: str) -> dict[tuple[str, str], int]:
    """The closure: 2 strictly better, 1 at least as good."""
    says = {(a, b): 0 for a in names for b in names}
    for made in decisions:
        says[made["better"], made["worse"]] = max(says[made["better"], made["worse"]], 1 if made["tie"] else 2)
        if made["tie"]:
            says[made["worse"], made["better"]] = max(says[made["worse"], made["better"]], 1)
    for via, a, b in product(names, names, names):
        if says[a, via] and says[via, b]:
            says[a, b] = max(says[a, b], says[a, via], says[via, b])
    return says


def test_what_speaks_against_a_decision_is_found_and_named(rules):
    chance = random.Random(24)

    def some_decision(names: str) -> dict:
        better, worse = chance.sample(names, 2)
        return {"better": better, "worse": worse, "tie": chance.random() < 0.3}

    cases = []
    for _ in range(1500):
        names = LETTERS[: chance.randint(3, 7)]
        cases.append(([some_decision(names) for _ in range(chance.randint(0, 6))], some_decision(names), names))
    rows = rules.evaluate(
        "(cases) => cases.map(([made, fresh]) => pairs.against(made, fresh))", [list(case) for case in cases]
    )
    seen = set()
    for (made, fresh, names), row in zip(cases, rows, strict=True):
        says = implied(made, names)
        ahead, behind = says[fresh["better"], fresh["worse"]], says[fresh["worse"], fresh["better"]]
        contradicted = (ahead == 2 or behind == 2) if fresh["tie"] else behind > 0
        assert bool(row) == contradicted, (made, fresh, row)
        assert all(part in made for part in row)
        if row:  # these alone speak against it, too
            alone = implied(row, names)
            against = max(alone[fresh["worse"], fresh["better"]], alone[fresh["better"], fresh["worse"]] * fresh["tie"])
            assert against >= 1 + fresh["tie"]
        seen.add((contradicted, fresh["tie"], len(row) > 1))
    assert len(seen) >= 6  # each sort of case came up


def test_the_named_cycle_is_the_shortest(rules):
    made = [{"better": a, "worse": b, "tie": False} for a, b in ("AB", "BC", "AD", "DE", "EC")]
    assert rules.evaluate(
        "(made) => pairs.against(made, { better: 'C', worse: 'A', tie: false }).map(pairs.about)", made
    ) == ["AB", "BC"]


@pytest.mark.parametrize(
    ("levels", "made", "in_hand", "pair"),
    [
        ({"A": 1, "B": 2, "C": 3}, [], "C", {"B", "C"}),  # its neighbour above
        ({"A": 1, "B": 2, "C": 3}, [], "A", {"A", "B"}),  # who has none above: below
        ({"A": 1, "B": 2, "C": 3, "D": 4, "E": 5}, [("A", "E")], "E", {"C", "E"}),  # the middle of what is open to it
        ({"A": 1, "B": 2, "C": 3}, [("B", "C")], "C", {"A", "B"}),  # C's place is known
        ({"A": 1, "B": 2, "C": 3}, [("A", "B")], None, {"B", "C"}),  # neighbours never compared
        ({"A": 1, "B": 2, "C": 3}, [("A", "B"), ("B", "C")], "B", None),
        ({"A": 1, "B": 2, "C": 3, "D": None}, [], None, {"B", "D"}),  # the middle of the ladder
        ({"A": 1, "B": 2, "C": None, "D": None}, [], "D", {"B", "D"}),  # in hand, before C
        ({"A": None, "B": None}, [], None, {"A", "B"}),
    ],
)
def test_the_suggested_pair(rules, levels, made, in_hand, pair):
    decisions = [{"better": one, "worse": other, "tie": False} for one, other in made]
    found = rules.evaluate(
        "([levels, made, inHand]) => pairs.suggest(levels, made, inHand)", [levels, decisions, in_hand]
    )
    assert (set(found) if found else None) == pair


def test_sides_change_from_pair_to_pair(rules):
    """Who is asked about first must not always stand on the same side."""
    shown = rules.evaluate(
        """() => [..."ABCDEFGHI"].flatMap((one, i) => [..."ABCDEFGHI"].slice(i + 1).map((other) => {
          const levels = { [one]: null, [other]: null };
          return pairs.nextPair(levels, [])[0] === one;
        }))"""
    )
    assert 0.4 < sum(shown) / len(shown) < 0.6


SNIPPETS = [
    "the", "a", "patient", "should", "rest", "water.", "(and)", "don't", "naïve", "👩‍👩‍👧", "日本語の文章です", "مرحبا", "بالعالم",
    "שלום", "if x:", "\n    return 1", "\n\n- item", "**bold**", "1,234.5", "…", "\t", "  ", "ภาษาไทย", "e\u0301", "\u202e",
]  # fmt: skip


def some_text(chance: random.Random, length: int) -> str:
    return "".join(chance.choice(SNIPPETS) + chance.choice([" ", " ", "", "\n"]) for _ in range(length))


def changed(chance: random.Random, text: str) -> str:
    words = text.split(" ")
    for _ in range(chance.randint(0, 8)):
        at = chance.randrange(len(words))
        words[at : at + chance.randint(0, 2)] = chance.sample(SNIPPETS, chance.randint(0, 2))
        words = words or [""]
    return " ".join(words)


def test_a_difference_holds_both_texts_whole(rules):
    chance = random.Random(25)
    texts = [some_text(chance, chance.randint(0, 80)) for _ in range(400)]
    cases = [[text, changed(chance, text) if chance.random() < 0.7 else some_text(chance, 40)] for text in texts]
    cases += [["", ""], ["", "a b"], ["a b", ""], ["a b", "a  b\n"], ["x" * 5000, "x" * 5000]]
    found = rules.evaluate(
        "(cases) => cases.map(([one, other]) => [diff.difference(one, other), diff.words(one).join('')])", cases
    )
    for (one, other), (runs, again) in zip(cases, found, strict=True):
        assert again == one
        assert "".join(run["left"] for run in runs) == one
        assert "".join(run["right"] for run in runs) == other
        for run in runs:
            if run["same"]:
                assert "".join(run["left"].split()) == "".join(run["right"].split())
            else:
                assert run["left"] != run["right"]
        kinds = [run["same"] for run in runs]
        assert all(a != b for a, b in pairwise(kinds))
        if "".join(one.split()) == "".join(other.split()) and one.split() == other.split():
            assert all(kinds)


def test_a_changed_word_is_the_difference_and_chance_agreement_is_none(rules):
    def parts(one: str, other: str) -> list[tuple[str, str]]:
        runs = rules.evaluate("([one, other]) => diff.difference(one, other)", [one, other])
        return [(run["left"], run["right"]) for run in runs if not run["same"]]

    assert parts("Rest and drink water.", "Rest and drink tea.") == [("water", "tea")]
    assert parts("I like red apples, and so on.", "I love red plums, and so on.") == [("like ", "love "), ("apples", "plums")]  # fmt: skip
    assert parts("日本語の文章です。", "日本語の手紙です。") == [("文章", "手紙")]
    long_change = parts("one two three four the five six seven eight", "ten eleven twelve the hundred thousand more")
    assert long_change == [("one two three four the five six seven eight", "ten eleven twelve the hundred thousand more")]  # fmt: skip


def test_long_texts_take_bounded_time_and_too_long_ones_none(rules):
    """4,000 tokens are about 3,000 words; this machine may be busy, so the bound is wide."""
    chance = random.Random(26)
    vocabulary = [f"word{number}" for number in range(400)]
    one, other = (" ".join(chance.choices(vocabulary, k=3600)) for _ in range(2))
    took, count = rules.evaluate(
        """([one, other]) => {
          const start = performance.now();
          const runs = diff.difference(one, other);
          return [performance.now() - start, runs.length];
        }""",
        [one, other],
    )
    assert count > 1
    assert took < 5_000, took
    far = rules.evaluate(
        """([one, other]) => {
          const start = performance.now();
          return [diff.difference(one.repeat(2), other.repeat(2)), performance.now() - start];
        }""",
        [f"{one} ", f"{other} "],
    )
    assert far[0] is None
    assert far[1] < 5_000, far[1]
