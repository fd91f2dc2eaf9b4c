"""`accelerate launch` with this project's configurations starts the processes as they are meant."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from accelerate.commands.config.config_args import load_config_from_file
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils import prepare_multi_gpu_env
from django.conf import settings
from safetensors.torch import load_file

from tests.rlhf.conftest import TINY
from tests.rlhf.make import manifest, run_program
from tests.rlhf.test_processes import assert_same_learning
from workers.rlhf import pretrain

CONFIGS = Path(pretrain.__file__).parent / "configs"
SHORT = {**TINY, "dialogues": 60, "steps": 3}


@pytest.mark.parametrize(("name", "kind"), [("ddp", "MULTI_GPU"), ("fsdp2", "FSDP")])
def test_accelerate_reads_it(name: str, kind: str):
    config = load_config_from_file(str(CONFIGS / f"{name}.yaml"))
    assert config.distributed_type == kind
    assert (config.num_processes, config.num_machines, config.mixed_precision) == (2, 1, "no")


@pytest.mark.parametrize(("name", "sharded"), [("ddp", None), ("fsdp2", "true")])
def test_the_processes_are_told_whether_to_shard(name: str, sharded: str | None):
    words = ["--config_file", str(CONFIGS / f"{name}.yaml"), "-m", "workers.rlhf.sft", "--spec", "x"]
    given, *_ = _validate_launch_command(launch_command_parser().parse_args(words))
    environment = prepare_multi_gpu_env(given)
    assert environment.get("ACCELERATE_USE_FSDP") == sharded
    assert environment.get("FSDP_VERSION") == (sharded and "2")
    assert given.nproc_per_node == "2"


def test_a_program_in_parts_by_accelerates_launcher(tmp_path: Path):
    """The real thing: accelerate's command, its configuration, two processes, a model in parts."""
    single, several = tmp_path / "one", tmp_path / "two"
    assert run_program("pretrain", pretrain.run, single, **SHORT) == 0
    (several / "input").mkdir(parents=True)
    (several / "spec.json").write_text(json.dumps(SHORT))
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(CONFIGS / "fsdp2.yaml")]
    files = ["--spec", f"{several}/spec.json", "--input", f"{several}/input", "--output", f"{several}/output"]
    ended = subprocess.run(
        [*launcher, "-m", "workers.rlhf.pretrain", *files], cwd=settings.BASE_DIR, timeout=900, capture_output=True,
        env={**os.environ, "GLOO_SOCKET_IFNAME": "lo"}, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr.decode()[-2_000:]
    assert manifest(several)["machine"]["processes"] == 2
    assert_same_learning(several, single)
    assert load_file(several / "output/model/model.safetensors")
