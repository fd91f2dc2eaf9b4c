"""docker-compose.yml: what is reachable, who runs as whom, what waits for what."""

import re
from types import ModuleType

import pytest

from .conftest import ROOT

SETTINGS = (ROOT / "labelstudio_rlhf" / "settings.py").read_text()
ONE_SHOT = {"migrate"}
OURS = {"migrate", "web", "worker", "beat", "train-worker", "gpu-worker"}
TRAINERS = {"train-worker", "gpu-worker"}  # one or the other


def test_the_services_are_those_of_the_demo_and_the_gpu_worker(services):
    assert set(services) == OURS | {"db", "redis"}
    assert {name for name, service in services.items() if "profiles" in service} == {"gpu-worker"}


def test_only_the_web_is_published_and_only_on_loopback(services):
    published = {name: service["ports"] for name, service in services.items() if service.get("ports")}
    assert set(published) == {"web"}
    assert all(re.fullmatch(r"127\.0\.0\.1:\$\{PORT:-8000\}:8000", port) for port in published["web"])
    assert not any("network_mode" in service for service in services.values())


def test_every_service_has_a_health_check_or_runs_once(services):
    for name, service in services.items():
        if name in ONE_SHOT:
            assert service["restart"] == "no"
            assert service["healthcheck"] == {"disable": True}
        else:
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"][0] == "CMD", name


def test_nothing_runs_as_root_or_with_privileges(services):
    for name, service in services.items():
        assert service["user"].split(":")[0] not in {"root", "0"}, name
        assert not service.get("privileged"), name
        assert not service.get("cap_add"), name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["read_only"] is True, name


def test_foreign_images_are_pinned_to_a_major(services):
    foreign = {name: service["image"] for name, service in services.items() if name not in OURS}
    assert foreign
    for name, image in foreign.items():
        assert re.search(r":\d+", image), name


def test_our_images_are_built_here(services):
    built = {service["image"] for service in services.values() if "build" in service}
    assert {services[name]["image"] for name in OURS} == built


def test_the_others_wait_for_the_tables(services):
    """Also what lets `migrate` alone build the image that they share."""
    for name in OURS - ONE_SHOT:
        waits = {other: rule["condition"] for other, rule in services[name]["depends_on"].items()}
        assert waits == {
            "db": "service_healthy",
            "redis": "service_healthy",
            "migrate": "service_completed_successfully",
        }, name


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_variable_is_a_setting(services, name):
    for variable in services[name]["environment"]:
        assert re.search(rf'env\.\w+\(\s*"{variable}"', SETTINGS), f"{variable} is not read by settings.py"


def test_every_default_secret_is_one_that_is_refused_outside_the_demo(services, entrypoint: ModuleType):
    """A default without the mark would be accepted by a real deployment."""
    text = (ROOT / "docker-compose.yml").read_text()
    defaults = re.findall(r"\$\{(?:SECRET_KEY|POSTGRES_PASSWORD):-([^}]*)\}", text)
    assert len(defaults) == 3
    assert all(entrypoint.PUBLISHED in default for default in defaults)


def test_the_volumes_used_are_declared(compose, services):
    used = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert used == set(compose["volumes"])


def test_whoever_makes_artifacts_and_whoever_serves_them_share_them(services):
    for name in ("migrate", "web", "worker", *TRAINERS):
        assert "artifacts:/data/artifacts" in services[name]["volumes"], name


def test_a_queue_is_worked_on_by_one_service(services):
    """But for the GPU's worker, which takes the other's place."""
    queues = {
        name: word.removeprefix("--queues=")
        for name, service in services.items()
        for word in service.get("command", ())
        if word.startswith("--queues=")
    }
    assert queues == {"worker": "web", **dict.fromkeys(TRAINERS, "generate,train")}


@pytest.mark.parametrize("name", sorted(TRAINERS))
def test_what_trains_does_one_run_at_a_time_and_hears_that_it_is_to_stop(services, dockerfile, name):
    assert {"--pool=threads", "--concurrency=1"} <= set(services[name]["command"])
    assert services[name]["stop_grace_period"] == "60s"  # a program has 20 s to save
    assert '"--pool=threads", "--concurrency=1"' in dockerfile


def test_both_trainers_are_one_image(services):
    first, second = (services[name] for name in sorted(TRAINERS))
    assert (first["image"], first["build"]) == (second["image"], second["build"])
    assert first["build"]["args"] == {"PIP_EXTRA_INDEX_URL": "${PIP_EXTRA_INDEX_URL:-}"}


def test_neither_version_of_compose_meets_a_word_it_does_not_know(compose):
    """v1.29 knows no `name`, v2 warns about `version`."""
    assert {key for key in compose if not key.startswith("x-")} == {"services", "volumes"}


def test_a_health_check_asks_a_node_that_runs_there(services):
    for service in services.values():
        words = service.get("command", [])
        if words[:1] == ["celery"]:
            name = service["healthcheck"]["test"][-1]
            assert f"--hostname={name}@%h" in words
