"""Every URL, generated from the resolver, under requests that no page or honest program sends.

Nothing may crash, and whatever the API refuses it refuses in its one error shape.

Each URL meets a third of the hostile values, each value a third of the URLs; `HYPOTHESIS_PROFILE=nightly` sends all to all.
"""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.accounts.models import User
from tests.access.test_every_url import address, objects  # noqa: F401
from tests.access.urls import OWN, PROJECT, Door, doors
from tests.cast import Cast

BACKEND = "django.contrib.auth.backends.ModelBackend"
LONG = "x" * 300
HOSTILE = ["abc", "-1", "1" + "0" * 30, "9" * 5_000, "\x00", LONG]
CURSORS = ["garbage", base64.b64encode(b"p=abc").decode(), base64.b64encode(b"p=\x00&o=-1&r=9").decode()]
# One name for each thing that some view reads from its query.
READ_NAMES = (
    "page", "number", "limit", "track", "text", "use_case", "split", "next", "kind", "view", "name", "from", "list", "state",
    "task", "before", "retired", "uid", "external_id", "since", "until", "purpose", "cohort", "free", "order", "labeler", "pasted", "similar", "format", "written",
    "to", "zone", "least", "sensitive", "resolved", "category", "after", "left", "right",
)  # fmt: skip
SHARES = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 3
PARTS = 4  # tests of each kind, so that no process is left with all of them at the end
QUERIES = [dict.fromkeys(READ_NAMES, value) for value in HOSTILE] + [
    {"cursor": cursor, "limit": "5", "format": "x"} for cursor in CURSORS
]

# Names of fields that some view or serializer reads, so that hostile values get past the first check.
FIELDS = (
    "username", "password", "email", "label", "role", "cohort", "status", "track", "body", "number", "revision",
    "draft", "kind", "purpose", "split", "filters", "text", "tier-A", "rating-A-overall", "note", "reason", "details",
    "next", "slug", "name", "tiers", "ratings", "prompt_flags", "use_case", "prompts", "judgments_per_task", "format",
    "seed", "candidates_per_task", "overlap_share", "priority", "tasks", "prompt_uids", "completions",
    "accepts_sensitive", "requires_acknowledgement", "old_password", "new_password1", "new_password2",
    "feedback-question", "feedback-rule", "question", "change", "changes_meaning", "based_on", "do", "feedback-subject", "feedback-category", "feedback-text", "answer", "amend", "resolution",
    "place-1", "better-1", "worse-1", "may-tie-1", "may_miss", "explanation", "retired_as", "because",
    "category", "rule", "supersedes", "seen", "below", "more", "most", "use_cases", "more_below", "more_judgments", "more_most",
    "licence", "endpoint", "spec", "snapshot", "parent_model", "reward_model", "previous_model", "model_version", "model_name", "source", "location", "revision",
    "record", "line", "questions", "enabled", "every_comparisons", "every_hours", "prompts_per_loop", "base_model", "specs", "steps", "learning_rate",
    "item", "part", "prompt", "text-1", "flag-A-sensitive", "topics", "other", "flags", "outcome", "skills", "seen", "value", "last", "right",
)  # fmt: skip


def _filled(value: str) -> bytes:
    """A JSON object with `value` (JSON itself) in every known field."""
    return ("{" + ", ".join(f'"{name}": {value}' for name in FIELDS) + "}").encode()


BODIES = [
    b"", b"[]", b"null", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 300 + b"1" + b"}" * 300,
    *map(_filled, ("NaN", '"\\ud800"', '"\\u0000"', "9" * 5_000, "12345678901234567890123", "[]", f'"{LONG}"')),
]  # fmt: skip
TYPES = ["application/json; charset=nonsense", "text/plain", "multipart/form-data", ""]


