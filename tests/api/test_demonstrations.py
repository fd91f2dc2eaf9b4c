"""The list of demonstrations over the API."""

import pytest

from apps.labeling.models import Demonstration
from apps.labeling.services.claim import assignment_claim
from apps.labeling.services.judgments import judgment_submit
from tests.api.calls import claim
from tests.api.client import Caller
from tests.cast import Cast
from tests.make import make_completions, make_demonstrate_task

LIST = "projects/clinic/demonstrations/"
ANSWER = "one two three four five six seven eight nine ten"


def test_what_labelers_wrote_newest_first(cast: Cast, researcher: Caller):
    task = make_demonstrate_task(cast.project)
    (copied,) = make_completions(task.prompt, [ANSWER])
    make_demonstrate_task(cast.project)
    for text, pasted in ((ANSWER, 12), ("Own words.", 0)):
        assignment = assignment_claim(member=cast.labeler, kind="demonstrate")
        assert assignment is not None
        judgment_submit(assignment=assignment, body={"text": text}, pasted=pasted)
    newest, first = researcher.get(LIST).json()["results"]
    assert (newest["text"], newest["pasted_share"], newest["similarity"], newest["nearest"]) == (
        "Own words.",
        0,
        0,
        None,
    )
    assert first == first | {
        "prompt": str(task.prompt.uid), "labeler": cast.labeler.pseudonym, "pasted_share": 12 / len(ANSWER),
        "similarity": 1.0, "nearest": str(copied.uid),
    }  # fmt: skip
    for query, texts in (
        ("?similar=0.9", [ANSWER]), ("?pasted=0.2", [ANSWER]), ("?pasted=0.9", []),
        (f"?labeler={cast.labeler.pseudonym}&limit=1", ["Own words."]), ("?labeler=nobody", []),
    ):  # fmt: skip
        assert [row["text"] for row in researcher.get(LIST + query).json()["results"]] == texts


@pytest.mark.parametrize("query", ["?pasted=2", "?pasted=x", "?similar=-1", f"?labeler={'x' * 50}"])
def test_a_filter_that_is_none_is_named(researcher: Caller, query: str):
    answer = researcher.get(LIST + query)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] in query


def test_over_the_api_nobody_counts_what_was_pasted(cast: Cast, labeler: Caller):
    make_demonstrate_task(cast.project)
    uid = claim(labeler, "demonstrate")["uid"]
    refused = labeler.post(f"assignments/{uid}/submit/", {"text": "Mine.", "pasted": "5"})
    assert refused.status_code == 422  # not a part of a judgment
    labeler.post(f"assignments/{uid}/submit/", {"text": "Mine."})
    assert Demonstration.objects.get().pasted_share is None
