/**
 * Two candidates side by side, or one at a time where two do not fit. Scrolling one takes the other along.
 */
import { markDifference } from "./marks.js";
import { say } from "./say.js";

/** An element with properties, data (an object) and children. */
export function make(tag, { data = {}, aria = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.dataset, data);
  for (const [name, value] of Object.entries(aria)) made.setAttribute(name === "role" ? name : `aria-${name}`, value);
  made.append(...children);
  return made;
}

/**
 * @param {HTMLFormElement} form  holds the candidates' texts
 * @param {{left?: Element[], right?: Element[]}} heads  what stands above each text
 */
export function openPanes(form, heads = {}) {
  const sides = { left: makePane("left", heads.left), right: makePane("right", heads.right) };
  const turns = { left: turnButton("left"), right: turnButton("right") };
  const turner = make("div", { className: "pane-turn", aria: { role: "group", label: say("Text shown") } }, turns.left, turns.right);
  const pair = make("div", { className: "pane-pair", data: { shown: "left" } }, sides.left.box, sides.right.box);
  const element = make("div", { className: "panes" }, turner, pair);
  const settings = { aligned: true, marked: false };
  const tops = new Map();

  const letters = () => [sides.left.text.dataset.letter, sides.right.text.dataset.letter];

  /** Put two candidates there; each keeps where it was scrolled to. Where one is shown at a time, one that is new here is. */
  function show(left, right) {
    const before = letters();
    for (const { text } of Object.values(sides)) tops.set(text.dataset.letter, text.scrollTop);
    fill("left", left);
    fill("right", right);
    if (!before.includes(left)) turnTo("left");
    else if (!before.includes(right)) turnTo("right");
    return settings.marked ? mark(true) : "";
  }

  function fill(side, letter) {
    const { text } = sides[side];
    text.dataset.letter = letter;
    text.setAttribute("aria-label", say("Text of {letter}", { letter }));
    text.replaceChildren(...textsOf(form, letter));
    text.scrollTop = tops.get(letter) ?? 0;
    scrolling.still(text);
    turns[side].textContent = letter;
  }

  function turnTo(side) {
    pair.dataset.shown = side;
    for (const [name, button] of Object.entries(turns)) button.setAttribute("aria-pressed", String(name === side));
  }

  /** @returns {string} a sentence where there is something to say about the difference */
  function mark(on) {
    settings.marked = on;
    const names = letters();
    for (const { text } of Object.values(sides)) refill(form, text);
    if (!on) return "";
    const [left, right] = [sides.left, sides.right].map(({ text }, index) => ({ element: shownText(text), name: names[index] }));
    if (left.element.matches(".covered")) return "";
    const found = markDifference(left, right);
    if (found === "long") return say("These texts are too long to mark where they differ. Everything else works.");
    return found === "same" ? say("{one} and {other} have the same words.", { one: names[0], other: names[1] }) : "";
  }

  const narrow = () => getComputedStyle(turner).display !== "none";
  const scrolling = watchScrolling(sides.left.text, sides.right.text, () => settings.aligned && !narrow());
  for (const [side, button] of Object.entries(turns)) button.addEventListener("click", () => turnTo(side));

  return {
    element,
    show,
    mark,
    focus: () => sides[narrow() ? pair.dataset.shown : "left"].text.focus({ preventScroll: true }),
    align: (on) => (settings.aligned = on),
    turn: () => turnTo(pair.dataset.shown === "left" ? "right" : "left"),
  };
}

function makePane(side, head = []) {
  const text = make("div", { className: "pane-text", tabIndex: 0, aria: { role: "region" } });
  const box = make("div", { className: "pane", data: { side } }, make("div", { className: "pane-head" }, ...head), text);
  return { box, text };
}

const turnButton = (side) => make("button", { type: "button", className: "button small", data: { turn: side } });

/** Formatted and raw, as the room shows them: its own switch decides which is seen. */
function textsOf(form, letter) {
  const found = form.querySelectorAll(`#candidate-${letter} .candidate-text :is(.prose, .empty-text, .covered)`);
  return [...found].map((text) => text.cloneNode(true));
}

function refill(form, text) {
  const top = text.scrollTop;
  text.replaceChildren(...textsOf(form, text.dataset.letter));
  text.scrollTop = top;
}

const shownText = (text) => [...text.children].find((child) => child.checkVisibility({ checkVisibilityCSS: false })) ?? text;

/** Scroll one and the other goes to the same paragraph, or to the same share where their numbers differ. */
function watchScrolling(left, right, wanted) {
  /** @type {Map<Element, number>} where we ourselves put it: no reason to move the first again */
  const put = new Map();
  const follow = (from, to) => () => {
    if (Math.abs((put.get(from) ?? -9) - from.scrollTop) < 2) return put.delete(from);
    if (!wanted()) return undefined;
    const top = alignedTop(from.scrollTop, stops(from), stops(to));
    if (Math.abs(top - to.scrollTop) < 2) return undefined;
    to.scrollTop = top;
    return put.set(to, to.scrollTop);
  };
  left.addEventListener("scroll", follow(left, right), { passive: true });
  right.addEventListener("scroll", follow(right, left), { passive: true });
  /** It stands where it was put, not where a reader scrolled it: a new text begins at its beginning. */
  return { still: (box) => put.set(box, box.scrollTop) };
}

/** Where paragraphs begin, in pixels of scrolling: 0 first, the end last. */
function stops(pane) {
  const end = Math.max(0, pane.scrollHeight - pane.clientHeight);
  const start = shownText(pane).offsetTop;
  const blocks = [...shownText(pane).children].slice(1).map((block) => Math.min(end, Math.max(0, block.offsetTop - start)));
  return [0, ...blocks, end];
}

/** @param {number} top @param {number[]} from @param {number[]} to */
export function alignedTop(top, from, to) {
  if (from.length !== to.length) [from, to] = [[0, from.at(-1)], [0, to.at(-1)]];
  if (top >= from.at(-1)) return to.at(-1);
  const at = from.findLastIndex((stop) => stop <= top);
  const share = (top - from[at]) / (from[at + 1] - from[at] || 1);
  return Math.round(to[at] + share * (to[at + 1] - to[at]));
}
