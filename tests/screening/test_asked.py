"""Options asked for by query, form, page and command: the same words, the same answers."""

import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from apps.core.domain.errors import RuleBroken
from apps.imports.domain.asked import options_asked
from apps.imports.models import Import
from tests.imports.sending import send

LINE = {"prompt": "I am jane@corp.org", "completions": [{"text": "a"}, {"text": "b"}], "use_case": "chat"}


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({}, {}),
        ({"pii": "off"}, {}), ({"options": '{"pii": "off", "priority": 1}'}, {"priority": 1}),
        ({"pii": "", "dedupe_prefix": " "}, {}),
        ({"dedupe_prefix": "200", "requires": "domain:law, language:es", "other": "x"}, {"dedupe_prefix": 200, "requires": ["domain:law", "language:es"]}),
        ({"use_case_quotas": "chat=500, open_qa=0"}, {"use_case_quotas": {"chat": 500, "open_qa": 0}}),
        ({"use_case_quotas": '{"chat": 500}', "columns": '{"prompt": "q"}'}, {"use_case_quotas": {"chat": 500}, "columns": {"prompt": "q"}}),
        ({"options": '{"pii": "mask", "priority": 3}', "priority": "4"}, {"pii": "mask", "priority": 4}),
    ],
)  # fmt: skip
def test_texts_become_options(given, options):
    assert options_asked(given) == options


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"dedupe_prefix": "many"}, "options.dedupe_prefix"), ({"priority": "1" * 5000}, "options.priority"),
        ({"use_case_quotas": "chat"}, "options.use_case_quotas"), ({"columns": "{"}, "options.columns"),
        ({"options": "[]"}, "options"), ({"options": "{"}, "options"), ({"options": "[" * 100_000}, "options"),
        ({"split_by": "metadata.a\x00b"}, "options.split_by"), ({"columns": '{"prompt": "a\\u0000b"}'}, "options.columns.prompt"),
        ({"columns": '{"prompt": "\\ud800"}'}, "options.columns.prompt"),
        ({"columns": '{"prompt": {"value": NaN}}'}, "options.columns.prompt.value"),
        ({"columns": '{"prompt": {"value": 1%s}}' % ("0" * 30)}, "options.columns.prompt.value"),
        ({"options": '{"nothing": 1}'}, "options.nothing"), ({"pii": "hide"}, "options.pii"),
    ],
)  # fmt: skip
def test_or_say_what_is_wrong(given, field):
    with pytest.raises(RuleBroken) as caught:
        options_asked(given)
    assert caught.value.field == field


def test_over_the_api_by_query(manager, project):
    answer = send(manager, [LINE], "?pii=mask&priority=4&language=detect")
    body = answer.json()
    assert body["options"] == {"pii": "mask", "priority": 4, "language": "detect"}
    assert (
        body["screened"] == {"language_unclear": 1, "pii_email": 1, "pii_masked": 1}
        or body["screened"]["language_set"] == 1
    )
    found = b"".join(manager.get(body["screened_url"].split("/api/v1/")[1]).streaming_content)
    assert [json.loads(line) for line in found.splitlines()] == [
        {"line": 1, "field": "messages[0].content", "kind": "email", "count": 1}
    ]


@pytest.mark.parametrize(("query", "made"), [("", 0), ("&tasks=open", 1)])
def test_tasks_among_the_options_count_unless_the_parameter_says_otherwise(manager, project, query, made):
    answer = send(manager, [LINE], '?options={"tasks":"none"}' + query)
    assert answer.json()["tasks_created"] == made


def test_over_the_api_by_form(manager, project):
    file = SimpleUploadedFile("lines.jsonl", json.dumps(LINE).encode())
    answer = manager.client.post(
        "/api/v1/projects/clinic/imports/?priority=2", {"file": file, "pii": "withhold", "priority": "9"},
        headers={"Authorization": f"Token {manager.token}"},
    )  # fmt: skip
    assert answer.json()["options"] == {"pii": "withhold", "priority": 2}
    assert [error["code"] for error in answer.json()["errors"]] == ["pii_withheld"]


def test_a_wrong_option_brings_nothing_in(manager, project):
    answer = send(manager, [LINE], "?pii=hide")
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["field"] == "options.pii"
    assert not Import.objects.exists()


def test_by_command(project, tmp_path):
    path = tmp_path / "lines.jsonl"
    path.write_text(json.dumps(LINE))
    call_command(
        "import_prompts", "clinic", str(path), "--pii", "mask", "--use-case-quotas", "chat=5", stdout=StringIO()
    )
    assert Import.objects.get().options == {"pii": "mask", "use_case_quotas": {"chat": 5}}
    with pytest.raises(CommandError, match=r"options\.pii: one of"):
        call_command("import_prompts", "clinic", str(path), "--pii", "hide")


def test_on_the_page(client, cast):
    client.force_login(cast.manager.user)
    page = client.get("/p/clinic/imports/").content.decode()
    assert '<details class="fold">' in page
    assert 'name="cap_per_source"' in page
    file = SimpleUploadedFile("lines.jsonl", json.dumps(LINE).encode())
    wrong = client.post("/p/clinic/imports/", {"file": file, "tasks": "open", "requires": "two words"})
    assert wrong.status_code == 422
    assert '<details class="fold" open>' in wrong.content.decode()
    file.seek(0)
    plain = client.post("/p/clinic/imports/", {"file": file, "tasks": "open", "pii": "off"}, follow=True)
    assert "What the options did" not in plain.content.decode()
    file.seek(0)
    done = client.post(
        "/p/clinic/imports/", {"file": file, "tasks": "open", "pii": "mask", "use_case_quotas": "chat=5"}, follow=True
    )
    text = done.content.decode()
    assert "What the options did" in text
    assert "Personal data: e-mail addresses" in text
    assert "jane" not in text
