from apps.labeling.selectors import desk_of, queue_state
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_correct, judgment_submit
from tests.make import make_rank_task


def test_one_ranking(cast):
    task = make_rank_task(cast.project, k=3)
    a = assignment_claim(member=cast.labeler, kind="rank")
    assert a.task == task
    assert assignment_claim(member=cast.labeler, kind="rank") == a
    assert assignment_claim(member=cast.second_labeler, kind="rank") is None
    assert queue_state(cast.second_labeler).held_by_others == 1
    d = desk_of(a)
    body = {"tiers": {"A": 1, "B": 1, "C": 2}}
    done = judgment_submit(assignment=a, body=body)
    assert done.new
    assert not judgment_submit(assignment=a, body=body).new
    c = judgment_correct(assignment=a, body={"tiers": {"A": 1, "B": 2, "C": 2}})
    assert c.judgment.supersedes == done.judgment
