"""Comparisons a second of processor time that a reward model learns from: this program beside TRL's RewardTrainer.

Both learn from the same rankings, with the same Llama of 6.9 million parameters, in float32, with one thread; TRL from
all exploded pairs. Two processes take turns, an optimiser step each, and the time of the training loop counts: collating,
forward, loss, backward, optimiser, logging. A step of this program is 16 prompts (64 by default), one of TRL's trainer
24 pairs (8 by default), so that the optimiser is a small part of either. The first turn of each warms it; medians of
the others' ratios.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.report import machine, say, table, write
from bench.reward_data import make_model, questions, write_pairs, write_rankings
from bench.stage import ROOT
from launcher.consumers import HOW_TO_GET_IT, consumers_environment, is_ready

AT_ONCE = 8  # pairs a forward: the default of TRL's trainer, 3,072 tokens here


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench reward", description=__doc__)
    parser.add_argument("--k", type=int, nargs="+", default=[9, 4])
    parser.add_argument("--prompts", type=int, default=16, help="this program's, an optimiser step")
    parser.add_argument("--pairs", type=int, default=24, help="TRL's, an optimiser step")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--form", default="auto", choices=["auto", "plain", "mask", "cache"])
    options = parser.parse_args(argv)
    if not is_ready():
        raise SystemExit(HOW_TO_GET_IT)
    with tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-reward-") as folder:
        make_model(Path(folder) / "model")
        found = [one for k in options.k for one in measured(Path(folder), k, options)]
    _report(found, {"prompts_a_step": options.prompts, "pairs_a_step": options.pairs, "rounds": options.rounds})


def measured(folder: Path, k: int, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    steps = options.rounds + 1
    one = ours(folder, k, options.prompts, steps, options.form)
    other = theirs(folder, k, options.pairs, steps)
    held = {"ours": options.prompts * k * (k - 1) // 2, "trl": options.pairs}
    with one as our_program, other as their_program:
        for number in range(steps):
            took = {name: turn(program) for name, program in (("ours", our_program), ("trl", their_program))}
            if number:
                rates = {name: held[name] / said["seconds"] for name, said in took.items()}
                ratio = rates["ours"] / rates["trl"]
                say(f"K = {k}: {rates['ours']:.1f} a second, TRL {rates['trl']:.2f}, {ratio:.1f} times")
                yield {"k": k, "form": took["ours"]["form"], "trl_version": took["trl"]["trl"], **rates, "ratio": ratio}


@contextmanager
def ours(folder: Path, k: int, prompts: int, steps: int, form: str) -> Iterator[Any]:
    home = folder / f"ours-{k}"
    (home / "input").mkdir(parents=True)
    (home / "input" / "policy").symlink_to(folder / "model")
    write_rankings(home / "input" / "rankings.jsonl", questions(prompts * steps, k))
    (home / "spec.json").write_text(json.dumps({"batch_size": prompts, "device": "cpu", "form": form}))
    words = ["--spec", str(home / "spec.json"), "--input", str(home / "input"), "--output", str(home / "output")]
    with _started([sys.executable, "-m", "bench.reward_ours", *words]) as program:
        yield program


@contextmanager
def theirs(folder: Path, k: int, pairs: int, steps: int) -> Iterator[Any]:
    file = folder / f"pairs-{k}.jsonl"
    write_pairs(file, questions(-(-pairs * steps * 2 // (k * (k - 1))), k))
    words = [
        str(folder / "model"),
        str(file),
        str(folder / f"trl-{k}"),
        str(AT_ONCE),
        str(pairs // AT_ONCE),
        str(steps),
    ]
    with _started([str(consumers_environment().python), "-m", "bench.reward_trl", *words]) as program:
        yield program


@contextmanager
def _started(words: list[str]) -> Iterator[Any]:
    """One thread, no hub."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    program = subprocess.Popen(words, text=True, cwd=ROOT, env=env, **pipes)  # type: ignore[call-overload]
    try:
        yield program
    finally:
        program.kill()
        program.wait()


def turn(program: Any) -> dict[str, Any]:
    """One step of it, and what it says of that; other lines on its output are its own affair."""
    program.stdin.write("go\n")
    program.stdin.flush()
    for line in program.stdout:
        if line.startswith('{"seconds"'):
            said: dict[str, Any] = json.loads(line)
            return said
    raise RuntimeError(f"{program.args[2]} ended early")


def _report(found: list[dict[str, Any]], given: dict[str, Any]) -> None:
    rows = []
    for k, form in dict.fromkeys((one["k"], one["form"]) for one in found):
        those = [one for one in found if (one["k"], one["form"]) == (k, form)]
        rows.append(
            [f"K = {k}, {form}", *(statistics.median(one[what] for one in those) for what in ("ours", "trl", "ratio"))]
        )
    say("\n" + table(["comparisons a CPU second", "ours", f"TRL {found[0]['trl_version']}", "times"], rows) + "\n")
    at = machine()
    say(f"load average {at['load_average']}, a million turns of a loop {at['loop_ms']} ms")
    path = write("reward", given | {"machine": at, "medians": rows, "rounds_found": found})
    say(str(path.relative_to(path.parents[2])))
