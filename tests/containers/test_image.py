"""Dockerfile and .dockerignore: what gets into an image, and as whom it runs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import ROOT

ML = re.compile(r"^(torch|transformers|accelerate|peft|trl|datasets)\b", re.MULTILINE)


def stages(dockerfile: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in filter(None, map(str.strip, dockerfile.splitlines())):
        if head := re.fullmatch(r"FROM \S+ AS (\S+)", line):
            found[head[1]] = []
        found[list(found)[-1]].append(line)
    return found


def with_includes(path: Path) -> Iterator[str]:
    text = path.read_text()
    yield text
    for name in re.findall(r"^(?:-r|--requirement|-c)[\s=]+(\S+)", text, re.MULTILINE):
        yield from with_includes(path.parent / name)


def test_the_images_that_are_offered(dockerfile):
    assert {"web", "gpu"} < set(stages(dockerfile))


def test_the_base_is_pinned(dockerfile):
    outside = {line.split()[1] for line in dockerfile.splitlines() if line.startswith("FROM")} - set(stages(dockerfile))
    assert outside == {"python:3.11-slim"}


def test_the_web_image_has_no_torch(dockerfile):
    web = "\n".join("\n".join(stages(dockerfile)[name]) for name in ("base", "web-packages", "program", "web"))
    files = set(re.findall(r"requirements/\S+\.txt", web))
    assert files == {"requirements/web.txt"}
    for text in with_includes(ROOT / "requirements" / "web.txt"):
        assert not ML.search(text)


def test_torch_is_named_for_the_gpu_image(dockerfile):
    assert "requirements/ml.txt" in "\n".join(stages(dockerfile)["gpu-packages"])
    assert ML.search((ROOT / "requirements" / "ml.txt").read_text())


@pytest.mark.parametrize("target", ["web", "gpu"])
def test_an_image_runs_as_the_same_fixed_user_and_says_how_it_is(dockerfile, services, target):
    lines = stages(dockerfile)[target]
    assert "USER 10001:10001" in lines
    assert "STOPSIGNAL SIGTERM" in lines
    assert any(line.startswith("HEALTHCHECK") and "docker/health.py" in line for line in lines)
    assert services["web"]["user"] == "10001:10001"


def test_no_secret_is_kept_in_an_image(dockerfile):
    """The values for collectstatic live in one RUN; ENV and ARG would stay."""
    kept = [line for line in dockerfile.splitlines() if line.startswith(("ENV", "ARG"))]
    assert kept
    assert not re.search(r"SECRET|PASSWORD|TOKEN|DATABASE_URL|REDIS_URL", "\n".join(kept))


def test_the_web_server_is_that_of_the_demo(dockerfile):
    """Only the address, the access log and the heartbeat's folder differ."""
    program = (ROOT / "launcher" / "programs.py").read_text()
    demo = set(re.findall(r"--(?:worker-class|workers|threads|graceful-timeout|no-control-socket)[^\"]*", program))
    command = next(line for line in stages(dockerfile)["web"] if line.startswith("CMD"))
    assert demo
    assert set(re.findall(r'"(--[^"]*)"', command)) == demo | {
        "--bind=0.0.0.0:8000",
        "--worker-tmp-dir=/dev/shm",
        "--access-logfile=-",
    }


def test_only_what_is_named_goes_into_an_image():
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line for line in lines if line.startswith("!")} == {
        *("!LICENSE", "!manage.py", "!requirements", "!docker"),
        *("!labelstudio_rlhf", "!apps", "!workers", "!templates", "!static"),
    }
