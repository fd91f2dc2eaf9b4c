"""Lines over the API that say something of what is in already: nothing twice, nothing undone, conflicts named."""

import pytest

from apps.labeling.models import Judgment, Task
from apps.projects.models import ExternalLabeler
from apps.prompts.models import Prompt
from tests.imports.sending import PAIR, SHAPES, counts, ranked, send


def test_sent_again_it_adds_nothing(manager, project):
    send(manager, SHAPES.read_bytes())
    again = send(manager, SHAPES.read_bytes())
    assert counts(again) == {"lines": 6, "duplicates": 6}


def test_the_same_line_twice_in_a_file(manager, project):
    answer = send(manager, [ranked("ann", [1, 2]), ranked("ann", [1, 2])])
    assert counts(answer) == {
        "lines": 2, "prompts": 1, "completions": 2, "rankings": 1, "tasks_created": 1, "duplicates": 1,
    }  # fmt: skip


def test_a_known_prompt_gains_completions_and_a_task(manager, project):
    send(manager, [{"prompt": "Hi?", "completions": PAIR}])
    answer = send(manager, [{"prompt": "Hi?", "completions": [PAIR[0], {"text": "new"}]}])
    assert counts(answer) == {"lines": 1, "completions": 1, "tasks_created": 1}


def test_other_rankings_of_known_candidates_are_added_in_any_order_of_the_candidates(manager, project):
    send(manager, [ranked("ann", [1, 2])])
    answer = send(manager, [ranked("bob", [1, 2], completions=PAIR[::-1])])

    assert counts(answer) == {"lines": 1, "rankings": 1}
    assert Judgment.objects.get(external_labeler__pseudonym="bob").ranking.tiers == [2, 1]
    assert counts(send(manager, [ranked("bob", [2, 1])])) == {"lines": 1, "duplicates": 1}


@pytest.mark.parametrize("at_once", [True, False])
def test_the_same_labeler_with_other_ranks_is_a_conflict_and_nothing_of_the_line_stays(manager, project, at_once):
    first = ranked("ann", [1, 2])
    second = ranked("ann", [2, 1], prompt_id="other", demonstration="Hello")
    second["rankings"].append({"labeler": "bob", "ranks": [1, 1]})
    answer = send(manager, [first, second]) if at_once else (send(manager, [first]), send(manager, [second]))[1]

    (problem,) = answer.json()["errors"]
    assert problem["code"] == "ranking_conflict"
    assert problem["field"] == "rankings[0]"
    assert problem["line"] == (2 if at_once else 1)
    assert Prompt.objects.get().external_ids == []
    assert Judgment.objects.count() == 1
    assert ExternalLabeler.objects.count() == 1


def test_a_second_demonstration_by_the_same_labeler_is_a_conflict(manager, project):
    answer = send(manager, [{"prompt": "Hi?", "demonstration": "a"}, {"prompt": "Hi?", "demonstration": "b"},
                            {"prompt": "Hi?", "demonstration": "b", "demonstration_labeler": "bob"}])  # fmt: skip
    assert [problem["code"] for problem in answer.json()["errors"]] == ["demonstration_conflict"]
    assert answer.json()["demonstrations"] == 2
    task = Task.objects.get()
    assert (task.required, task.open_slots, task.state) == (0, 0, "closed")


def test_a_labeler_keeps_the_kind_it_came_with(manager, project):
    pool = ranked("ann", [1, 2])
    pool["rankings"][0]["kind"] = "pool"
    answer = send(manager, [ranked("ann", [1, 2]), {**pool, "prompt": "Other?"}])
    assert [problem["code"] for problem in answer.json()["errors"]] == ["labeler_kind_conflict"]


def test_tasks_none_makes_only_closed_tasks_that_a_ranking_needs(manager, project):
    answer = send(manager, [ranked("ann", [1, 2]), {"prompt": "Bye?", "completions": PAIR}], "?tasks=none")
    assert counts(answer) == {"lines": 2, "prompts": 2, "completions": 4, "rankings": 1}
    assert Task.objects.get().state == "closed"
    assert counts(send(manager, [{"prompt": "Bye?", "completions": PAIR}])) == {"lines": 1, "tasks_created": 1}


def test_sent_again_with_tasks_a_closed_task_is_opened(manager, project):
    project.judgments_per_task, project.overlap_share = 3, 0
    project.save()
    lines = [ranked("ann", [1, 2])]
    send(manager, lines, "?tasks=none")
    assert counts(send(manager, lines, "?tasks=none")) == {"lines": 1, "duplicates": 1}
    project.judgments_per_task = 2
    project.save()

    assert counts(send(manager, lines * 2)) == {"lines": 2, "tasks_created": 1, "duplicates": 1}

    task = Task.objects.get()
    assert (task.state, task.required, task.open_slots) == ("open", 2, 2)
    assert counts(send(manager, lines)) == {"lines": 1, "duplicates": 1}


def test_imported_judgments_take_no_slot(manager, project):
    project.judgments_per_task = 2
    project.save()
    send(manager, [ranked("ann", [1, 2])])
    assert (Task.objects.get().required, Task.objects.get().open_slots) == (2, 2)


def test_sensitive_prompts_make_sensitive_tasks(manager, project):
    send(manager, [{"prompt": "Hi?", "completions": PAIR, "sensitive": True, "language": "en"}])
    assert Task.objects.get().sensitive
    assert Prompt.objects.get().language == "en"


@pytest.mark.parametrize("at_once", [True, False])
def test_a_later_line_makes_a_known_prompt_sensitive_with_all_its_tasks_and_none_undoes_it(manager, project, at_once):
    plain, other = {"prompt": "Hi?", "completions": PAIR}, {"prompt": "Hi?", "completions": [*PAIR, {"text": "z"}]}
    raising = {"prompt": "Hi?", "sensitive": True}
    files = [[plain, other, raising]] if at_once else [[plain, other], [raising]]
    answers = [counts(send(manager, lines)) for lines in files]

    assert not any(answer.get("duplicates") for answer in answers)
    assert Prompt.objects.get().sensitive
    assert [task.sensitive for task in Task.objects.all()] == [True, True]
    assert counts(send(manager, [plain, raising, {**plain, "sensitive": False}])) == {"lines": 3, "duplicates": 3}
    assert Prompt.objects.get().sensitive
    send(manager, [{"prompt": "Hi?", "completions": [*PAIR, {"text": "new"}]}])
    assert not Task.objects.filter(sensitive=False).exists()
