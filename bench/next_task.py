"""How long from Ctrl+Enter until the next task can be read, with the next room prefetched and without.

One labeler in a real Chromium against the real server, a long queue behind it. Both ways take turns within one run, so
that whatever else the machine does falls on both. The clock starts at the key press as the page sees it and stops after
the frame that paints the next prompt's text.
"""

import argparse
import random
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from bench.report import machine, percentile, say, table, write
from bench.stage import stage
from bench.texts import K, questions
from launcher.browser import HOW_TO_GET_ONE, find_chromium

# After the swap the text is in the page; the frame that shows it is over when a message posted in it arrives.
STOPWATCH = """
(() => {
  let pressed = 0;
  let before = "";
  const text = () => document.querySelector("#asked")?.textContent.match(/\\[task \\d+\\]/)?.[0] ?? "";
  addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.ctrlKey) return;
    pressed = event.timeStamp;
    before = text();
  }, true);
  new MutationObserver(() => {
    if (!pressed || !text() || text() === before) return;
    const start = pressed;
    pressed = 0;
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => { window.readable = performance.now() - start; };
      channel.port2.postMessage(null);
    });
  }).observe(document, { childList: true, subtree: true });
})();
"""


def main(argv: Sequence[str]) -> None:
    options = _options(argv)
    browser_path = find_chromium()
    if browser_path is None:
        raise SystemExit(HOW_TO_GET_ONE)
    with stage() as here:
        from bench.queue import fill, judge, make_project

        pool, source = questions()
        say(f"Filling a queue with {options.tasks:,} tasks of {K} replies each ({source}) ...")
        project, labeler = make_project()
        fill(project, pool, tasks=options.tasks + options.judged, overlap=options.judged)
        judge(labeler, options.judged)
        say(f"The labeler has judged {options.judged:,} of them; now {options.times} submits each way ...")
        with here.web() as address, chromium(browser_path) as page:
            taken = measure(page, address, options.times, random.Random(options.seed))
    report(taken, {"tasks": options.tasks, "judged": options.judged, "texts": source, "seed": options.seed})


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench next_task", description=__doc__)
    parser.add_argument("--tasks", type=int, default=100_000, help="open tasks in the queue")
    parser.add_argument("--judged", type=int, default=1_000, help="tasks the labeler has judged, still open for others")
    parser.add_argument("--times", type=int, default=60, help="submits measured each way")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args(argv)


@contextmanager
def chromium(path: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]
        )
        try:
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(STOPWATCH)
            yield page
        finally:
            browser.close()


def measure(page: Page, address: str, times: int, rng: random.Random) -> dict[str, list[dict[str, Any]]]:
    """`times` submits each way, in pairs whose order is drawn; the first pair of each warms up and is not counted."""
    _sign_in(page, address)
    ways = [way for _ in range(times + 1) for way in rng.sample(["prefetched", "plain"], 2)]
    taken: dict[str, list[dict[str, Any]]] = {"prefetched": [], "plain": []}
    for number, way in enumerate(ways):
        one = _one(page, prefetch=way == "prefetched", rng=rng)
        if number >= 2:
            taken[way].append(one)
        if number % 20 == 19:
            say(f"  {number + 1} of {len(ways)}")
    return taken


def _sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in/")
    page.fill("input[name=username]", "labeler@bench.local")
    page.fill("input[name=password]", "only for benchmarks")
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile(rf"{re.escape(address)}/(p/.*)?$"))
    page.goto(f"{address}/p/bench/work/")
    page.get_by_role("button", name="Start ranking").click()


def _one(page: Page, *, prefetch: bool, rng: random.Random) -> dict[str, Any]:
    """Rank one task at the speed of somebody quick, submit it, and wait for the next."""
    expect(page.locator("[data-sheet-open]")).to_be_visible()
    if not prefetch:
        page.evaluate("() => { delete document.querySelector('#room').dataset.aheadUrl; }")
    page.keyboard.press("l")
    expect(page.locator("#room")).to_have_attribute("data-step", "rank")
    for letter, place in zip("abcd", rng.sample("1234", K), strict=True):
        for key in (letter, place):
            time.sleep(rng.uniform(0.1, 0.3))
            page.keyboard.press(key)
    expect(page.locator(".tier input:checked")).to_have_count(K)
    time.sleep(rng.uniform(1.0, 2.0))  # one last look
    page.evaluate("() => { window.readable = 0; }")
    with page.expect_response(re.compile(r"/submit/$")) as answer:
        page.keyboard.press("Control+Enter")
    ahead = "x-ahead" in answer.value.headers
    deadline = time.monotonic() + 30
    while not (milliseconds := page.evaluate("() => window.readable")):
        if time.monotonic() > deadline:
            raise RuntimeError(f"no next task after 30 s at {page.url}")
        time.sleep(0.05)
    server = answer.value.request.timing
    return {"ms": milliseconds, "server_ms": server["responseStart"] - server["requestStart"], "ahead": ahead}


def report(taken: dict[str, list[dict[str, Any]]], about: dict[str, Any]) -> None:
    rows, summary = [], {}
    for way, all_of_them in taken.items():
        times, server = [one["ms"] for one in all_of_them], [one["server_ms"] for one in all_of_them]
        summary[way] = {
            "n": len(times), "median_ms": percentile(times, 0.5), "p95_ms": percentile(times, 0.95), "max_ms": max(times),
            "server_median_ms": percentile(server, 0.5), "server_p95_ms": percentile(server, 0.95),
            "was_there_ahead": sum(one["ahead"] for one in all_of_them),
        }  # fmt: skip
        rows.append([way, *summary[way].values()])
    headings = ["key press to readable, ms", "n", "median", "p95", "max", "server median", "server p95", "there ahead"]
    say("")
    say(table(headings, rows))
    path = write("next_task", {**about, "machine": machine(), "summary": summary, "taken": taken})
    say(f"\n{path.relative_to(path.parents[2])}")
