"""Prometheus gauges, read from the rows at each scrape: the same numbers whichever web process answers."""

from collections.abc import Iterator

from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from apps.datasets.models import DatasetSnapshot
from apps.imports.models import Import
from apps.labeling.models import Assignment, Judgment, Task
from apps.registry.models import GenerationRun
from apps.training.models import TrainingRun


class RowsCollector(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield _by("tasks", "Tasks by state and kind.", Task, "state", "kind")
        yield _by("assignments", "Assignments by state.", Assignment, "state")
        yield _by("snapshots", "Dataset snapshots by state.", DatasetSnapshot, "state")
        yield _by("imports", "Imports by state.", Import, "state")
        yield _by("training_runs", "Training runs by state and kind.", TrainingRun, "state", "kind")
        yield _by("generation_runs", "Generation runs by state.", GenerationRun, "state")
        judgments = GaugeMetricFamily("labelstudio_rlhf_judgments", "Judgments, corrections included.")
        judgments.add_metric([], Judgment.objects.count())
        yield judgments


def _by(name: str, help: str, model: type, *columns: str) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(f"labelstudio_rlhf_{name}", help, labels=columns)
    for *labels, count in model.objects.order_by().values_list(*columns).annotate(n=Count("pk")):  # type: ignore[attr-defined]
        gauge.add_metric(labels, count)
    return gauge


def exposition() -> bytes:
    registry = CollectorRegistry()
    registry.register(RowsCollector())
    return generate_latest(registry)
