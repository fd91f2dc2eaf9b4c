/**
 * The ladder drawn: the tray of those not placed yet, one rung a level, and on them the cards, one for each candidate,
 * with its handle, its moves and its text.
 */
import { occupied, on, rungs, unplaced } from "./ladder.js";
import { say } from "./say.js";

const LONG = 1100; // characters: a text that would push the next cards out of sight
const LINES = 110; // characters that surely fit where texts are short

/** @param {string} letter @param {string[]} names all letters: as many rungs there can be */
export function makeCard(letter, names) {
  const card = element("li", "card", { letter });
  const head = element("div", "card-head");
  const handle = button("", "handle");
  handle.append(element("span", "letter", {}, letter), element("span", "standing"));
  head.append(handle, element("span", "score"), places(letter, names), moves(letter));
  const body = element("div", "card-body", { body: "" });
  card.append(head, body, button("", "unfold", { unfold: "" }));
  return card;
}

/** One press, one rung: for those who neither drag nor type. */
function places(letter, names) {
  const group = element("span", "places");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", say("Place {letter} on rung", { letter }));
  for (let level = 1; level <= names.length; level++) {
    const place = button(String(level), "tool", { place: String(level) });
    place.setAttribute("aria-label", say("Place {letter} on rung {n}", { letter, n: level }));
    group.append(place);
  }
  return group;
}

function moves(letter) {
  const group = element("span", "moves");
  for (const [move, sign, label] of [
    ["up", "↑", say("Move {letter} up", { letter })],
    ["down", "↓", say("Move {letter} down", { letter })],
    ["tie", "=", say("Tie {letter} with the one above", { letter })],
  ]) {
    const made = button(sign, "tool", { move });
    made.title = label;
    made.setAttribute("aria-label", label);
    group.append(made);
  }
  return group;
}

/** What a card says about itself: where it stands, how it was rated. */
export function refresh(card, { sentence, placed, rating }) {
  card.querySelector(".handle").setAttribute("aria-label", sentence);
  card.querySelector(".score").textContent = rating ? say("rated {n}", { n: rating }) : "";
  card.querySelector(".places").hidden = placed;
  card.querySelector(".moves").hidden = !placed;
}

/** Fold a text that is long for the density in use, unless it was opened; never without saying how much there is. */
export function fold(card, short) {
  const article = card.querySelector(".candidate");
  const length = article?.querySelector(".prose.rendered")?.textContent.trim().length ?? 0;
  const foldable = length > (short ? LINES : LONG);
  const open = card.classList.contains("open");
  card.classList.toggle("folded", foldable && !open);
  const unfold = card.querySelector(".unfold");
  unfold.hidden = !foldable;
  unfold.setAttribute("aria-expanded", String(open));
  // A very long text has a fold of its own (parts/text.html): the card's button opens both.
  for (const long of article?.querySelectorAll("details.long") ?? []) long.open = open;
  if (!foldable) return;
  const { letter, words } = article.dataset;
  unfold.textContent = open ? say("Fold the text of {letter}", { letter }) : say("Show all {words} of {letter}", { letter, words });
}

/** @param {import("./ladder.js").Levels} levels @param {Map<string, HTMLElement>} cards @returns {HTMLElement[]} */
export function drawRungs(levels, cards) {
  const waiting = unplaced(levels);
  const all = waiting.length === 0;
  const count = rungs(levels);
  const parts = waiting.length ? [tray(list(waiting, cards))] : [];
  for (let level = 1; level <= count; level++) {
    const standing = on(levels, level);
    if (standing.length) parts.push(gap(level));
    parts.push(rung(level, count, list(standing, cards), all && occupied(levels).length > 1));
  }
  if (all) parts.push(gap(count + 1));
  return parts;
}

function tray(cards) {
  const box = element("div", "tray", { drop: "tray" });
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", say("Not placed yet"));
  box.append(element("h3", "", {}, say("Not placed yet")), cards);
  return box;
}

function rung(level, count, cards, ends) {
  const box = element("div", `rung${cards.childElementCount ? "" : " empty"}`, { drop: `on:${level}` });
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", say("Rank {n} of {m}", { n: level, m: count }));
  const heading = element("h3");
  heading.append(element("b", "", {}, String(level)));
  const word = level === 1 ? say("best") : ends && level === count ? say("worst") : "";
  if (word) heading.append(element("span", "", {}, word));
  box.append(heading, cards);
  return box;
}

function gap(level) {
  const box = element("div", "gap", { drop: `new:${level}` });
  box.append(element("span", "", {}, say("A rung of its own")));
  return box;
}

/** @param {string[]} letters @param {Map<string, HTMLElement>} cards */
function list(letters, cards) {
  const items = element("ul", "cards");
  items.append(...letters.map((letter) => cards.get(letter)));
  return items;
}

function element(tag, className = "", data = {}, text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  Object.assign(made.dataset, data);
  if (text) made.textContent = text;
  return made;
}

function button(text, className, data = {}) {
  return Object.assign(element("button", className, data, text), { type: "button" });
}
