"""A small reward model on real people's preferences beside two rules that read no meaning: the longer text, and a TF-IDF
Bradley-Terry. Every prompt is held out once (folds by its first message), and all of it is the programs' own work."""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from apps.core.domain.canonical import sha256_hex
from apps.core.domain.ranking import dense
from apps.datasets.domain.records import CompletionRecord, LabelerRecord, RankingRecord, record_line
from bench import report
from bench.texts import real_folder
from workers.rlhf.card.agreement import agreement
from workers.rlhf.card.baselines import bag_of_words, lengths, tally
from workers.rlhf.card.interval import Accuracy, Floats, accuracy
from workers.rlhf.card.table import Values
from workers.rlhf.language.loading import locate
from workers.rlhf.preference.ranked import TRAIN, RankedPrompt, read_rankings
from workers.rlhf.preference.scorer import load_scorer

FILES = {"hh": "hh_helpful_kwise", "pandalm": "pandalm_pairs"}
# What the base reads: other people's prompts with replies that nobody ranked for these files.
DIALOGUES = ("oasst_eval_k6_unlabelled", "vicuna80_k9_unlabelled", "tulu_human_eval_k4_unlabelled", "oasst_kwise")
BASE = {
    "vocabulary": 4_096, "width": 128, "layers": 4, "heads": 4, "context": 512, "dialogues": 10_000, "steps": 500,
    "batch_size": 16, "learning_rate": 2e-3, "device": "cpu",
}  # fmt: skip
# Not tuned on what is held out: one epoch as the paper, a small model's learning rate, texts as long as its context allows.
REWARD = {
    "model": "base", "epochs": 1, "batch_size": 16, "learning_rate": 3e-4, "max_prompt_tokens": 384,
    "max_completion_tokens": 256, "device": "cpu", "bootstrap": 1_000,
}  # fmt: skip
Line = dict[str, Any]
TOO_GOOD = 0.70  # on HH, at this size: a leak to be found


def main(argv: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench real_reward", description=__doc__)
    parser.add_argument("--data", nargs="+", choices=FILES, default=list(FILES))
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--base", type=Path, help="a model folder to start from; without one a small one is pretrained")
    given = parser.parse_args(argv)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="labelstudio_rlhf-real-") as folder:
        base = given.base or pretrained(Path(folder) / "pretrain")
        found = {name: measured(name, given.folds, base, Path(folder)) for name in given.data}
    report.say(f"\n{report.write('real_reward', {'machine': report.machine(), 'reward': REWARD, 'data': found})}")


