"""The servers that an operator names: understood, or refused without a word of what may be a key."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.training.domain.endpoints import BadEndpoints, endpoint_names, endpoint_uri, endpoints_in, split_endpoint

URL = "http://127.0.0.1:8001/v1"


def test_servers_have_names_addresses_and_keys():
    found = endpoints_in(json.dumps({"vllm": {"url": URL + "/", "key": "s3cret"}, "b-2": {"url": "https://x.example"}}))
    assert (found["vllm"].url, found["vllm"].key, found["b-2"].key) == (URL, "s3cret", "")
    assert "s3cret" not in repr(found)
    assert endpoint_names("") == frozenset()
    assert endpoint_names('{"vllm": {"url": "http://h:1"}}') == {"vllm"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "not JSON"), ("[" * 100_000, "not JSON"), ("[]", "an object"), ("3", "an object"), ("NaN", "an object"),
        ('{"A": {"url": "http://h"}}', "a name has"), ('{"": {"url": "http://h"}}', "a name has"),
        ('{"a/b": {"url": "http://h"}}', "a name has"), ('{"a": "http://h"}', 'a: {"url"'), ('{"a": {}}', "a: url:"),
        ('{"a": {"url": "http://h", "token": "s3cret"}}', 'a: {"url"'), ('{"a": {"url": 3}}', "a: url:"),
        ('{"a": {"url": "file:///etc/passwd"}}', "a: url:"), ('{"a": {"url": "http://"}}', "a: url:"),
        ('{"a": {"url": "http://u:s3cret@h"}}', "a: url:"), ('{"a": {"url": "http://h/?key=s3cret"}}', "a: url:"),
        ('{"a": {"url": "http://h:99999"}}', "a: url:"), ('{"a": {"url": "http://h /"}}', "a: url:"),
        ('{"a": {"url": "http://[h"}}', "a: url:"), ('{"a": {"url": "http://h", "key": 7}}', "a: key:"),
        ('{"a": {"url": "http://h", "key": "s3cret\\n"}}', "a: key:"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_is_refused_without_saying_it(text, sentence):
    with pytest.raises(BadEndpoints) as refused:
        endpoints_in(text)
    assert sentence in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_model_of_a_server_is_named_by_both():
    assert split_endpoint(endpoint_uri("vllm", "org/name:7b")) == ("vllm", "org/name:7b")


@pytest.mark.parametrize("uri", ["", "endpoint:", "endpoint:vllm", "endpoint:vllm/", "endpoint:/x", "hub:a/b", "endpoint:vllm/a b", "endpoint:vllm/a\n"])  # fmt: skip
def test_anything_else_names_none(uri):
    assert split_endpoint(uri) is None


@given(st.text())
def test_any_text_is_understood_or_refused(text):
    with contextlib.suppress(BadEndpoints):
        endpoints_in(text)