GOOD: dict[str, dict[str, Any]] = {
    "api:v1:token": {"email": "labeler@example.org", "password": "wrong", "label": "x"},
    "api:v1:projects": {
        "slug": "new", "name": "New", "description": "", "candidates_per_task": 4, "judgments_per_task": 1,
        "overlap_share": 0.1, "overlap_judgments": 2, "lease_minutes": 5, "correction_minutes": 5,
    },
    "api:v1:members": {"email": "n@example.org", "password": "a long good one", "role": "labeler", "cohort": "training"},
    "api:v1:guidelines": {"track": "collection", "body": "Be kind.", "requires_acknowledgement": True, "changes_meaning": True, "change": "x"},
    "api:v1:tasks": {"kind": "demonstrate", "prompts": {"split": "train", "written": False}, "judgments": 1, "priority": 0},
    "api:v1:claim": {"kind": "rank"},
    "api:v1:adjudication-resolve": {
        "category": "slip", "tiers": {"A": 1, "B": 2}, "rule": "", "note": "x", "supersedes": None, "seen": None,
    },
    "api:v1:adjudication-more": {"below": 0.5, "more": 1, "most": 5},
    "api:v1:adjudication-rules": {"use_cases": [], "more_below": None, "more_judgments": 1, "more_most": 5},
    "api:v1:snapshots": {"kind": "rankings", "purpose": "evaluation", "filter": {"split": ["train"]}},
    "api:v1:models": {"name": "gpt2", "source": {"hub": "openai-community/gpt2", "revision": "main"}},
    "api:v1:training-runs": {
        "kind": "pretrain", "spec": {"steps": 5}, "snapshot": None, "demonstrations": None, "parent_model": None,
        "reward_model": None, "previous_model": None, "model_name": "tiny", "reason": "x",
    },
    "api:v1:generation-runs": {"model": "x", "snapshot": "x", "spec": {"samples": 2}, "reason": "x"},
    "api:v1:candidate-sets": {
        "models": [{"model": "x", "share": 1}], "snapshot": "x", "k": 4, "spec": {"temperature": 1}, "hygiene": {"empty": "drop"},
        "reason": "x",
    },
    "api:v1:loops": {"reason": "x"},
    "api:v1:draft": {"draft": {"note": "x"}, "revision": 0},
    "labeling:draft": {"draft": {"note": "x"}, "revision": 0},
    "api:v1:submit": {
        "tiers": {"A": 1, "B": 1, "C": 1}, "ratings": {}, "prompt_flags": {}, "note": "", "use_case": "", "rendering": "raw",
    },
    "api:v1:corrections": {"tiers": {"A": 1, "B": 1, "C": 2}, "ratings": {}, "prompt_flags": {}, "note": "x"},
    "api:v1:skip": {"reason": "x"},
    "api:v1:assignment-reports": {"subject": "A", "category": "other", "text": "x"},
    "api:v1:assignment-questions": {"body": "x", "rule": ""},
    "api:v1:question-shown": {"question": "x"},
    "api:v1:question-answer": {"answer": "x", "amend": True},
    "api:v1:report-close": {"resolution": "x"},
    "api:v1:lineage": {"line": "{}"},
    "api:v1:exams": {
        "title": "x", "intro": "", "flags": [{"name": "sensitive"}], "topics": ["x"], "cutoffs": {"flags": 0.5},
        "practice_rule": {"last": 0, "right": 0}, "items": [{"part": "demonstrations", "prompt": "x"}],
    },
    "api:v1:gold": {
        "task": "x", "prompt": "x", "candidates": ["x"], "pairs": [{"better": "x", "worse": "y", "may_tie": True}],
        "tiers": {"x": 1}, "neighbours_may_tie": True, "may_miss": 0, "explanation": "x",
    },
    "api:v1:gold-retire": {"retired_as": "worn", "because": "x"},
    "api:v1:exam-candidate-decisions": {"outcome": "ask_again", "reason": "x", "skills": ["x"], "seen": 0},
}  # fmt: skip
WRONG = (
    '"a\\u0000b"', "12345678901234567890123", "-1", "99999999999", "[]", f'"{LONG}"', '{"A": {"note": "\\u0000"}}',
    "[" * 250 + "]" * 250,
)  # fmt: skip


@dataclass
class Visit:
    """One URL, knocked on by whoever may open it. What went wrong is collected, not raised."""

    door: Door
    path: str
    client: Client
    number: int
    wrong: list[str] = field(default_factory=list)

    def its_share(self, attacks: list[Any]) -> list[Any]:
        return attacks[self.number % SHARES :: SHARES]

    def send(self, what: str, method: str, path: str = "", **extra: Any) -> None:
        answer = self.client.generic(method, path or self.path, **extra)
        self.look_at(f"{method} {what[:70]}", answer)

    def look_at(self, what: str, answer: HttpResponse) -> None:
        if answer.status_code >= 500 and (self.door.name, answer.status_code) != ("operations:readyz", 503):
            self.wrong.append(f"{what}: {answer.status_code} {crash_of(answer)}")
        elif self._must_have_the_shape(answer) and not is_error_shape(answer):
            self.wrong.append(f"{what}: {answer.status_code} without the error shape: {answer.content[:80]!r}")

    def _must_have_the_shape(self, answer: Any) -> bool:
        """A refusal by the API; its page for people and its schema (YAML) speak otherwise."""
        speaks_json = self.door.is_api and self.door.name not in ("api:docs", "api:schema")
        return speaks_json and answer.status_code >= 400 and answer.request["REQUEST_METHOD"] != "HEAD"


