/**
 * The ladder on the page. The radio groups below it hold the truth: every move writes them, and every change of
 * theirs is drawn again.
 */
import { watchDrags } from "./drag.js";
import * as ladder from "./ladder.js";

const MOVES = {
  up: ladder.moveUp,
  down: ladder.moveDown,
  tie: ladder.tieAbove,
};

/** @param {HTMLFormElement} form @param {(sentence: string) => void} announce */
export function openBoard(form, announce) {
  const root = form.querySelector("[data-board]");
  const names = [...form.querySelectorAll(".candidate")].map((article) => article.dataset.letter);
  const cards = new Map(names.map((letter) => [letter, makeCard(form, letter)]));
  /** @type {ladder.Levels[]} */
  let past = [];
  /** @type {ladder.Levels[]} */
  let future = [];
  /** @type {string | null} */
  let inHand = null;

  const radio = (letter, level) => form.querySelector(`input[name="tier-${letter}"][value="${level}"]`);

  /** @returns {ladder.Levels} */
  function read() {
    const data = new FormData(form);
    return Object.fromEntries(names.map((letter) => [letter, Number(data.get(`tier-${letter}`)) || null]));
  }

  /** @param {ladder.Levels} levels */
  function write(levels) {
    for (const letter of names) {
      for (const input of form.querySelectorAll(`input[name="tier-${letter}"]`)) input.checked = false;
      if (levels[letter] !== null) radio(letter, levels[letter]).checked = true;
    }
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Make a move, remember how it was before, say what it did. */
  function change(next, sentence) {
    const before = read();
    if (ladder.same(before, next)) return;
    past.push(before);
    future = [];
    write(next);
    announce(sentence ?? (inHand ? ladder.describe(next, inHand) : ""));
  }

  function travel(from, to, word) {
    const levels = from.pop();
    if (!levels) return announce(`Nothing to ${word}.`);
    to.push(read());
    write(levels);
    announce(`${word === "undo" ? "Undone" : "Redone"}.${inHand ? ` ${ladder.describe(levels, inHand)}` : ""}`);
  }

  /** Take a candidate in hand: its card gets the focus, its text comes into view. */
  function take(letter, { focus = true, scroll = true } = {}) {
    const card = cards.get(letter);
    if (!card) return;
    inHand = letter;
    for (const article of form.querySelectorAll(".candidate")) {
      article.classList.toggle("in-hand", article.dataset.letter === letter);
    }
    if (focus) card.querySelector(".handle").focus();
    const beside = matchMedia("(min-width: 64rem)").matches;
    if (scroll && beside) document.getElementById(`candidate-${letter}`)?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  function act(letter, move) {
    take(letter, { scroll: false });
    change(MOVES[move](read(), letter));
    take(letter, { scroll: false });
  }

  function draw() {
    const focused = document.activeElement?.closest?.(".card")?.dataset.letter;
    const levels = read();
    const waiting = ladder.unplaced(levels);
    const rungs = waiting.length ? names.length : ladder.occupied(levels).length;
    root.replaceChildren(...tray(waiting), ...rungList(levels, rungs, waiting.length === 0));
    for (const [letter, card] of cards) refresh(form, card, ladder.describe(levels, letter), letter);
    if (focused) cards.get(focused).querySelector(".handle").focus({ preventScroll: true });
  }

  function tray(waiting) {
    if (!waiting.length) return [];
    const box = element("section", "tray", { drop: "tray" });
    box.append(element("h3", "", {}, "Not placed yet"), list(waiting));
    return [box];
  }

  function rungList(levels, count, dense) {
    const parts = [];
    for (let level = 1; level <= count; level++) {
      const standing = ladder.on(levels, level);
      if (standing.length) parts.push(gap(level));
      parts.push(rung(level, standing, dense && level === count && count > 1));
    }
    if (dense) parts.push(gap(count + 1));
    return parts;
  }

  function rung(level, standing, worst) {
    const box = element("section", `rung${standing.length ? "" : " empty"}`, { drop: `on:${level}` });
    const heading = element("h3");
    heading.append(element("b", "", {}, String(level)));
    const word = level === 1 ? "best" : worst ? "worst" : "";
    if (word) heading.append(element("span", "", {}, word));
    box.append(heading, list(standing));
    return box;
  }

  function gap(level) {
    const box = element("div", "gap", { drop: `new:${level}` });
    box.append(element("span", "", {}, "A rung of its own"));
    return box;
  }

  function list(standing) {
    const items = element("ul", "cards");
    items.append(...standing.map((letter) => cards.get(letter)));
    return items;
  }

  root.addEventListener("click", (event) => {
    const card = event.target.closest(".card");
    if (!card) return;
    const button = event.target.closest("[data-move]");
    if (button) act(card.dataset.letter, button.dataset.move);
    else if (event.target.closest(".handle")) take(card.dataset.letter);
    else if (event.target.closest("[data-text]")) toggleText(form, card);
  });
  root.addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card) take(card.dataset.letter, { focus: false, scroll: false });
  });
  watchDrags(root, (letter, target) => {
    const [how, level] = target.split(":");
    take(letter, { scroll: false });
    if (how === "tray") change(ladder.placeOn(read(), letter, null));
    else change((how === "on" ? ladder.placeOn : ladder.insertAt)(read(), letter, Number(level)));
    take(letter, { scroll: false });
  });
  form.addEventListener("change", draw);
  root.classList.toggle("many", names.length > 5);
  root.hidden = false;
  draw();

  return {
    take,
    inHand: () => inHand,
    missing: () => ladder.unplaced(read()),
    levels: read,
    place: (level) => inHand && change(ladder.placeOn(read(), inHand, level)),
    move: (move) => inHand && change(MOVES[move](read(), inHand)),
    rest: () => change(ladder.restAtBottom(read()), "The rest tie at the bottom."),
    undo: () => travel(past, future, "undo"),
    redo: () => travel(future, past, "redo"),
    toggleText: () => inHand && toggleText(form, cards.get(inHand)),
    settle: () => write(ladder.settled(read())),
  };
}

