"""`make bench` runs all of them; `make bench ARGS="next_task --tasks 10000"` one, with its options."""

import argparse
import importlib
import sys

BENCHES = {
    "next_task": "from Ctrl+Enter to the next task, with and without prefetch, in a real browser",
    "imports": "prompts a second into a fresh database, and the memory it takes",
    "snapshots": "a snapshot of many rankings beside COPY of the same rows, and Parquet of it",
    "road": "processor time of a ranked prompt through the API while the queue grows, and the waits of 32 labelers",
    "peer": "a ranked prompt in Label Studio and in this program, side by side",
    "peer_imports": "tasks a second into Label Studio and into this program, side by side",
    "soak": "a million operations with web workers killed: what went wrong is counted",
    "claims": "pages of a claim with 50,000 own judgments, or 10,000 tasks of other people, behind it",
    "agreement": "the whole report of agreement on a million rankings, and its memory",
    "bias": "each bias report on a million rankings, their memory, and how quickly texts become features",
    "preferred": "whose replies people ranked higher, of four models: counted pair by pair and as it is kept",
    "quality": "each report and page on how far the data of a large project can be trusted, and their memory",
    "adjudication": "where labelers disagree: looking, the queue, and raw, agreeing and aggregated snapshots",
    "disagreement": "why labelers disagree: reading what several people ranked, and the whole report",
    "real_reward": "a small reward model on real preferences beside the longer text and a TF-IDF Bradley-Terry",
    "reward": "comparisons a second that a reward model learns from, beside TRL's RewardTrainer",
    "overfit": "whether shuffled pairs overfit where batches of whole prompts do not",
    "generate": "tokens a second that generate writes, with a prompt read once for its samples and read anew for each",
    "sft": "tokens a second that SFT learns from, packed and padded",
    "costs": "queries and buffers of claim, submit and room while the queue grows",
}


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, add_help=not argv or argv[0] not in BENCHES
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="; ".join(f"{name}: {what}" for name, what in BENCHES.items())
    )
    if argv and argv[0] in BENCHES and any(word.startswith("-") for word in argv[1:]):
        names, options = [argv[0]], argv[1:]
    else:
        names, options = parser.parse_args(argv).names or list(BENCHES), []
    if unknown := set(names) - set(BENCHES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}")
    for name in names:
        importlib.import_module(f"bench.{name}").main(options)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
