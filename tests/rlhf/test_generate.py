"""Generation: every prompt its completions, once, and what the run says of them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.rlhf.generate_runs import by_place, lines, prepare, run
from tests.rlhf.make import failure, manifest, metrics, prompt, write
from workers.rlhf.candidates.completion import sample_seed, with_system
from workers.rlhf.frame.files import file_sha256
from workers.rlhf.language.loading import load_tokenizer, locate
from workers.rlhf.language.render import Renderer


@pytest.fixture
def folder(tiny_base: Path, tmp_path: Path) -> Path:
    return prepare(tmp_path, tiny_base)


def test_every_prompt_gets_its_completions(folder: Path):
    assert run(folder) == 0

    made = lines(folder)
    assert Counter(line["prompt_uid"] for line in made) == {f"p{number}": 3 for number in range(10)}
    assert {line["sample_index"] for line in made} == {0, 1, 2}
    assert len({line["text"] for line in made}) > 3
    for line in made:
        assert line["seed"] == sample_seed(5, line["prompt_uid"], line["sample_index"])
        assert (line["finish_reason"] == "length") <= (line["tokens"] == 24)
        assert 1 <= line["tokens"] <= 24
        assert "<|" not in line["text"]
    assert {line["finish_reason"] for line in made} == {"stop", "length"}


def test_the_manifest_and_the_metrics_add_up(folder: Path):
    assert run(folder) == 0

    made, told = lines(folder), manifest(folder)
    file = folder / "output" / "completions.jsonl"
    assert told["files"] == {"completions.jsonl": {"sha256": file_sha256(file), "size": file.stat().st_size}}
    reasons = Counter(line["finish_reason"] for line in made)
    assert told["report"]["finish_reasons"] == {"stop": reasons["stop"], "length": reasons["length"]}
    assert told["report"]["completions"] == 30
    assert told["report"]["mean_tokens"] == pytest.approx(sum(line["tokens"] for line in made) / 30)
    assert [line["step"] for line in metrics(folder)] == [2, 4, 6, 8, 10]
    assert metrics(folder)[-1]["steps_total"] == 10


def test_another_seed_draws_other_completions(folder: Path, tmp_path: Path, tiny_base: Path):
    other = prepare(tmp_path / "other", tiny_base)
    assert run(folder) == 0
    assert run(other, seed=6) == 0

    assert [line["text"] for line in lines(folder)] != [line["text"] for line in lines(other)]


def test_a_completion_ends_before_a_stop_text(folder: Path, tmp_path: Path, tiny_base: Path):
    plain = prepare(tmp_path / "plain", tiny_base)
    assert run(plain) == 0
    whole = by_place(plain)
    said = "".join(whole.values())
    stops = sorted({said[at : at + 2] for at in range(40, 200, 3)})[:4]
    assert run(folder, stop=stops) == 0

    cut = 0
    for line in lines(folder):
        full = whole[line["prompt_uid"], line["sample_index"]]
        places = [full.find(stop) for stop in stops if stop in full]
        assert line["text"] == (full[: min(places)] if places else full)
        if places:
            cut += 1
            assert line["finish_reason"] == "stop"
    assert cut > 3
    assert manifest(folder)["report"]["finish_reasons"]["stop"] >= cut


def test_a_system_prompt_is_read_before_the_prompts_own(
    tmp_path: Path, tiny_base: Path, monkeypatch: pytest.MonkeyPatch
):
    own = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi"}]
    plain: list[Any] = [{"role": "user", "content": "Hi"}]

    assert with_system(plain, "") == plain
    assert with_system(plain, "Be kind.") == [{"role": "system", "content": "Be kind."}, *plain]
    assert with_system(own, "Be kind.") == [{"role": "system", "content": "Be kind.\n\nBe short."}, own[1]]

    read: list[Any] = []
    honest = Renderer.prompt_ids
    monkeypatch.setattr(Renderer, "prompt_ids", lambda self, *given: read.append(given) or honest(self, *given))
    one = prepare(tmp_path, tiny_base)
    write(one / "input" / "prompts.jsonl", [prompt("p", "Hi", context="We open at 8.")])
    assert run(one, system_prompt="Be kind.") == 0
    assert read == [([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}], "We open at 8.")]
    assert manifest(one)["spec"]["system_prompt"] == "Be kind."


def test_a_template_that_takes_no_system_message_is_told(tmp_path: Path, tiny_base: Path):
    strict = tmp_path / "strict"
    strict.mkdir()
    for path in tiny_base.iterdir():
        (strict / path.name).write_bytes(path.read_bytes())
    tokenizer = load_tokenizer(locate("model", str(strict), tmp_path))
    tokenizer.chat_template = (
        "{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system message') }}{% endif %}"
        "{{ m['content'] }}{% endfor %}"
    )
    tokenizer.save_pretrained(strict)
    one = prepare(tmp_path / "run", strict)

    assert run(one, system_prompt="Be kind.") == 64
    assert failure(one)["text"] == (
        "model: its chat template refuses the conversation of prompt p0: no system message."
    )


def test_a_models_own_generation_settings_are_not_used(tmp_path: Path, tiny_base: Path):
    changed = tmp_path / "changed"
    changed.mkdir()
    for path in tiny_base.iterdir():
        (changed / path.name).write_bytes(path.read_bytes())
    settings_file = changed / "generation_config.json"
    settings_file.write_text(
        json.dumps({**json.loads(settings_file.read_text()), "repetition_penalty": 9.0, "min_new_tokens": 20})
    )
    plain, odd = prepare(tmp_path / "plain", tiny_base), prepare(tmp_path / "odd", changed)
    assert run(plain) == 0
    assert run(odd) == 0

    assert lines(plain) == lines(odd)


def test_a_cold_model_says_one_thing(folder: Path):
    assert run(folder, temperature=0.001) == 0
    texts: dict[str, set[str]] = {}
    for line in lines(folder):
        texts.setdefault(line["prompt_uid"], set()).add(line["text"])

    assert all(len(said) == 1 for said in texts.values())
