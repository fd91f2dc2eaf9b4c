/**
 * The ladder's rules, without a page: where each candidate stands and what a move does to it.
 *
 * A candidate stands on a level (1 best) or nowhere yet (null); equal levels are ties. While some stand nowhere,
 * levels may have gaps, so that "third" stays third until first and second are there. Once all are
 * placed, levels are closed up: 1, 3, 3 becomes 1, 2, 2.
 *
 * @typedef {Record<string, number | null>} Levels
 */
import { say } from "./say.js";

/** @param {Levels} levels */
export const letters = (levels) => Object.keys(levels).sort();

/** @param {Levels} levels */
export const unplaced = (levels) => letters(levels).filter((letter) => levels[letter] === null);

/** @param {Levels} levels @param {number} level */
export const on = (levels, level) => letters(levels).filter((letter) => levels[letter] === level);

/** The levels someone stands on, best first. @param {Levels} levels @returns {number[]} */
export function occupied(levels) {
  const used = Object.values(levels).filter((level) => level !== null);
  return [...new Set(used)].sort((a, b) => a - b);
}

/** @param {Levels} levels @returns {Levels} */
function closedUp(levels) {
  const used = occupied(levels);
  return mapLevels(levels, (level) => used.indexOf(level) + 1);
}

/** @param {Levels} levels @param {(level: number) => number} change @returns {Levels} */
function mapLevels(levels, change) {
  return Object.fromEntries(
    letters(levels).map((letter) => [letter, levels[letter] === null ? null : change(levels[letter])]),
  );
}

/** Close the gaps when everyone is placed, or when there are more levels than candidates. @param {Levels} levels */
export function settled(levels) {
  const highest = occupied(levels).at(-1) ?? 0;
  return unplaced(levels).length === 0 || highest > letters(levels).length ? closedUp(levels) : levels;
}

/** @param {Levels} levels @param {string} letter @param {number | null} level */
export const placeOn = (levels, letter, level) => settled({ ...levels, [letter]: level });

/** On a new rung of its own, before whoever stands on `level` now. */
export function insertAt(levels, letter, level) {
  const others = { ...levels, [letter]: null };
  const shifted = on(others, level).length ? mapLevels(others, (own) => (own >= level ? own + 1 : own)) : others;
  return settled({ ...shifted, [letter]: level });
}

/** On a new rung below everyone. */
export const placeLast = (levels, letter) =>
  placeOn(levels, letter, (occupied({ ...levels, [letter]: null }).at(-1) ?? 0) + 1);

/** Tied with whoever stands next above; one who stands nowhere joins the lowest rung. */
export function tieAbove(levels, letter) {
  const own = levels[letter];
  const above = occupied(levels).filter((level) => own === null || level < own).at(-1);
  if (above !== undefined) return placeOn(levels, letter, above);
  return own === null ? placeOn(levels, letter, 1) : levels;
}

/** One step up: out of a tie onto a rung of its own, else onto the rung above. */
export function moveUp(levels, letter) {
  const own = levels[letter];
  if (own === null) return placeLast(levels, letter);
  const tied = on(levels, own).length > 1;
  const freeAbove = own > 1 && on(levels, own - 1).length === 0;
  if (tied && !freeAbove) return insertAt(levels, letter, own);
  return own > 1 ? placeOn(levels, letter, own - 1) : levels;
}

/** One step down, likewise. */
export function moveDown(levels, letter) {
  const own = levels[letter];
  if (own === null) return placeLast(levels, letter);
  const tied = on(levels, own).length > 1;
  if (tied && on(levels, own + 1).length > 0) return insertAt(levels, letter, own + 1);
  return placeOn(levels, letter, own + 1);
}

/** Everyone who stands nowhere yet, tied on a new rung at the bottom. */
export function restAtBottom(levels) {
  const bottom = (occupied(levels).at(-1) ?? 0) + 1;
  const rest = Object.fromEntries(unplaced(levels).map((letter) => [letter, bottom]));
  return settled({ ...levels, ...rest });
}

/** How many rungs there are to speak of. @param {Levels} levels */
export const rungs = (levels) => (unplaced(levels).length ? letters(levels).length : occupied(levels).length);

/** `C, rank 2 of 6, tied with A`. */
export function describe(levels, letter) {
  const level = levels[letter];
  if (level === null) return say("{letter}, not placed yet", { letter });
  const others = on(levels, level).filter((other) => other !== letter).join(", ");
  const values = { letter, n: level, m: rungs(levels), others };
  return others ? say("{letter}, rank {n} of {m}, tied with {others}", values) : say("{letter}, rank {n} of {m}", values);
}

/** The order that ratings propose: the higher the better, equal ones tied. @param {Record<string, number>} ratings */
export function fromRatings(ratings) {
  const steps = [...new Set(Object.values(ratings))].sort((a, b) => b - a);
  return Object.fromEntries(Object.entries(ratings).map(([letter, rating]) => [letter, steps.indexOf(rating) + 1]));
}

/** Two sets of levels that say the same. */
export const same = (one, other) => letters(one).every((letter) => one[letter] === other[letter]);