def lines_of(name: str) -> Iterator[Line]:
    with gzip.open(real_folder() / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def pretrained(folder: Path) -> Path:
    """A base that has read dialogues of none of the ranked files."""
    told = (
        {"messages": [*line["messages"], {"role": "assistant", "content": one["text"]}]}
        for name in DIALOGUES
        for line in lines_of(name)
        for one in line["completions"]
    )
    given = folder / "input"
    given.mkdir(parents=True)
    (given / "dialogues.jsonl").write_text("".join(json.dumps(one) + "\n" for one in told))
    run("pretrain", folder, BASE)
    said = json.loads((folder / "output/manifest.json").read_bytes())
    report.say(f"base: {said['parameters']:,} parameters, {said['report']}, {said['seconds']:.0f} s")
    return folder / "output" / "model"


def run(program: str, folder: Path, spec: dict[str, Any]) -> None:
    (folder / "spec.json").write_text(json.dumps({"program": program, **spec}))
    words = ["--spec", folder / "spec.json", "--input", folder / "input", "--output", folder / "output"]
    with (folder / "log.txt").open("wb") as log:
        ended = subprocess.run([sys.executable, "-m", f"workers.rlhf.{program}", *words], stderr=log, check=False)
    if ended.returncode:
        raise SystemExit(f"{program} ended with {ended.returncode}: {(folder / 'log.txt').read_text()[-2_000:]}")


def measured(name: str, folds: int, base: Path, folder: Path) -> dict[str, Any]:
    """Every prompt's right answers by each rule, from the fold in which it was held out."""
    told: dict[str, list[tuple[Floats, Floats]]] = {}
    for fold in range(folds):
        prompts, values = of_fold(name, fold, folds, base, folder / f"{name}-{fold}")
        for rule, value in values.items():
            told.setdefault(rule, []).append(tally(prompts, value))
        told.setdefault("labelers with each other", []).append(agreement(prompts))
        report.say(f"{name}: fold {fold + 1} of {folds}, {len(prompts)} prompts held out")
    pooled = {rule: tuple(np.concatenate(part) for part in zip(*parts, strict=True)) for rule, parts in told.items()}
    shares = {rule: accuracy(right, pairs, resamples=2_000, seed=0) for rule, (right, pairs) in pooled.items()}
    ahead = {rule: difference(pooled["reward model"], pooled[rule]) for rule in ("the longer", "TF-IDF Bradley-Terry")}
    show(name, shares, ahead)
    return {"shares": {rule: asdict(one) for rule, one in shares.items() if one}, "reward model ahead of": ahead}


def of_fold(name: str, fold: int, folds: int, base: Path, folder: Path) -> tuple[list[RankedPrompt], dict[str, Values]]:
    """The held-out prompts of a fold, and what each rule that learned from the others gives their texts."""
    given = folder / "input"
    given.mkdir(parents=True)
    with (given / "rankings.jsonl").open("wb") as file:
        for line in lines_of(FILES[name]):
            split = "validation" if fold_of(line, folds) == fold else "train"
            file.writelines(record_line(record) for record in records_of(line, split))
    (given / "base").symlink_to(base.resolve())
    run("reward", folder, REWARD)
    scorer = load_scorer(locate("reward", str(folder / "output/model"), folder), torch.device("cpu"))
    prompts, _ = read_rankings(given / "rankings.jsonl")
    train = [one for one in prompts if one.split == TRAIN]
    held_out = [
        one for one in prompts
        if one.split != TRAIN and len(scorer.renderer.prompt_ids(one.messages)) < REWARD["max_prompt_tokens"]
    ]  # fmt: skip
    words = bag_of_words(train, held_out)
    assert words is not None
    rewards = [
        scorer.score([scorer.renderer.prompt_ids(one.messages)] * len(one.texts), one.texts).double().numpy()
        for one in held_out
    ]
    rules = {"the longer": lengths(held_out), "bag of words": words, "TF-IDF Bradley-Terry": tf_idf(train, held_out)}
    return held_out, {"reward model": rewards, **rules}


def fold_of(line: Line, folds: int) -> int:
    """By the first message: conversations that begin alike are held out together, so that none is known from training."""
    return int(sha256_hex(line["messages"][0]["content"].strip().lower())[:8], 16) % folds


def records_of(line: Line, split: str) -> Iterator[RankingRecord]:
    completions = [
        CompletionRecord(uid=f"{line['prompt_id']}-{n}", external_id=None, text=one["text"], origin="external", model=None,
                         sampling=None)
        for n, one in enumerate(line["completions"])
    ]  # fmt: skip
    for number, ranking in enumerate(line["rankings"]):
        yield RankingRecord(
            uid=f"{line['prompt_id']}-{number}", task_uid=line["prompt_id"], prompt_uid=line["prompt_id"],
            external_ids=[line["prompt_id"]], source=None, metadata={}, messages=line["messages"], context=None, use_case="",
            language="en", split=split, prompt_flags={}, judged_use_case="", note="",
            labeler=LabelerRecord(pseudonym=ranking["labeler"], kind="person", cohort="training"), guideline=None,
            schema=None, active_seconds=None, rendering=None, surplus=False, imported=True, supersedes=None,
            submitted_at="2026-11-22T00:00:00.000000Z", completions=completions, tiers=dense(ranking["ranks"]),
            ratings=None, shown_order=None,
        )  # fmt: skip


def tf_idf(train: Sequence[RankedPrompt], prompts: Sequence[RankedPrompt]) -> Values:
    """Bradley-Terry on words and pairs of words: a logistic regression on the difference of two texts' TF-IDF."""
    texts = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    table = texts.fit_transform(text for prompt in train for text in prompt.texts)
    starts = np.cumsum([0, *(len(prompt.texts) for prompt in train)])
    pairs = np.array([
        (start + better, start + worse)
        for start, prompt in zip(starts, train, strict=False) for ranking in prompt.rankings for better, worse in ranking.pairs
    ])  # fmt: skip
    turn = np.where(np.arange(len(pairs)) % 2, -1.0, 1.0)
    differences = (table[pairs[:, 0]] - table[pairs[:, 1]]).multiply(turn[:, None]).tocsr()
    rule = LogisticRegression(fit_intercept=False, max_iter=10_000).fit(differences, turn > 0)
    return [texts.transform(prompt.texts) @ rule.coef_[0] for prompt in prompts]


def difference(one: tuple[Floats, ...], other: tuple[Floats, ...]) -> dict[str, float]:
    """How much more often `one` is right than `other` on the same pairs; 95 % by resampling prompts."""
    gained, pairs = one[0] - other[0], one[1]
    chance = np.random.default_rng(0)
    drawn = chance.multinomial(len(pairs), np.full(len(pairs), 1 / len(pairs)), size=2_000)
    low, high = np.quantile(drawn @ gained / (drawn @ pairs), [0.025, 0.975])
    return {"ahead": float(gained.sum() / pairs.sum()), "low": float(low), "high": float(high)}


def show(name: str, shares: dict[str, Accuracy | None], ahead: dict[str, dict[str, float]]) -> None:
    rows = [
        (rule, f"{one.accuracy:.3f}", f"{one.low:.3f} to {one.high:.3f}", one.pairs, one.prompts)
        for rule, one in shares.items() if one
    ]  # fmt: skip
    report.say("\n" + report.table((name, "right", "95 %", "pairs", "prompts"), rows))
    for rule, by in ahead.items():
        report.say(f"reward model ahead of {rule} by {by['ahead']:+.3f} ({by['low']:+.3f} to {by['high']:+.3f})")
    model = shares["reward model"]
    if name == "hh" and model and model.accuracy > TOO_GOOD:
        report.say(f"Over {TOO_GOOD} on HH at this size: look for a leak.")
