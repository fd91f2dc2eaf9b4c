/**
 * The decisions between two candidates of one task, for as long as the page lives: each moves the ladder and can be
 * taken back.
 */
import { describe, same } from "./ladder.js";
import { about, against, agrees, contradictions, decided, inserted, standing } from "./pairs.js";
import { say } from "./say.js";

/** @typedef {import("./pairs.js").Decision} Decision */
/** @type {WeakMap<HTMLFormElement, ReturnType<typeof openDecisions>>} */
const kept = new WeakMap();

/** The form's decisions: the dialog and the pairs within the page share them. @param {HTMLFormElement} form */
export function decisionsOf(form, board, announce) {
  if (!kept.has(form)) kept.set(form, openDecisions(form, board, announce));
  return kept.get(form);
}

function openDecisions(form, board, announce) {
  const byPairs = form.closest("[data-ranking]")?.dataset.ranking === "pairs";
  /** @type {Decision[]} */
  let made = [];
  /** @type {{made: Decision[], before: object, after: object}[]} */
  const past = [];

  /** Move the ladder. @param {Decision} fresh @returns {string} what the decision contradicts, or "" */
  function decide(fresh) {
    const before = board.levels();
    const objection = objectionTo(before, made, fresh);
    const others = standing(before, made).filter((old) => about(old) !== about(fresh));
    const next = [...others, fresh];
    const after = byPairs ? inserted(before, next) : decided(before, fresh);
    past.push({ made, before, after });
    const overruled = contradictions(after, next);
    made = next.filter((old) => !overruled.includes(old));
    if (same(before, after)) stay(outcome(after, fresh));
    else board.change(after, outcome(after, fresh));
    form.dispatchEvent(new CustomEvent("compare", { bubbles: true, detail: fresh }));
    return objection;
  }

  /** The last decision, if nothing happened since; else the last move on the ladder. @returns {boolean} whether there was one */
  function takeBack() {
    const levels = board.levels();
    const last = past.at(-1);
    const newest = last && (same(levels, last.after) || same(levels, last.before));
    if (newest) made = past.pop().made;
    if (newest && same(levels, last.before)) stay(say("Taken back."));
    else board.undo();
    return Boolean(newest) || !same(levels, board.levels());
  }

  /** The ladder stands as it did, but something was decided about it. */
  function stay(sentence) {
    form.dispatchEvent(new Event("change", { bubbles: true }));
    announce(sentence);
  }

  return { all: () => made, decide, takeBack };
}

/** `A is better than B: A, rank 1 of 3; B, rank 2 of 3` */
export function outcome(levels, { better, worse, tie }) {
  const values = { one: better, other: worse, places: `${describe(levels, better)}; ${describe(levels, worse)}` };
  return tie ? say("{one} and {other} tie: {places}", values) : say("{one} is better than {other}: {places}", values);
}

/** A sentence that names what speaks against a decision: earlier ones, else the ladder as it stands. */
export function objectionTo(levels, made, fresh) {
  const earlier = against(made.filter((old) => agrees(levels, old)), fresh);
  if (earlier.length) {
    return say("You decided {earlier}; now {fresh}.", { earlier: listed(earlier.map(spoken)), fresh: spoken(fresh) });
  }
  const { better, worse } = fresh;
  if (levels[better] === null || levels[worse] === null || agrees(levels, fresh)) return "";
  if (levels[better] === levels[worse]) return say("{one} and {other} were tied on the ladder; now {fresh}.", { one: better, other: worse, fresh: spoken(fresh) });
  const [high, low] = levels[better] < levels[worse] ? [better, worse] : [worse, better];
  return say("{one} stood above {other} on the ladder; now {fresh}.", { one: high, other: low, fresh: spoken(fresh) });
}

function spoken({ better, worse, tie }) {
  const values = { one: better, other: worse };
  return tie ? say("{one} tied with {other}", values) : say("{one} over {other}", values);
}

const listed = (parts) => new Intl.ListFormat(document.documentElement.lang || "en", { type: "conjunction" }).format(parts);
