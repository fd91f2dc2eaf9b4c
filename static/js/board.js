/**
 * The second step, "Rank": the ladder on the page. The radio groups below it hold the truth: every move writes them,
 * and every change of theirs is drawn again. While the step is open the candidates stand in the ladder's cards.
 */
import { drawRungs, fold, makeCard, refresh } from "./cards.js";
import * as ladder from "./ladder.js";
import { say } from "./say.js";

const DENSITY = "ladder-density";
const MOVES = { up: ladder.moveUp, down: ladder.moveDown, tie: ladder.tieAbove };

/** @typedef {{levels: ladder.Levels, proposal: string}} Moment */

/** @param {HTMLFormElement} form @param {(sentence: string) => void} announce */
export function openBoard(form, announce) {
  const root = form.querySelector("[data-board]");
  const candidates = form.querySelector("[data-candidates]");
  const offer = form.querySelector("[data-proposal-bar]");
  const taken = form.elements.namedItem("proposal");
  const articles = [...form.querySelectorAll(".candidate")];
  const names = articles.map((article) => article.dataset.letter);
  const articleOf = new Map(articles.map((article) => [article.dataset.letter, article]));
  const cards = new Map(names.map((letter) => [letter, makeCard(letter, names)]));
  /** @type {Moment[]} */
  let past = [];
  /** @type {Moment[]} */
  let future = [];
  /** @type {string | null} */
  let inHand = null;
  let open = false;
  let declined = false;
  let drawn = "";
  let known = read();

  /** The answers as they are. @returns {ladder.Levels} */
  function read() {
    const data = new FormData(form);
    return Object.fromEntries(names.map((letter) => [letter, Number(data.get(`tier-${letter}`)) || null]));
  }

  const rating = (letter) => articleOf.get(letter).querySelector(".scale input:checked")?.value ?? "";
  const untouched = (levels) => ladder.unplaced(levels).length === names.length;

  /** The order of the ratings, where the project offers it and nothing is placed yet. */
  function proposed() {
    if (!taken || declined || !untouched(read())) return null;
    const ratings = names.map((letter) => [letter, Number(rating(letter))]);
    return ratings.every(([, step]) => step) ? ladder.fromRatings(Object.fromEntries(ratings)) : null;
  }

  /** What the ladder shows: the answers, or a proposal that is none yet. */
  const shown = () => proposed() ?? read();
  /** @returns {Moment} */
  const now = () => ({ levels: read(), proposal: taken?.value ?? "" });

  /** @param {Moment} moment */
  function write({ levels, proposal }) {
    for (const letter of names) {
      for (const input of form.querySelectorAll(`input[name="tier-${letter}"]`)) input.checked = Number(input.value) === levels[letter];
    }
    if (taken) taken.value = proposal;
    known = read();
    form.dispatchEvent(new CustomEvent("place", { bubbles: true }));
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }

  /** Make a move, remember how it was before, say what it did. @param {ladder.Levels} next @param {string} [sentence] */
  function change(next, sentence) {
    const before = now();
    if (ladder.same(before.levels, next)) return;
    const proposal = proposed() ? "1" : before.proposal;
    past.push(before);
    future = [];
    write({ levels: next, proposal });
    announce(sentence ?? (inHand ? ladder.describe(next, inHand) : ""));
  }

  function travel(from, to, done, nothing) {
    const moment = from.pop();
    if (!moment) return announce(nothing);
    to.push(now());
    write(moment);
    return announce(inHand ? `${done} ${ladder.describe(shown(), inHand)}` : done);
  }

  /** Take a candidate in hand: its card has the focus. @param {string} letter */
  function take(letter, { focus = true } = {}) {
    const card = cards.get(letter);
    if (!card) return;
    inHand = letter;
    for (const [name, one] of cards) one.classList.toggle("in-hand", name === letter);
    if (!focus) return;
    card.querySelector(".handle").focus({ preventScroll: true });
    bringIntoView(card);
  }

  /** The whole card where it is small, else where it begins. */
  function bringIntoView(card) {
    const whole = card?.offsetHeight < innerHeight / 2;
    (whole ? card : card?.querySelector(".card-head"))?.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  /** @param {string} letter @param {(levels: ladder.Levels) => ladder.Levels} move */
  function moveCard(letter, move) {
    take(letter, { focus: false });
    const pressed = document.activeElement?.closest(".moves .tool");
    change(move(shown()));
    take(letter, { focus: !pressed }); // who presses an arrow will press it again
  }

  /** The proposal becomes the answer. */
  function accept() {
    if (proposed()) change(proposed(), say("The proposed order is taken."));
  }

  function draw() {
    if (!open) return;
    const levels = shown();
    const offered = proposed() !== null;
    const picture = JSON.stringify([levels, offered]);
    offer.hidden = !offered;
    root.classList.toggle("proposed", offered);
    if (picture !== drawn) {
      const focused = root.contains(document.activeElement) ? document.activeElement : null;
      root.replaceChildren(...drawRungs(levels, cards));
      if (focused && root.contains(focused)) {
        focused.focus({ preventScroll: true });
        bringIntoView(focused.closest(".card"));
      }
      drawn = picture;
    }
    for (const [letter, card] of cards) {
      const placed = levels[letter] !== null;
      const sentence = offered ? say("{place}, proposed", { place: ladder.describe(levels, letter) }) : ladder.describe(levels, letter);
      refresh(card, { sentence, placed, rating: rating(letter) });
    }
    for (const [what, stack] of [["undo", past], ["redo", future]]) {
      form.querySelector(`[data-do="${what}"]`).setAttribute("aria-disabled", String(!stack.length));
    }
  }

  const short = () => localStorage.getItem(DENSITY) === "short";
  function foldAll() {
    root.classList.toggle("short", short());
    form.querySelector('[data-do="density"]').setAttribute("aria-pressed", String(short()));
    for (const card of cards.values()) fold(card, short());
  }

  function unfold(letter) {
    const card = cards.get(letter);
    if (!card || card.querySelector(".unfold").hidden) return;
    card.classList.toggle("open");
    fold(card, short());
    form.dispatchEvent(new CustomEvent("unfold", { bubbles: true, detail: letter }));
  }

  /** The candidates move into the cards, whole: one text, one place. */
  function show() {
    if (open) return;
    open = true;
    root.hidden = false;
    for (const article of articles) {
      article.hidden = false;
      cards.get(article.dataset.letter).querySelector("[data-body]").append(article);
    }
    drawn = "";
    draw();
    foldAll();
  }

  function hide() {
    open = false;
    candidates.append(...articles);
  }

  root.addEventListener("click", (event) => {
    const letter = event.target.closest(".card")?.dataset.letter;
    const { move, place, unfold: text } = event.target.closest("button")?.dataset ?? {};
    if (!letter) return;
    if (move) moveCard(letter, (levels) => MOVES[move](levels, letter));
    else if (place) moveCard(letter, (levels) => ladder.placeOn(levels, letter, Number(place)));
    else if (text !== undefined) unfold(letter);
    else if (event.target.closest(".handle")) take(letter);
  });
  root.addEventListener("focusin", (event) => {
    const card = event.target.closest(".card");
    if (card) take(card.dataset.letter, { focus: false });
  });
  root.addEventListener("pointerdown", async (event) => {
    const { beginDrag } = await import("./drag.js");
    beginDrag(event, root, (letter, target) => {
      const [how, level] = target.split(":");
      const drop = { tray: (levels) => ladder.placeOn(levels, letter, null), on: (levels) => ladder.placeOn(levels, letter, Number(level)), new: (levels) => ladder.insertAt(levels, letter, Number(level)) };
      moveCard(letter, drop[how]);
    });
  });
  form.addEventListener("change", () => {
    const levels = read();
    if (!ladder.same(levels, known)) {
      past.push({ levels: known, proposal: taken?.value ?? "" }); // by the plain controls
      future = [];
      known = levels;
    }
    draw();
  });
  if (form.querySelector(".scale")) import("./hint.js").then(({ watchContradictions }) => watchContradictions(form, read, rating));

  return {
    names,
    levels: shown,
    change,
    take,
    show,
    hide,
    inHand: () => inHand,
    missing: () => ladder.unplaced(read()),
    proposed: () => proposed() !== null,
    place: (level) => inHand && moveCard(inHand, (levels) => ladder.placeOn(levels, inHand, level)),
    move: (move) => inHand && moveCard(inHand, (levels) => MOVES[move](levels, inHand)),
    rest: () => (proposed() ? accept() : change(ladder.restAtBottom(read()), say("The rest tie at the bottom."))),
    accept,
    decline() {
      declined = true;
      draw();
      take(inHand ?? names[0]);
    },
    undo: () => travel(past, future, say("Undone."), say("Nothing to undo.")),
    redo: () => travel(future, past, say("Redone."), say("Nothing to redo.")),
    toggleText: () => inHand && unfold(inHand),
    density() {
      localStorage.setItem(DENSITY, short() ? "full" : "short");
      for (const card of cards.values()) card.classList.remove("open");
      foldAll();
      announce(short() ? say("Short texts") : say("Full texts"));
      if (inHand) take(inHand);
    },
    settle: () => write({ levels: ladder.settled(read()), proposal: taken?.value ?? "" }),
  };
}
