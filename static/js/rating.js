/**
 * The first step, "Read and rate": one candidate at a time, its scales, its flags, its note. The controls are the form's
 * own; this only shows them one candidate at a time and lets keys reach them.
 */
import { say } from "./say.js";

const EXPLAIN = "explain-flags";

/** @param {HTMLElement} room @param {HTMLFormElement} form @param {(sentence: string) => void} announce */
export function openRating(room, form, announce) {
  const articles = [...form.querySelectorAll(".candidate")];
  const letters = articles.map((article) => article.dataset.letter);
  const strip = form.querySelector("[data-strip]");
  const tabs = new Map(letters.map((letter) => [letter, makeTab(letter)]));
  const last = letters.at(-1);
  let current = letters[0];

  const article = (letter = current) => document.getElementById(`candidate-${letter}`);
  const scales = (letter = current) => [...article(letter).querySelectorAll(".scale")];
  const rating = (letter) => scales(letter)[0]?.querySelector("input:checked")?.value ?? "";
  const rated = (letter) => (rating(letter) ? say("rated {n}", { n: rating(letter) }) : say("not rated yet"));

  /** @param {string} letter */
  function show(letter, { focus = true } = {}) {
    if (!letters.includes(letter)) return;
    current = letter;
    for (const one of articles) one.hidden = one.dataset.letter !== letter;
    for (const [name, tab] of tabs) tab.setAttribute("aria-current", String(name === letter));
    const foot = form.querySelector("[data-step-foot]");
    foot.querySelector('[data-do="previous"]').disabled = letter === letters[0];
    foot.querySelector('[data-do="next"]').hidden = letter === last;
    foot.querySelector('[data-do="ladder"]')?.classList.toggle("primary", letter === last);
    if (!focus) return;
    const heading = document.getElementById(`name-${letter}`);
    heading.focus({ preventScroll: true });
    // Only where its beginning is out of sight: on a wide screen the page stands still.
    if (heading.getBoundingClientRect().top < 0) form.querySelector(".work").scrollIntoView({ behavior: "instant" });
    announce(say("Candidate {letter} of {n}, {rated}", { letter, n: letters.length, rated: rated(letter) }));
  }

  function step(by) {
    const next = letters[letters.indexOf(current) + by];
    if (next) show(next);
  }

  /** Rate on the scale that has the focus, else on the first. @param {string} value */
  function rate(value) {
    const own = scales();
    const scale = own.find((one) => one.contains(document.activeElement)) ?? own[0];
    const radio = scale?.querySelector(`input[value="${value}"]`);
    if (radio) tick(radio);
    if (radio) announce(say("{letter} rated {n}", { letter: current, n: value }));
  }

  /** To the first flag without an answer. */
  function flags() {
    const fold = document.getElementById(`flags-${current}`);
    if (!fold) return;
    fold.open = true;
    const rows = [...fold.querySelectorAll(".flag")];
    focusFlag(rows.find((row) => !row.querySelector("input:checked")) ?? rows[0]);
  }

  function note() {
    const area = document.getElementById(`note-${current}`);
    if (!area) return;
    area.closest("details").open = true;
    area.focus();
  }

  function unfold() {
    const long = article().querySelector("details.long");
    if (long) long.open = !long.open;
  }

  function drawStrip() {
    for (const [letter, tab] of tabs) {
      tab.querySelector(".score").textContent = rating(letter);
      tab.setAttribute("aria-label", say("Candidate {letter}, {rated}", { letter, rated: rated(letter) }));
    }
  }

  strip.append(...tabs.values());
  strip.hidden = letters.length < 2;
  strip.addEventListener("click", (event) => {
    const letter = event.target.closest("button")?.dataset.show;
    if (letter) show(letter);
  });
  form.querySelector("[data-step-foot]").hidden = letters.length < 2;
  form.addEventListener("change", drawStrip);
  watchRadios(form);
  rememberExplaining(room);
  drawStrip();
  return {
    letters,
    current: () => current,
    show,
    next: () => step(1),
    previous: () => step(-1),
    rate,
    flags,
    note,
    unfold,
    /** Those of which nothing is said. */
    missing: () => letters.filter((letter) => !article(letter).querySelector(".judging input:checked:not([data-explain])") && !document.getElementById(`note-${letter}`)?.value.trim()),
  };
}

function makeTab(letter) {
  const tab = Object.assign(document.createElement("button"), { type: "button", className: "tab" });
  tab.dataset.show = letter;
  const score = Object.assign(document.createElement("span"), { className: "score" });
  tab.append(Object.assign(document.createElement("b"), { textContent: letter }), score);
  return tab;
}

function tick(radio) {
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

const flagInFocus = () => document.activeElement?.closest?.(".flag");
const focusFlag = (row) => (row?.querySelector("input:checked") ?? row?.querySelector("input"))?.focus();

/** Answer the flag that has the focus and go on to the next. @param {string} value @param {(sentence: string) => void} announce */
export function answerFlag(value, announce) {
  const row = flagInFocus();
  const radio = row?.querySelector(`input[value="${value}"]`);
  if (!radio) return announce(say("This flag has no such answer."));
  tick(radio);
  radio.focus();
  announce(`${row.querySelector("legend").textContent}: ${radio.closest("label").textContent.trim()}`);
  return moveFlag(1);
}

/** @param {number} by */
export function moveFlag(by) {
  const row = flagInFocus();
  const rows = [...(row?.parentElement.querySelectorAll(".flag") ?? [])];
  focusFlag(rows[rows.indexOf(row) + by]);
}

/** Radios can be cleared again, and folds say how much of them is answered. */
function watchRadios(form) {
  let wasChecked = null;
  form.addEventListener("pointerdown", (event) => {
    const radio = event.target.closest("label")?.control;
    wasChecked = radio?.type === "radio" && radio.checked && radio.name !== "rendering" ? radio : null;
  });
  form.addEventListener("click", (event) => event.target === wasChecked && clear(event.target));
  form.addEventListener("keydown", (event) => {
    if (event.target.type !== "radio") return;
    if (event.key === "Backspace" || event.key === "Delete") clear(event.target);
    // Enter in a radio would submit; only Ctrl+Enter and the button do.
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault();
  });
  form.addEventListener("change", () => {
    for (const fold of form.querySelectorAll("details:has([data-tally])")) {
      const n = fold.querySelectorAll("input[type=radio]:checked").length + (fold.querySelector("select")?.value ? 1 : 0);
      fold.querySelector("[data-tally]").textContent = n ? say("{n} answered", { n }) : "";
    }
  });
}

function clear(radio) {
  radio.checked = false;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

/** "Say what each means" holds for all candidates, and for the next task. */
function rememberExplaining(room) {
  const boxes = [...room.querySelectorAll("[data-explain]")];
  const set = (yes) => boxes.forEach((box) => (box.checked = yes));
  set(localStorage.getItem(EXPLAIN) === "yes");
  for (const box of boxes) {
    box.addEventListener("input", (event) => event.stopPropagation()); // no answer: nothing to save
    box.addEventListener("change", (event) => {
      event.stopPropagation();
      localStorage.setItem(EXPLAIN, box.checked ? "yes" : "no");
      set(box.checked);
    });
  }
}