function element(tag, className = "", data = {}, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  Object.assign(made.dataset, data);
  if (text) made.textContent = text;
  return made;
}

function makeCard(form, letter) {
  const article = form.querySelector(`#candidate-${letter}`);
  const card = element("li", "card", { letter });
  const handle = element("button", "handle");
  handle.type = "button";
  const text = article.querySelector(".prose.rendered")?.textContent.trim().replace(/\s+/g, " ") || "(empty)";
  const gist = element("span", "gist", {}, text.slice(0, 120));
  gist.dir = "auto";
  handle.append(element("span", "letter", {}, letter), gist);
  const foot = element("div", "card-foot");
  foot.append(element("span", "score"), textButton(article), ...["up", "down", "tie"].map((move) => tool(letter, move)));
  card.append(handle, foot);
  return card;
}

function textButton(article) {
  const words = article.querySelector("header .muted").textContent;
  const [count, unit] = words.split(" ");
  const button = element("button", "show-text", { text: "" }, count);
  button.append(element("span", "unit", {}, ` ${unit}`));
  button.type = "button";
  button.setAttribute("aria-label", `Text of ${article.dataset.letter}, ${words}`);
  button.setAttribute("aria-expanded", "false");
  return button;
}

function tool(letter, move) {
  const [sign, label] = { up: ["↑", `Move ${letter} up`], down: ["↓", `Move ${letter} down`], tie: ["=", `Tie ${letter} with the one above`] }[move];
  const button = element("button", "tool", { move }, sign);
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  return button;
}

/** The words a card says about itself: where it stands, how it was rated. */
function refresh(form, card, sentence, letter) {
  card.querySelector(".handle").setAttribute("aria-label", sentence);
  const rating = form.querySelector(`#candidate-${letter} .scale input:checked`)?.value;
  card.querySelector(".score").textContent = rating ? `rated ${rating}` : "";
}

function toggleText(form, card) {
  const button = card.querySelector("[data-text]");
  const shown = card.querySelector(".card-text");
  button.setAttribute("aria-expanded", String(!shown));
  if (shown) return shown.remove();
  const copy = element("div", "card-text");
  for (const text of form.querySelectorAll(`#candidate-${card.dataset.letter} .candidate-text :is(.prose, .empty-text)`)) {
    copy.append(text.cloneNode(true));
  }
  card.append(copy);
}