def crash_of(answer: Any) -> str:
    """The error, and the last line of ours that it came through."""
    if answer.exc_info is None:
        return ""
    _, error, trace = answer.exc_info
    ours = ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "/apps/" in name:
            ours = f"apps/{name.rpartition('/apps/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}: {str(error)[:80]} at {ours}"


def is_error_shape(answer: Any) -> bool:
    try:
        error = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        return False
    return set(error) == {"code", "message", "details"} and isinstance(error["message"], str)


def visitor_of(door: Door, cast: Cast) -> User | None:
    if door.name in OWN or door.name == "accounts:revoke-token":
        return cast.labeler.user
    if door.name in PROJECT:
        needs = {capability.value for capability in PROJECT[door.name].values()}
        if "qualify" in needs:
            return User.objects.get(email="qualifying@example.org")
        return cast.labeler.user if "label" in needs else cast.manager.user
    return None if door.name in ("accounts:sign-in", "api:v1:token") else cast.manager.user


def visits(cast: Cast, things: dict[str, Any], part: int) -> Iterator[Visit]:
    for number, door in list(enumerate(doors()))[part::PARTS]:
        path = "/api/v1/nothing/" if door.name == "api:" else address(door, things)
        client = Client(raise_request_exception=False)
        if (user := visitor_of(door, cast)) is not None:
            client.force_login(user, backend=BACKEND)
        yield Visit(door, path, client, number)


def _queries(visit: Visit) -> None:
    strange = {"Range": "bytes=9-1,-,x", "Accept": "x/y;q=z", "Accept-Language": LONG}
    answer = visit.client.get(visit.path, headers=strange)
    if answer.status_code == 405:
        return
    visit.look_at("GET range", answer)
    for query in visit.its_share(QUERIES):
        answer = visit.client.get(visit.path, query)
        visit.look_at(f"GET {str(query)[:60]}", answer)
    visit.send("invalid UTF-8", "GET", f"{visit.path}?text=%ff%fe&page=%ff&cursor=%ff&use_case=%00")
    for method in ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"):
        visit.send("", method)


def _bodies(visit: Visit) -> None:
    if visit.client.post(visit.path).status_code == 405:
        return
    reads_json = visit.door.is_api or visit.door.name == "labeling:draft"
    for body in visit.its_share(BODIES) if reads_json else BODIES[:1]:
        visit.send(repr(body), "POST", data=body, content_type="application/json")
    for kind in TYPES:
        visit.send(kind, "POST", data=b'{"a": 1}', content_type=kind)
    visit.send("not UTF-8", "POST", data=b"text=%ff&note=\xff", content_type="application/x-www-form-urlencoded")
    visit.send("no gzip", "POST", data=b"x", content_type="application/json", headers={"Content-Encoding": "gzip"})
    for value in [] if visit.door.is_api else visit.its_share(HOSTILE):
        visit.look_at(f"POST form {value[:20]!r}", visit.client.post(visit.path, dict.fromkeys(FIELDS, value)))


def _one_wrong_field(visit: Visit) -> None:
    """A good body but for one field, so that a hostile value gets as far as the services."""
    good = GOOD.get(visit.door.name, {})
    for name in good:
        for value in WRONG:
            rest = "".join(f', "{other}": {json.dumps(good[other])}' for other in good if other != name)
            body = f'{{"{name}": {value}{rest}}}'.encode()
            visit.send(f"{name}={value[:30]}", "POST", data=body, content_type="application/json")


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("attack", [_queries, _bodies, _one_wrong_field])
def test_every_url_survives(cast: Cast, objects: dict[str, Any], attack, part, settings, monkeypatch):  # noqa: F811
    settings.AXES_ENABLED = False  # else the sign-in doors answer 429 after five
    monkeypatch.setattr("apps.core.health._queues", list)  # each visit would wait for workers
    wrong = []
    for visit in visits(cast, objects, part):
        attack(visit)
        wrong += [f"{visit.door.name} {problem}" for problem in visit.wrong]
    assert wrong == [], "\n".join(wrong)
