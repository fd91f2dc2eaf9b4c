/**
 * Decisions between two candidates, without a page: what one does to the ladder, what it contradicts, which pair
 * comes next.
 *
 * The ladder is the truth. A decision counts for as long as the ladder does not deny it, so undoing or moving a card
 * by hand needs no bookkeeping here.
 *
 * @typedef {import("./ladder.js").Levels} Levels
 * @typedef {{better: string, worse: string, tie: boolean}} Decision  in a tie the two names say no order
 * @typedef {{rungs: number[], from: number, to: number, joined: number | null}} Interval
 *   where a candidate can still stand: beside `rungs[from..to - 1]` or in a gap between; `joined` is a rung it ties with
 */
import { occupied, on, settled, unplaced } from "./ladder.js";

/** The two names of a decision in a fixed order. */
export const about = ({ better, worse }) => [better, worse].sort().join("");

/** @param {Levels} levels @param {Decision} decision */
export function agrees(levels, { better, worse, tie: tied }) {
  if (levels[better] === null || levels[worse] === null) return false;
  return tied ? levels[better] === levels[worse] : levels[better] < levels[worse];
}

/** The decisions that the ladder denies. @param {Levels} levels @param {Decision[]} decisions */
export const contradictions = (levels, decisions) =>
  decisions.filter((made) => levels[made.better] !== null && levels[made.worse] !== null && !agrees(levels, made));

/** `winner` stands above `loser` afterwards; of two on the ladder the winner moves, as far as it must. */
export function prefer(levels, winner, loser) {
  const [high, low] = [levels[winner], levels[loser]];
  if (high === null && low === null) return prefer(joinAt(levels, bottom(levels), winner), winner, loser);
  if (low === null) return wedge(levels, loser, high + 1);
  return high !== null && high < low ? levels : wedge(levels, winner, justAbove(levels, winner, low));
}

/** Both stand on one rung afterwards: the lower joins the upper, one without a place joins the other. */
export function tie(levels, one, other) {
  const places = [levels[one], levels[other]].filter((level) => level !== null);
  return joinAt(levels, places.length ? Math.min(...places) : bottom(levels), one, other);
}

/** @param {Levels} levels @param {Decision} decision */
export const decided = (levels, { better, worse, tie: tied }) =>
  tied ? tie(levels, better, worse) : prefer(levels, better, worse);

const bottom = (levels) => (occupied(levels).at(-1) ?? 0) + 1;

const joinAt = (levels, level, ...names) =>
  settled({ ...levels, ...Object.fromEntries(names.map((name) => [name, level])) });

/** A free rung between `level` and the one above it, if there is one; else `level` itself. */
function justAbove(levels, letter, level) {
  const free = level > 1 && on({ ...levels, [letter]: null }, level - 1).length === 0;
  return free ? level - 1 : level;
}

/** On a rung of its own at `level`; who stands there goes down, with those below up to the first free rung. */
function wedge(levels, letter, level) {
  const next = { ...levels, [letter]: null };
  let free = level;
  while (on(next, free).length) free += 1;
  for (const other of Object.keys(next)) {
    if (next[other] !== null && next[other] >= level && next[other] < free) next[other] += 1;
  }
  return settled({ ...next, [letter]: level });
}

/**
 * The shortest row of earlier decisions that speaks against a new one: A over B, B over C speak against C over A.
 * @param {Decision[]} decisions @param {Decision} fresh @returns {Decision[]} empty: none does
 */
export function against(decisions, fresh) {
  if (!fresh.tie) return chain(decisions, fresh.worse, fresh.better, false);
  const rows = [chain(decisions, fresh.worse, fresh.better, true), chain(decisions, fresh.better, fresh.worse, true)];
  return rows.filter((row) => row.length).sort((a, b) => a.length - b.length)[0] ?? [];
}

/** The shortest row from `start` to `end`, each link better than or tied with the next; `strict`: not ties alone. */
function chain(decisions, start, end, strict) {
  const seen = new Set();
  const open = [{ name: start, sure: false, row: [] }];
  for (const { name, sure, row } of open) {
    if (name === end && row.length && (sure || !strict)) return row;
    for (const made of decisions) {
      const next = made.better === name ? made.worse : made.tie && made.worse === name ? made.better : null;
      const step = { name: next, sure: sure || !made.tie, row: [...row, made] };
      if (!next || seen.has(next + step.sure)) continue;
      seen.add(next + step.sure);
      open.push(step);
    }
  }
  return [];
}

