"""The account that an endpoint's run keeps of its answers."""

from pathlib import Path
from typing import Any

from workers.rlhf.candidates.journal import Journal


def test_the_account_of_tokens_is_exact_after_a_resume(tmp_path: Path):
    def line(index: int, tokens: int, prompt_tokens: int | None) -> dict[str, Any]:
        return {"prompt_uid": "p", "sample_index": index, "tokens": tokens, "prompt_tokens": prompt_tokens}

    journal = Journal(tmp_path, "spec")
    journal.add([line(0, 5, 10), line(1, 7, None), {"seconds": 1.5}])
    journal.add([line(0, 6, 20), {"left_out": "q"}, line(2, 1, 2)])  # the first once more: the last word counts
    assert (journal.tokens, journal.written) == (6 + 20 + 7 + 1 + 2, 6 + 7 + 1)

    again = Journal(tmp_path, "spec")
    assert (again.tokens, again.written, again.answers) == (journal.tokens, journal.written, journal.answers)
