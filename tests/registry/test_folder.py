"""What a model's folder says of itself, and which folders are refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.registry.domain.chat_template import PLAIN_SHA256, template_facts
from apps.registry.domain.config import config_facts
from apps.registry.domain.folder import FILES_MAX, hash_files, look, require_weights_only
from apps.registry.domain.licence import is_licence, licence_in
from apps.registry.domain.weights import BadModel, read_weights
from tests.registry.folders import README, a_folder, put
from tests.training.rails import WEIGHTS, safetensors


def header(tensors, body=b""):
    data = json.dumps(tensors).encode()
    return len(data).to_bytes(8, "little") + data + body


def test_the_facts_of_a_whole_folder(tmp_path):
    facts = look(a_folder(tmp_path / "m"))
    assert facts["architecture"] == "LlamaForCausalLM"
    assert (facts["layers"], facts["width"], facts["heads"], facts["key_value_heads"]) == (2, 64, 4, 2)
    assert (facts["vocabulary"], facts["context"], facts["stored_as"]) == (300, 128, "bfloat16")
    assert (facts["parameters"], facts["types"], facts["file_count"]) == (6, {"F32": 6}, 4)
    assert (facts["template_is_plain"], facts["pickled"]) == (False, [])


def test_shards_count_together(tmp_path):
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors", "c": "two.safetensors"}}
    folder = a_folder(
        tmp_path / "m", **{"model.safetensors": None, "model.safetensors.index.json": index},
    )  # fmt: skip
    put(folder, "one.safetensors", safetensors(10))
    put(folder, "two.safetensors", safetensors(2, 2))
    assert look(folder)["parameters"] == 14


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"config.json": None}, "no config.json"),
        ({"config.json": "{"}, "config.json is not JSON"),
        ({"config.json": "[" * 100_000}, "config.json is not JSON"),
        ({"config.json": []}, "config.json is not an object"),
        ({"config.json": {"auto_map": {"AutoModel": "x.Y"}}}, "config.json has an auto_map"),
        ({"tokenizer_config.json": {"auto_map": {"AutoTokenizer": "x.Y"}}}, "tokenizer_config.json has an auto_map"),
        ({"modeling_x.py": "import os"}, r"holds code \(modeling_x.py\)"),
        ({"deep/er/x.py": "import os"}, r"holds code \(deep/er/x.py\)"),
        ({"model.safetensors": None}, "neither model.safetensors nor"),
        ({"model.safetensors": None, "pytorch_model.bin": b"x"}, r"pickled \(pytorch_model.bin\)"),
        ({"model.safetensors": b""}, "cut short"),
        ({"model.safetensors": WEIGHTS[:6]}, "cut short"),
        ({"model.safetensors": WEIGHTS[:40]}, "cut short"),
        ({"model.safetensors": WEIGHTS[:-1]}, "is cut short: 24 bytes"),
        ({"model.safetensors": WEIGHTS + b"x"}, "holds more than"),
        ({"model.safetensors": (2**63).to_bytes(8, "little") + b"x" * 50}, "cut short"),
        ({"model.safetensors": (5).to_bytes(8, "little") + b"hello"}, "not JSON"),
        ({"model.safetensors": header([])}, "not an object"),
        ({"model.safetensors": header({"w": 3})}, "of 'w' what cannot be"),
        ({"model.safetensors": header({"w": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}, bytes(4))}, "cannot be"),
        ({"model.safetensors": header({"w": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, bytes(4))}, "cannot be"),
        ({"model.safetensors": header({"w": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}, bytes(8))}, "holes"),
        ({"model.safetensors": None, "model.safetensors.index.json": {}}, "names no files"),
        ({"model.safetensors": None, "model.safetensors.index.json": {"weight_map": {"w": "../m/model.safetensors"}}}, "no safetensors file"),
        ({"model.safetensors": None, "model.safetensors.index.json": {"weight_map": {"w": "gone.safetensors"}}}, "no safetensors file"),
        ({"chat_template.jinja": b"\xff"}, "not UTF-8"),
    ],
)  # fmt: skip
def test_what_is_refused_and_why(tmp_path, changed, sentence):
    with pytest.raises(BadModel, match=sentence):
        look(a_folder(tmp_path / "m", **changed))


def test_pickled_files_beside_safetensors_are_told_and_never_read(tmp_path):
    folder = a_folder(tmp_path / "m", **{"pytorch_model.bin": b"x", "optimizer.PT": b"x"})
    assert look(folder)["pickled"] == ["optimizer.PT", "pytorch_model.bin"]
    with pytest.raises(BadModel, match="pickled files"):
        require_weights_only(["model.safetensors", "optimizer.pt"])


def test_a_thousand_files_are_no_model(tmp_path):
    folder = a_folder(tmp_path / "m")
    for number in range(FILES_MAX):
        (folder / str(number)).touch()
    with pytest.raises(BadModel, match="more than 1,000 files"):
        look(folder)


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_are_weights_or_refused(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("w") / "model.safetensors"
    path.write_bytes(data)
    with pytest.raises(BadModel):
        read_weights(path)


def test_tensors_of_a_type_we_do_not_know_are_counted(tmp_path):
    put(tmp_path, "x.safetensors", header({"w": {"dtype": "F4", "shape": [4], "data_offsets": [0, 2]}}, bytes(2)))
    assert read_weights(tmp_path / "x.safetensors").parameters == 4


@pytest.mark.parametrize(
    ("kind", "shape"), [("\x00", [1]), ("f4 ", [1]), ("F" * 21, [1]), ("F4", [10**30]), ("F4", [17])]
)
def test_a_type_that_cannot_be_is_refused(tmp_path, kind, shape):
    put(tmp_path, "x.safetensors", header({"w": {"dtype": kind, "shape": shape, "data_offsets": [0, 2]}}, bytes(2)))
    with pytest.raises(BadModel, match="cannot be"):
        read_weights(tmp_path / "x.safetensors")


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ({"n_layer": 2, "n_embd": 8, "n_positions": 9}, {"layers": 2, "width": 8, "context": 9}),
        ({"text_config": {"hidden_size": 8}, "model_type": "gemma3"}, {"family": "gemma3", "width": 8}),
        ({"architectures": [3], "hidden_size": "8", "n_layer": True, "vocab_size": 10**30, "model_type": "a\x00"}, {}),
        ({"architectures": "Llama", "text_config": 3}, {}),
    ],
)
def test_what_makes_no_sense_in_a_config_is_left_out(config, found):
    assert config_facts(config) == found


def test_one_template_of_several_and_the_file_before_all(tmp_path):
    several = {"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}
    folder = a_folder(tmp_path / "m", **{"tokenizer_config.json": several})
    of_default = template_facts(folder)["template_sha256"]
    assert of_default == "18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4"  # sha256 of "d"
    put(folder, "chat_template.jinja", "of the file")
    assert template_facts(folder)["template_sha256"] not in (of_default, PLAIN_SHA256)


@pytest.mark.parametrize("config", [None, {}, {"chat_template": None}, {"chat_template": [3]}, {"chat_template": [{"name": "x"}]}])  # fmt: skip
def test_without_a_template_the_plain_one_is_meant(tmp_path, config):
    folder = a_folder(tmp_path / "m", **{"tokenizer_config.json": config})
    assert template_facts(folder) == {"template_sha256": PLAIN_SHA256, "template_is_plain": True}


@pytest.mark.parametrize(
    ("readme", "licence"),
    [
        (README, "apache-2.0"), (README.replace("\n", "\r\n"), "apache-2.0"), ('---\nlicense: "mit"\n---\n', "mit"),
        ("---\nlicense: other\nlicense_name: llama3\n---\n", "llama3"), ("---\nlicense: other\n---\n", "other"),
        ("---\nlicense:\n- mit\n---\n", None), ("---\nlicense: [mit]\n---\n", None), ("---\nlicense: mit\n", None),
        ("license: mit\n", None), ("", None), (None, None), (b"---\nlicense: \xff\n---\n", "�"),
        (f"---\nlicense: {'x' * 200}\n---\n", None), ("---\nbase:\n  license: mit\n---\n", None),
    ],
)  # fmt: skip
def test_the_licence_of_a_readme(tmp_path, readme, licence):
    folder = a_folder(tmp_path / "m", **{"README.md": readme})
    assert licence_in(folder) == licence


@pytest.mark.parametrize(("text", "right"), [("mit", True), ("", False), (" mit", False), ("a\nb", False), ("x" * 121, False)])  # fmt: skip
def test_a_licence_is_a_printable_name(text, right):
    assert is_licence(text) is right


def test_the_hash_of_a_folder_is_that_of_its_manifest_where_a_run_made_it(tmp_path):
    folder = a_folder(tmp_path / "m")
    files, whole = hash_files(folder)
    assert files["model.safetensors"]["size"] == len(WEIGHTS)
    put(folder, "README.md", "other")
    assert hash_files(folder)[1] != whole
    put(folder, "manifest.json", {})
    with_manifest = hash_files(folder)
    assert with_manifest[1] == with_manifest[0]["manifest.json"]["sha256"]


def test_a_name_that_cannot_be_shown_is_refused(tmp_path):
    folder = a_folder(tmp_path / "m", **{"a\nb": "x"})
    with pytest.raises(BadModel, match="not printable"):
        look(folder)
