"""Whose replies people ranked higher, of four models: the plain query that counts pair by pair beside the count that is kept,
reading and counting apart, and the comparison page on top of it."""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench import report
from bench.stage import ROOT, stage

# Every completion becomes one of these models'; the bench's completions of a prompt have ids that follow one another.
_WRITERS = """
UPDATE prompts_completion SET origin = 'model', source_name = NULL, sample_index = 0, sampling = '{}',
    model_version_id = (%(models)s::bigint[])[1 + id %% 4], generation_run_id = (%(runs)s::bigint[])[1 + id %% 4]
"""


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench preferred", description=__doc__)
    parser.add_argument("--rankings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-artifacts-") as store:
        os.environ["ARTIFACT_ROOT"] = store
        with stage():
            _measure(given.rankings, given.rounds)


def _measure(rankings: int, rounds: int) -> None:
    from apps.training.domain.preferred import outcomes
    from apps.training.selectors.preferred import each_two, outcomes_told, preferred_of
    from apps.training.selectors.ranked import ranked_replies
    from apps.training.services.preferred import preferences_refresh, preferred_now
    from bench.snapshots_fill import fill
    from bench.texts import questions
    from tests.training.plain_preferred import said_of

    texts, whence = questions()
    project = fill(texts, rankings)
    models = _models(project)
    ranked = ranked_replies(project)
    kept = outcomes_told(outcomes(ranked))
    if _rows(kept) != said_of(models, project):
        raise RuntimeError("the two ways count other things")
    preferences_refresh(project=project)
    page = _page(project, models)
    ways: dict[str, Callable[[], Any]] = {
        "plain query": lambda: said_of(models, project),
        "reading rankings": lambda: ranked_replies(project),
        "counting pairs": lambda: outcomes(ranked),
        "six intervals": lambda: preferred_of(each_two(models), kept),
        "what a look costs": lambda: preferred_now(pairs=each_two(models), project=project),
        "the whole page": page,
    }
    found = {name: _timed(way, rounds) for name, way in ways.items()}
    report.say(report.table(("", "ms"), [(name, f"{1000 * seconds:,.1f}") for name, seconds in found.items()]))
    result = {**report.machine(), "rankings": rankings, "texts": whence, "seconds": found}
    report.say(str(report.write("preferred", result).relative_to(ROOT)))


def _rows(kept: dict[str, Any]) -> dict[tuple[int, int], list[tuple[int, ...]]]:
    """What is kept, a row a prompt again."""
    return {
        (pair["one"], pair["other"]): sorted(tuple(said) for *said, prompts in pair["said"] for _ in range(prompts))
        for pair in kept["pairs"]
    }


def _models(project: Any) -> list[Any]:
    from django.db import connection

    from tests.training.rows import a_generation, a_model

    models = [a_model(project, "policy") for _ in range(4)]
    runs = [a_generation(project, "done", model_version=model) for model in models]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(_WRITERS, {"models": [one.pk for one in models], "runs": [one.pk for one in runs]})
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE")
    return models


def _page(project: Any, models: Sequence[Any]) -> Callable[[], Any]:
    from django.test import Client

    from apps.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(email="manager@bench.local"), "django.contrib.auth.backends.ModelBackend")
    query = "&".join(f"model={model.uid}" for model in models)

    def shown() -> None:
        if client.get(f"/p/{project.slug}/training/models/compare/?{query}").status_code != 200:
            raise RuntimeError("the page is not shown")

    shown()
    return shown


def _timed(way: Callable[[], Any], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        way()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
