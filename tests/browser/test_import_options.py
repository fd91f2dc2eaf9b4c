"""A manager's import with options, from the form to what they did."""

import json
from pathlib import Path

from playwright.sync_api import expect

LINES = [
    {"prompt": "Summarise the following letter for my landlord: one", "source_key": "ann"},
    {"prompt": "Summarise the following letter for my landlord: two", "source_key": "ann"},
    {"prompt": "Write to jane@corp.org or call +49 30 1234567."},
]


def test_options_unfold_and_the_import_says_what_they_did(open_page, cast, tmp_path: Path):
    path = tmp_path / "lines.jsonl"
    path.write_text("\n".join(map(json.dumps, LINES)))
    page = open_page(cast.manager.user)
    page.goto("/p/clinic/imports/")
    page.get_by_label("File").set_input_files(path)
    expect(page.get_by_label("Personal data")).to_be_hidden()
    page.get_by_text("Options", exact=True).click()
    page.get_by_label("Personal data").select_option("mask")
    page.get_by_label("Leave out near duplicates").fill("40")
    page.get_by_label("Skills the tasks ask for").fill("two words")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_text("'two words' is no skill")).to_be_visible()
    expect(page.get_by_label("Leave out near duplicates")).to_have_value("40")
    page.get_by_label("Skills the tasks ask for").fill("domain:law")
    page.get_by_label("File").set_input_files(path)
    page.get_by_role("button", name="Import").click()
    report = page.get_by_role("heading", name="What the options did").locator("xpath=..")
    expect(report).to_contain_text("Left out: near duplicates1")
    expect(report).to_contain_text("Personal data: e-mail addresses1")
    expect(page.get_by_text("with line 1, which is kept")).to_be_visible()
    expect(page.get_by_text("jane@corp.org")).to_have_count(0)
