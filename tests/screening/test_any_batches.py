"""The screen decides as one pass over all lines would, whatever the batches, the files and the imports beside it."""

from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.imports.models import ImportProblem
from apps.imports.services import run
from apps.projects.services import project_create
from apps.prompts.models import Prompt

from .test_screen import bring, problems

OPTIONS = {"dedupe_prefix": 20, "cap_per_source": 3, "use_case_quotas": {"chat": 4}}
lines = st.lists(
    st.fixed_dictionaries({
        "prompt": st.builds(lambda stem, end: stem * 20 + end, st.sampled_from("ab"), st.sampled_from("12")) | st.sampled_from("xyzvw"),
        "source_key": st.sampled_from(["ann", "bob", ""]), "use_case": st.sampled_from(["chat", "other"]),
    }),
    max_size=14,
)  # fmt: skip


def expected(given: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """The rules, as one would tell them."""
    kept: list[dict[str, Any]] = []
    refused = []
    for number, line in enumerate(given, start=1):
        if any(line["prompt"] == other["prompt"] for other in kept):
            continue
        if len(line["prompt"]) >= 20 and any(line["prompt"][:20] == other["prompt"][:20] for other in kept):
            refused.append((number, "near_duplicate"))
        elif line["source_key"] and sum(line["source_key"] == other["source_key"] for other in kept) >= 3:
            refused.append((number, "source_full"))
        elif line["use_case"] == "chat" and sum(other["use_case"] == "chat" for other in kept) >= 4:
            refused.append((number, "use_case_full"))
        else:
            kept.append(line)
    return refused


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(given=lines, batch=st.integers(1, 6), cut=st.integers(0, 14))
def test_as_one_pass_would(cast, monkeypatch, given, batch, cut):
    monkeypatch.setattr(run, "BATCH_LINES", batch)
    project = project_create(actor=cast.manager.user, slug=f"p{uuid4().hex[:12]}", name="P")
    first = bring(project, given[:cut], **OPTIONS)
    assert problems(first) == expected(given[:cut])
    whole = bring(project, given, **OPTIONS)
    assert problems(whole) == expected(given)
    there = len({line["prompt"] for line in given}) - len(
        {given[n - 1]["prompt"] for n, _ in expected(given)} - _kept(given)
    )
    assert Prompt.objects.filter(project=project).count() == there


def _kept(given: list[dict[str, Any]]) -> set[str]:
    refused = {number for number, _ in expected(given)}
    return {line["prompt"] for number, line in enumerate(given, start=1) if number not in refused}


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_do_not_overdraw(project, monkeypatch):
    monkeypatch.setattr(run, "BATCH_LINES", 2)
    failed: list[Exception] = []

    def import_some(name: str) -> None:
        try:
            bring(
                project,
                [{"prompt": f"{name} {number}", "source_key": "ann"} for number in range(20)],
                cap_per_source=15,
            )
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=import_some, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert Prompt.objects.filter(project=project).count() == 15
    assert ImportProblem.objects.filter(code="source_full").count() == 25
