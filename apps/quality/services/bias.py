"""Keeping a project's bias reports fresh: the numbers of texts are kept, everything else is computed anew."""

from datetime import timedelta
from typing import Any

import numpy as np

from apps.projects.models import Project

from ..domain.bias.pasted import pasted
from ..domain.bias.report import bias
from ..domain.bias.told import told
from ..models import BiasReport
from ..selectors.coverage import languages_of, use_cases_of
from ..selectors.preferences import Preferences, pasted_of, preferences_of
from ..selectors.rankings import pseudonyms_of
from ..selectors.texts import Texts, texts_with
from .kept_report import report_refresh
from .texts_store import texts_load, texts_store

# New texts are kept piece by piece: a process that dies while it reads millions loses one piece.
PIECE = 400_000


def bias_refresh(*, project: Project, stale: timedelta) -> BiasReport | None:
    """The reports on `project`: the last ones where nothing was said since and they are not `stale`. None while another
    process makes them."""
    return report_refresh(BiasReport, project, lambda known, mark: bias_body(project), stale=stale)


def bias_body(project: Project) -> dict[str, Any]:
    """What `GET projects/{slug}/bias/` answers, but for what labelers volunteered: that is counted when it is asked for."""
    given = preferences_of(project)
    found = told(bias(given.with_texts(_texts(project, given))))
    found["pasted"] = told(pasted(pasted_of(project)))
    _name(found)
    return {
        "judgments": len(given), "not_persons": int((given.person == 0).sum()), **found,
        "languages": told(languages_of(project)), "use_cases": told(use_cases_of(project)),
    }  # fmt: skip


def _texts(project: Project, given: Preferences) -> Texts:
    texts = texts_load(project)
    new = np.setdiff1d(given.completions, texts.completions)
    for at in range(0, len(new), PIECE):
        texts = texts_with(texts, new[at : at + PIECE], new[:0])
        texts_store(project, texts)
    whole = texts_with(texts, new[:0], np.unique(given.prompt))
    if whole is not texts:
        texts_store(project, whole)
    return whole


def _name(found: dict[str, Any]) -> None:
    """Pseudonyms for the numbers under which the reports know labelers."""
    shares = [*found["speed"]["labelers"], *found["pasted"]["labelers"], *found["weight"]["top"]]
    named = [one for one in (*shares, found["weight"]["left_out"]) if one["labeler"] is not None]
    names = pseudonyms_of(one["labeler"] for one in named)
    for one in named:
        one["labeler"] = names[one["labeler"]]
