"""Bias reports of many rankings of K = 4: processor time of each report, and the memory of all of them.

Columns are made up: 40 labelers, one task in ten judged by three of them, candidates of real texts' features. Reading
texts into features is told beside it, since a service does that once a completion, not once a report.
"""

import argparse
import resource
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from apps.quality.domain.bias.columns import Rankings, rankings
from apps.quality.domain.bias.fatigue import fatigue
from apps.quality.domain.bias.features import Features, features_of
from apps.quality.domain.bias.length import length
from apps.quality.domain.bias.others import with_others
from apps.quality.domain.bias.pairs import Table
from apps.quality.domain.bias.position import position
from apps.quality.domain.bias.rendering import rendering
from apps.quality.domain.bias.speed import speed
from apps.quality.domain.bias.style import styles
from apps.quality.domain.bias.weight import weight
from bench.report import machine, say, table, write
from bench.texts import K, questions

LABELERS = 40
REPORTS: dict[str, Callable[[Table], Any]] = {
    "agreement with others": with_others, "position": position, "length": length, "style": styles,
    "rendering": rendering, "fatigue": fatigue, "speed": speed, "weight": weight,
}  # fmt: skip


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench bias", description=__doc__)
    parser.add_argument("--rankings", type=int, default=1_000_000)
    parser.add_argument("--texts", type=int, default=20_000)
    options = parser.parse_args(argv)
    features, extraction = _features(options.texts)
    say(table(["features", "texts/s", "MB/s"], [["of texts", extraction["texts_a_second"], extraction["mb_a_second"]]]))
    given = _columns(options.rankings, features)
    columns_mb = _peak_mb()
    judged = Table(given)
    seconds: dict[str, float] = {}
    seconds["pairs"], _ = _timed(lambda: judged.pairs)
    for name, report in REPORTS.items():
        seconds[name], _ = _timed(lambda report=report: report(judged))  # type: ignore[misc]
    total = sum(seconds.values())
    rows: list[list[object]] = [[name, 1000 * value] for name, value in seconds.items()]
    say("\n" + table([f"{options.rankings:,} rankings", "ms of processor"], [*rows, ["all", 1000 * total]]))
    say(f"peak memory {_peak_mb():,} MB, of it {columns_mb:,} MB before the first report")
    result = {
        "rankings": options.rankings, "k": K, "features": extraction, "seconds": seconds, "seconds_all": total,
        "peak_mb": _peak_mb(), "peak_mb_columns": columns_mb, "machine": machine(),
    }  # fmt: skip
    path = write("bias", result)
    say(f"{path.relative_to(path.parents[2])}")


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    start = time.process_time()
    result = act()
    return time.process_time() - start, result


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _features(number: int) -> tuple[Features, dict[str, Any]]:
    pool, source = questions()
    replies = [reply for question in pool for reply in question.replies]
    texts = (replies * (number // len(replies) + 1))[:number]
    seconds, features = _timed(lambda: features_of(texts, ["en"] * number))
    size = sum(len(text.encode()) for text in texts) / 1e6
    return features, {
        "source": source,
        "texts": number,
        "texts_a_second": number / seconds,
        "mb_a_second": size / seconds,
    }


def _columns(number: int, pool: Features) -> Rankings:
    """A twelfth of the rankings each are the first, second and third judgment of one task; the others stand alone."""
    rng = np.random.default_rng(1)
    tasks = number - 2 * (number // 12)
    task = np.concatenate([np.arange(tasks), np.arange(number // 12), np.arange(number // 12)])
    turn = np.repeat([0, 1, 2], [tasks, number // 12, number // 12])
    completion = (K * task)[:, None] + np.arange(K)
    origin = rng.integers(0, len(pool), K * tasks)
    features = Features(
        pool.characters[origin], pool.words[origin], pool.english[origin],
        {mark: counted[origin] for mark, counted in pool.marks.items()},
    )  # fmt: skip
    return rankings(
        task=task,
        prompt=task,
        labeler=(task + turn) % LABELERS,
        tiers=_dense(rng.integers(1, K + 1, (number, K), dtype=np.int8)),
        features=features,
        completion=completion,
        shown=np.argsort(rng.random((number, K), dtype=np.float32), axis=1).astype(np.int8) + 1,
        raw=rng.random(number) < 0.1,
        submitted=np.cumsum(rng.integers(1, 60, number)),
        active=rng.integers(20, 600, number),
        prompt_words=rng.integers(5, 200, number),
    )


def _dense(tiers: np.ndarray) -> np.ndarray:
    there = np.stack([(tiers == tier).any(axis=1) for tier in range(1, K + 1)], axis=1)
    dense: np.ndarray = np.take_along_axis(np.cumsum(there, axis=1), tiers.astype(np.int64) - 1, axis=1).astype(np.int8)
    return dense