/** What the decisions leave open for one candidate among the others' rungs; newer decisions come first. */
export function interval(levels, decisions, letter) {
  const others = { ...levels, [letter]: null };
  const open = { rungs: occupied(others), from: 0, to: occupied(others).length, joined: null };
  for (const made of ofLetter(decisions, letter).reverse()) {
    const at = open.rungs.indexOf(others[made.better === letter ? made.worse : made.better]);
    if (at < open.from || at >= open.to) continue; // implied already, without a place, or denied by a newer one
    if (made.tie) return { ...open, joined: at };
    if (made.better === letter) open.to = at;
    else open.from = at + 1;
  }
  return open;
}

const ofLetter = (decisions, letter) => decisions.filter((made) => made.better === letter || made.worse === letter);
const closed = ({ from, to, joined }) => from === to || joined !== null;

/**
 * The decisions without those that a candidate's undone placing has taken with it: it has no place, though they
 * leave only one. @param {Levels} levels @param {Decision[]} decisions
 */
export function standing(levels, decisions) {
  let left = decisions;
  for (const letter of unplaced(levels)) {
    while (ofLetter(left, letter).length && closed(interval(levels, left, letter))) {
      const newest = ofLetter(left, letter).at(-1);
      left = left.filter((made) => made !== newest);
    }
  }
  return left;
}

/** A pair as it is shown: which stands left changes from pair to pair, and is the same each time it is asked. */
function seated(one, other) {
  const pair = [one, other].sort();
  return (one.charCodeAt(0) + other.charCodeAt(0)) % 2 ? pair : pair.reverse();
}

/** The middle of what is still open for a candidate. @returns {string | null} */
function rivalOf(levels, decisions, letter) {
  const open = interval(levels, decisions, letter);
  if (closed(open)) return null;
  return on({ ...levels, [letter]: null }, open.rungs[(open.from + open.to) >> 1])[0];
}

/**
 * The pair that binary insertion asks next: a candidate without a place, and one in the middle of where it can stand.
 * @param {Levels} levels @param {Decision[]} decisions @param {string} [letter] the one to begin with
 * @returns {[string, string] | null} null: everyone has a place
 */
export function nextPair(levels, decisions, letter = unplaced(levels)[0]) {
  if (!letter) return null;
  const rest = unplaced(levels).filter((other) => other !== letter);
  const rival = rivalOf(levels, standing(levels, decisions), letter) ?? rest[0];
  return rival ? seated(letter, rival) : null;
}

/** The ladder after a decision of binary insertion: who has one place left gets it. */
export function inserted(levels, decisions) {
  const made = decisions.at(-1);
  const [letter, second] = [made.better, made.worse].filter((name) => levels[name] === null);
  if (!letter || occupied(levels).length === 0) return decided(levels, made);
  if (second) return levels; // it narrows the second's place once the first has one
  const { rungs, from, to, joined } = interval(levels, decisions, letter);
  if (joined !== null) return joinAt(levels, rungs[joined], letter);
  if (from < to) return levels;
  return wedge(levels, letter, from < rungs.length ? justAbove(levels, letter, rungs[from]) : bottom(levels));
}

/** How many questions binary insertion still asks at most. @param {Levels} levels @param {Decision[]} decisions */
export function questionsLeft(levels, decisions) {
  const known = standing(levels, decisions);
  const [first, ...later] = unplaced(levels);
  if (!first) return 0;
  const { rungs, from, to } = interval(levels, known, first);
  const count = later.map((_, index) => halvings(rungs.length + 1 + index));
  return count.reduce((sum, more) => sum + more, halvings(to - from));
}

/** Questions that find a place beside or between `count` rungs. */
const halvings = (count) => Math.ceil(Math.log2(count + 1));

/**
 * A pair worth comparing: the candidate in hand with its neighbour, else what binary insertion needs, else
 * neighbours on the ladder that were never compared.
 * @returns {[string, string] | null}
 */
export function suggest(levels, decisions, inHand) {
  const known = decisions.filter((made) => agrees(levels, made));
  const row = Object.keys(levels).filter((name) => levels[name] !== null)
    .sort((a, b) => levels[a] - levels[b] || (a < b ? -1 : 1));
  const fresh = (one, other) => one && other && !known.some((made) => about(made) === [one, other].sort().join(""));
  if (inHand && levels[inHand] === null) return nextPair(levels, decisions, inHand);
  if (inHand) {
    const at = row.indexOf(inHand);
    const beside = [row[at - 1], row[at + 1]].find((other) => fresh(inHand, other));
    const rival = ofLetter(known, inHand).length ? rivalOf(levels, known, inHand) : beside;
    if (rival) return seated(inHand, rival);
  }
  const at = row.findIndex((name, index) => fresh(name, row[index + 1]));
  return nextPair(levels, decisions) ?? (at < 0 ? null : seated(row[at], row[at + 1]));
}
