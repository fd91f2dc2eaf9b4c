"""Tokens a second of processor time that `generate` writes, with a prompt read once for its K samples and read K times.

An untrained Llama of 6.9 million parameters, float32, one thread; no completion ends early. Both ways take turns in one
process; medians of the rounds' ratios. They must write the same completions.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch

from apps.training.domain.specs import GenerateSpec
from bench.report import machine, say, table, write
from bench.reward_data import make_model
from workers.rlhf.candidates.completing import Completer, Question
from workers.rlhf.frame.job import Job
from workers.rlhf.language.loading import load_policy, load_tokenizer, locate
from workers.rlhf.language.render import Renderer


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench generate", description=__doc__)
    parser.add_argument("--k", type=int, nargs="+", default=[4, 9])
    parser.add_argument("--prompt", type=int, nargs="+", default=[128], help="tokens")
    parser.add_argument("--completion", type=int, default=64, help="tokens")
    parser.add_argument("--prompts", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    found: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-generate-") as folder:
        make_model(Path(folder) / "model")
        for length in options.prompt:
            for k in options.k:
                found.append(_measured(Path(folder), k, length, options))
    rows = [
        [f"K = {one['k']}, prompt {one['prompt']}", one["shared"], one["anew"], f"{one['ratio']:.2f}"] for one in found
    ]
    say(table(["tokens a second", "read once", "read K times", "times"], rows))
    write("generate", {**machine(), "completion": options.completion, "prompts": options.prompts, "found": found})


def _measured(folder: Path, k: int, length: int, options: argparse.Namespace) -> dict[str, Any]:
    chance = Random(f"{k} {length}")
    group = [Question(str(n), [chance.randrange(100, 8_000) for _ in range(length)]) for n in range(options.prompts)]
    shared, anew = (_completer(folder, k, options, share) for share in (True, False))
    tokens = options.prompts * k * options.completion
    if shared.complete(group) != anew.complete(group):
        raise SystemExit("The two ways wrote different completions.")
    seconds = [(_seconds(shared, group), _seconds(anew, group)) for _ in range(options.rounds)]
    return {
        "k": k, "prompt": length, "shared": tokens / statistics.median(one for one, _ in seconds),
        "anew": tokens / statistics.median(other for _, other in seconds),
        "ratio": statistics.median(other / one for one, other in seconds),
    }  # fmt: skip


def _seconds(completer: Completer, group: Sequence[Question]) -> float:
    start = time.process_time()
    completer.complete(group)
    return time.process_time() - start


def _completer(folder: Path, k: int, options: argparse.Namespace, share: bool) -> Completer:
    place = locate("model", str(folder / "model"), folder)
    renderer = Renderer(load_tokenizer(place))
    renderer.eos_id = -1  # nothing ends early
    spec = GenerateSpec(samples=k, batch_size=options.prompts * k, max_completion_tokens=options.completion)
    job = Job(spec=spec, input=folder, output=folder, device=torch.device("cpu"))
    return Completer(job, spec, load_policy(place, job.device), renderer, None, share=share)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
