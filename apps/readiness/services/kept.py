"""Facts for whoever asks: counted anew where that is quick, else those of the last minutes."""

import time

from django.core.cache import cache

from apps.projects.models import Project

from .facts import Gathered, facts_of

# Facts that take no longer are counted at each look. Of a million rankings they take longer, and hold a worker meanwhile.
QUICK_SECONDS = 2.0
KEPT_SECONDS = 60
# At most a twentieth of a worker's time.
RESTS = 20


def facts_now(project: Project) -> Gathered:
    """Each process of the web keeps its own, so that two looks may differ by a minute's work."""
    name = f"readiness:{project.pk}"
    kept: Gathered | None = cache.get(name)
    if kept is not None:
        return kept
    began = time.monotonic()
    found = facts_of(project)
    took = time.monotonic() - began
    if took > QUICK_SECONDS:
        cache.set(name, found, max(KEPT_SECONDS, RESTS * took))
    return found
