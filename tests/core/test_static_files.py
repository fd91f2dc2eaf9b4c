"""What the web server hands out: every module by the name of its content, and nothing that is not there."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings

from tests.once import made_once

STATIC = Path(settings.BASE_DIR) / "static"
MODULES = sorted(path.name for path in (STATIC / "js").glob("*.js"))
# Static and dynamic imports; what stands in comments is not one.
_IMPORT = re.compile(r"""(?:from\s*|import\s*|import\()["']([^"']+)["']""")
_COMMENT = re.compile(r"/\*.*?\*/|^\s*//[^\n]*", re.S | re.M)
STORAGE = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "apps.core.static_storage.HashedModulesStorage"},
}


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "static", lambda folder: collect(STATIC, folder))


def collect(static: Path, root: Path) -> None:
    with override_settings(STORAGES=STORAGE, STATIC_ROOT=str(root), STATICFILES_DIRS=[static]):
        call_command("collectstatic", interactive=False, verbosity=0)


def imports_of(path: Path) -> list[str]:
    return _IMPORT.findall(_COMMENT.sub("", path.read_text()))


def test_every_import_leads_to_a_hashed_file(collected):
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    wrong, seen = [], 0
    for module in MODULES:
        hashed = collected / names[f"js/{module}"]
        written = imports_of(STATIC / "js" / module)
        found = imports_of(hashed)
        assert len(found) == len(written), module
        for before, after in zip(written, found, strict=True):
            seen += 1
            target = hashed.parent / after
            expected = names[f"js/{before.removeprefix('./')}"].removeprefix("js/")
            if not target.is_file() or target.name != expected or target.name == Path(before).name:
                wrong.append(f"{module}: {before} became {after}")
    assert wrong == []
    assert seen >= 5


def test_an_import_is_not_computed():
    """A name that is put together at run time could have no hash."""
    computed = [module for module in MODULES if re.search(r"import\((?![\"'])", (STATIC / "js" / module).read_text())]
    assert computed == []


def test_stylesheets_and_modules_are_compressed(collected):
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    for name in ("css/components.css", "js/room.js"):
        assert (collected / f"{names[name]}.gz").is_file()


def test_the_installation_uses_this_storage():
    text = (Path(settings.BASE_DIR) / "labelstudio_rlhf" / "settings.py").read_text()
    assert "apps.core.static_storage.HashedModulesStorage" in text


def test_each_way_to_import_is_followed_and_types_in_comments_are_not(tmp_path):
    (tmp_path / "in" / "js").mkdir(parents=True)
    (tmp_path / "in" / "js" / "b.js").write_text("export const b = 1;\n")
    source = (
        '/** @type {import("./a.js").A | import("./gone.js").B} */\n'
        'import { b } from "./b.js";\nimport {\n  b as c,\n} from "./b.js"\nimport "./b.js";\n'
        "export { b as d } from './b.js';\nconst late = await import(\"./b.js\");\nbutton.onclick = () => import('./b.js');\n"
    )
    (tmp_path / "in" / "js" / "a.js").write_text(source)
    out = tmp_path / "out"
    with override_settings(STATICFILES_FINDERS=["django.contrib.staticfiles.finders.FileSystemFinder"]):  # no app's
        collect(tmp_path / "in", out)
    names = json.loads((out / "staticfiles.json").read_text())["paths"]
    text = (out / names["js/a.js"]).read_text()
    assert text.count(names["js/b.js"].removeprefix("js/")) == 6
    assert '"./a.js"' in text
    assert '"./gone.js"' in text
