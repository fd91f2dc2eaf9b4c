"""Registering bases of a hub, and of a folder that is really one of ours."""

from pathlib import Path

import pytest
from pytest_django import Settings

from apps.core.domain.errors import RuleBroken
from apps.registry.models import ModelVersion
from apps.training.services.bases import base_register


@pytest.fixture
def folders(settings: Settings, tmp_path: Path) -> Path:
    settings.MODEL_FOLDERS = tmp_path / "bases"
    model = settings.MODEL_FOLDERS / "tiny-1.0"
    model.mkdir(parents=True)
    (model / "config.json").write_text("{}")
    (tmp_path / "config.json").write_text("{}")
    return settings.MODEL_FOLDERS


@pytest.mark.parametrize(
    ("source", "uri"),
    [
        ({"hub": "org/name"}, "hub:org/name"),
        ({"hub": "org/name", "revision": "v1.0"}, "hub:org/name@v1.0"),
        ({"hub": "org/name", "revision": ""}, "hub:org/name"),
        ({"folder": "tiny-1.0"}, "folder:tiny-1.0"),
    ],
)
def test_a_base_is_ready_and_numbered(cast, folders, source, uri):
    first = base_register(actor=cast.researcher.user, project=cast.project, name="tiny", source=source)
    again = base_register(actor=None, project=cast.project, name=" tiny ", source=source)
    assert (first.role, first.state, first.artifact_uri, first.number) == ("base", "ready", uri, 1)
    assert (again.name, again.number) == ("tiny", 2)


@pytest.mark.parametrize(
    "source",
    [
        {}, [], "org/name", None, {"hub": "name"}, {"hub": "org/na me"}, {"hub": "../.."}, {"hub": "org/.."},
        {"hub": "a/b/c"}, {"hub": "org/name\n"}, {"hub": "org/name", "revision": "../x"},
        {"hub": "org/name", "revision": 3}, {"hub": "org/name", "folder": "tiny-1.0"}, {"folder": "absent"},
        {"folder": ""}, {"folder": "."}, {"folder": ".."}, {"folder": "../bases/tiny-1.0"}, {"folder": "/etc"},
        {"folder": "tiny-1.0/"}, {"folder": "tiny-1.0\x00"}, {"folder": 3},
    ],
)  # fmt: skip
def test_what_is_neither_is_refused(cast, folders, source):
    with pytest.raises(RuleBroken, match=r"^source: "):
        base_register(actor=None, project=cast.project, name="tiny", source=source)
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "a\x00b"])
def test_a_base_has_a_name(cast, folders, name):
    with pytest.raises(RuleBroken, match=r"^name: "):
        base_register(actor=None, project=cast.project, name=name, source={"hub": "org/name"})
