"""The whole thread: what a labeler saw and said is what a researcher downloads."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from apps.datasets.models import DatasetSnapshot
from apps.datasets.services.build import snapshot_build
from tests.make import make_rank_task

from .hands import to_ladder


def texts_on_screen(page: Page, k: int) -> dict[str, str]:
    return {
        letter: page.locator(f"#candidate-{letter} .prose.rendered").inner_text().strip() for letter in "ABCDEFGHI"[:k]
    }


def rank(page: Page, tiers: dict[str, int], *, by_keyboard: bool) -> None:
    to_ladder(page)
    if by_keyboard:
        for letter in sorted(tiers, key=lambda letter: tiers[letter]):
            page.keyboard.press(letter.lower())
            page.keyboard.press(str(tiers[letter]))
        page.keyboard.press("Control+Enter")
    else:
        page.get_by_text("Ranks as plain form controls").click()
        for letter, tier in tiers.items():
            page.locator(f"input[name=tier-{letter}][value='{tier}']").check()
        page.get_by_role("button", name="Submit the ranking").click()


def exported(page: Page, folder: Path) -> list[dict]:
    page.goto("/p/clinic/snapshots/")
    page.get_by_label("For").select_option("training")
    page.get_by_role("button", name="Make the snapshot").click()
    snapshot_build(uid=DatasetSnapshot.objects.get().uid)  # what the worker does when it is rung
    page.reload()
    expect(page.locator(".status.ready")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="rankings.jsonl").click()
    download.value.save_as(folder / "rankings.jsonl")
    return [json.loads(line) for line in (folder / "rankings.jsonl").read_text().splitlines()]


def test_rank_with_ties_reload_export_and_compare(cast, start, open_page, tmp_path):
    for k in (5, 3):
        make_rank_task(cast.project, k=k)
    page, seen = start(cast.labeler), []
    for tiers, by_keyboard in (({"A": 1, "B": 2, "C": 2, "D": 3, "E": 1}, True), ({"A": 2, "B": 1, "C": 2}, False)):
        screen, here = texts_on_screen(page, len(tiers)), page.url
        rank(page, tiers, by_keyboard=by_keyboard)
        expect(page).not_to_have_url(here)
        seen.append({text: tiers[letter] for letter, text in screen.items()})

    records = exported(open_page(cast.researcher.user, accept_downloads=True), tmp_path)

    said = [{c["text"]: tier for c, tier in zip(r["completions"], r["tiers"], strict=True)} for r in records]
    assert said == seen
    for record, ranking in zip(records, seen, strict=True):
        assert record["labeler"]["pseudonym"] == cast.labeler.pseudonym
        assert [record["completions"][position]["text"] for position in record["shown_order"]] == list(ranking)
