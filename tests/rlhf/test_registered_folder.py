"""The web half says of a model's folder what the programs say of it: the same hashes, by other code."""

from pathlib import Path

import torch

from apps.core.domain.canonical import sha256_hex
from apps.registry.domain.chat_template import PLAIN_SHA256, template_facts
from apps.registry.domain.folder import hash_files, look
from tests.rlhf.foreign import write_foreign_base
from workers.rlhf.frame.files import describe_files, folder_sha256
from workers.rlhf.language.loading import count_parameters, load_policy, load_tokenizer, locate
from workers.rlhf.language.render import PLAIN_TEMPLATE

CPU = torch.device("cpu")


def test_the_hash_of_a_folder_is_the_programs(tiny_base: Path, tmp_path: Path):
    for folder in (tiny_base, write_foreign_base(tmp_path / "foreign")):
        files, whole = hash_files(folder)
        assert (files, whole) == (describe_files(folder), folder_sha256(folder))


def test_the_facts_are_what_the_libraries_load(tiny_base: Path, tmp_path: Path):
    place, facts = locate("model", str(tiny_base), tmp_path), look(tiny_base)
    model = load_policy(place, CPU)
    assert facts["parameters"] == count_parameters(model)
    assert facts["vocabulary"] == model.config.vocab_size
    assert facts["architecture"] == type(model).__name__


def test_the_template_is_the_one_that_is_rendered(tiny_base: Path, tmp_path: Path):
    assert template_facts(tiny_base)["template_sha256"] == _hash_of_rendered(tiny_base, tmp_path)


def test_a_template_in_the_tokenizers_config_or_in_a_file(tmp_path: Path):
    for own in ("{{ messages }}\r\n", "{%- for m in messages %}\n{{ m['content'] }}{% endfor %}\n"):
        folder = write_foreign_base(tmp_path / str(len(own)))
        (folder / "chat_template.jinja").write_bytes(own.encode())
        assert template_facts(folder)["template_sha256"] == _hash_of_rendered(folder, tmp_path)


def test_without_a_template_it_is_the_plain_one(tmp_path: Path):
    assert sha256_hex(PLAIN_TEMPLATE) == PLAIN_SHA256
    folder = write_foreign_base(tmp_path / "foreign")
    assert load_tokenizer(locate("model", str(folder), tmp_path)).chat_template is None
    assert template_facts(folder)["template_is_plain"]


def _hash_of_rendered(folder: Path, tmp_path: Path) -> str:
    return sha256_hex(str(load_tokenizer(locate("model", str(folder), tmp_path)).get_chat_template()))
