/**
 * Ranking pair by pair, within the page: binary insertion asks, the answers build the ladder below.
 * The next pair is derived from the ladder and the decisions, so moving a card by hand or undoing needs nothing more.
 */
import { decisionsOf } from "./decisions.js";
import { nextPair, questionsLeft } from "./pairs.js";
import { make, openPanes } from "./panes.js";
import { say } from "./say.js";
import { styled } from "./styled.js";
import { actOn, decisionOf, makeVerdicts } from "./verdicts.js";

/** @type {WeakMap<Element, {arrive: () => void}>} by the place they stand in */
const started = new WeakMap();

/**
 * @param {{form: HTMLFormElement, board: any, announce: (sentence: string) => void, compare?: (pair: [string, string]) => void}} room
 *   `compare` shows a pair at full size
 */
export async function startPairs({ form, board, announce, compare }) {
  const place = form.querySelector("[data-pairs]");
  if (!place) return;
  await styled();
  if (!started.has(place)) started.set(place, openPairs(place, { form, board, announce, compare }));
  started.get(place).arrive();
}

function openPairs(place, { form, board, announce, compare }) {
  const decisions = decisionsOf(form, board, announce);
  const names = { left: makeName(form), right: makeName(form) };
  const panes = openPanes(form, { left: [names.left.element], right: [names.right.element] });
  const verdicts = makeVerdicts((verdict) => actions[verdict]());
  const count = make("p", { className: "pairs-count" });
  const heading = make("h3", { id: "pairs-heading", tabIndex: -1 });
  const back = make("button", { type: "button", className: "button small", onclick: () => actions.back() }, say("Back a pair"), " ", make("kbd", { textContent: "U" }));
  const large = make("button", { type: "button", className: "button small", onclick: () => compare?.(pair) }, say("Full size"));
  const asked = make("div", { className: "pairs-asked" }, panes.element, verdicts.element);
  /** @type {[string, string] | null} */
  let pair = null;

  const answer = (verdict) => pair && decisions.decide(decisionOf(verdict, pair));
  const actions = { left: () => answer("left"), right: () => answer("right"), tied: () => answer("tied"), back: () => decisions.takeBack() };

  function draw() {
    const [levels, made] = [board.levels(), decisions.all()];
    const before = String(pair);
    pair = nextPair(levels, made);
    if (!pair && asked.contains(document.activeElement)) heading.focus();
    asked.hidden = !pair;
    place.classList.toggle("asking", Boolean(pair));
    large.hidden = !pair || !compare;
    back.setAttribute("aria-disabled", String(made.length === 0)); // disabled it would lose the focus
    const left = questionsLeft(levels, made);
    count.textContent = !pair ? "" : left === 1 ? say("This is the last pair.") : say("At most {n} pairs are left, this one included.", { n: left });
    heading.textContent = pair
      ? say("Which would you rather receive, {one} or {other}?", { one: pair[0], other: pair[1] })
      : say("Every candidate has its place. Correct the ladder below by hand, or submit.");
    if (!pair || String(pair) === before) return;
    panes.show(...pair);
    names.left.show(pair[0]);
    names.right.show(pair[1]);
    verdicts.name(pair);
  }

  function press(event) {
    if (!form.isConnected) return document.removeEventListener("keydown", press, true);
    // A card's keys are the ladder's, those beside an open dialog its own. One that was just closed keeps the focus for a moment.
    if (!place.checkVisibility() || event.target.closest?.(".board") || document.querySelector("dialog[open]")) return undefined;
    // With no pair left they do nothing: one press too many must not move a card.
    return actOn(event, "pairs", actions);
  }

  place.append(make("div", { className: "pairs-head" }, make("div", { aria: { live: "polite" } }, heading, count), back, large), asked);
  place.hidden = false;
  form.addEventListener("change", draw);
  document.addEventListener("keydown", press, true);
  draw();
  /** Who came to the ladder by a key meant the first pair. */
  const arrive = () => pair && document.activeElement?.closest(".board") && panes.focus();
  return { arrive };
}

/** Above a text: its letter and its length. */
function makeName(form) {
  const [letter, words] = [make("span", { className: "letter" }), make("span")];
  const show = (name) => {
    letter.textContent = name;
    words.textContent = form.querySelector(`#candidate-${name}`).dataset.words ?? "";
  };
  return { element: make("p", {}, letter, words), show };
}
