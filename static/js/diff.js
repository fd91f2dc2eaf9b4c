/**
 * Where two texts differ, word by word: the longest common subsequence, by its table.
 *
 * @typedef {{same: boolean, left: string, right: string}} Run  the left parts joined are the left text, and so right
 */

/** Cells of the table, a byte each. Two texts of 5,000 words need 25 million. */
export const LIMIT = 30_000_000;

const segmenter = new Intl.Segmenter(undefined, { granularity: "word" });

/** The words and signs of a text in any script, each with the space after it; joined they are the text. */
export function words(text) {
  const found = [];
  for (const { segment } of segmenter.segment(text)) {
    if (found.length && !segment.trim()) found[found.length - 1] += segment;
    else found.push(segment);
  }
  return found;
}

/**
 * Differences of space alone are none.
 * @param {string} left @param {string} right @returns {Run[] | null} null: too long for the table
 */
export function difference(left, right) {
  const [mine, theirs] = [words(left), words(right)];
  const ids = new Map();
  const [a, b] = [mine, theirs].map((list) => Uint32Array.from(list, (word) => numbered(ids, word.trim())));
  const start = commonStart(a, b);
  const end = commonEnd(a, b, start);
  const [rows, columns] = [a.length - start - end, b.length - start - end];
  if (rows * columns > LIMIT) return null;
  const middle = steps(a.subarray(start, start + rows), b.subarray(start, start + columns));
  const path = [...Array(start).fill(SAME), ...withoutIslands(middle), ...Array(end).fill(SAME)];
  return runs(path, mine, theirs);
}

const [SAME, LEFT, RIGHT] = [0, 1, 2];

function numbered(ids, word) {
  if (!ids.has(word)) ids.set(word, ids.size);
  return ids.get(word);
}

function commonStart(a, b) {
  let count = 0;
  while (count < a.length && count < b.length && a[count] === b[count]) count += 1;
  return count;
}

function commonEnd(a, b, start) {
  let count = 0;
  while (count < Math.min(a.length, b.length) - start && a.at(-1 - count) === b.at(-1 - count)) count += 1;
  return count;
}

/** From both beginnings to both ends: a word of both, of the left alone, of the right alone. */
function steps(a, b) {
  const width = b.length + 1;
  const table = new Uint8Array((a.length + 1) * width);
  let [below, row] = [new Uint16Array(width), new Uint16Array(width)];
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      if (a[i] === b[j]) row[j] = below[j + 1] + 1;
      else {
        table[i * width + j] = below[j] >= row[j + 1] ? LEFT : RIGHT;
        row[j] = Math.max(below[j], row[j + 1]);
      }
    }
    [below, row] = [row, below];
  }
  const path = [];
  for (let i = 0, j = 0; i < a.length || j < b.length; ) {
    const step = i === a.length ? RIGHT : j === b.length ? LEFT : table[i * width + j];
    path.push(step);
    if (step !== RIGHT) i += 1;
    if (step !== LEFT) j += 1;
  }
  return path;
}

/** A common word or two between longer changes ("the", "and") is chance, not agreement: change all of it. */
function withoutIslands(path) {
  const kept = [];
  let changed = { [LEFT]: 0, [RIGHT]: 0 };
  for (let at = 0; at < path.length; ) {
    let end = at;
    while (end < path.length && path[end] === path[at]) end += 1;
    const size = end - at;
    const small = path[at] === SAME && size <= 2 && size < Math.max(changed[LEFT], changed[RIGHT]) && size < changeAfter(path, end);
    if (small) for (; at < end; at++) kept.push(LEFT, RIGHT);
    else for (; at < end; at++) kept.push(path[at]);
    if (small) changed = { [LEFT]: changed[LEFT] + size, [RIGHT]: changed[RIGHT] + size };
    else if (path[end - 1] === SAME) changed = { [LEFT]: 0, [RIGHT]: 0 };
    else changed[path[end - 1]] += size;
  }
  return kept;
}

function changeAfter(path, at) {
  const count = [0, 0, 0];
  for (; at < path.length && path[at] !== SAME; at++) count[path[at]] += 1;
  return Math.max(count[LEFT], count[RIGHT]);
}

/** @returns {Run[]} equal and differing runs in turn */
function runs(path, mine, theirs) {
  const found = [];
  let [i, j] = [0, 0];
  for (const step of path) {
    const same = step === SAME;
    if (found.at(-1)?.same !== same) found.push({ same, left: "", right: "" });
    if (step !== RIGHT) found.at(-1).left += mine[i++];
    if (step !== LEFT) found.at(-1).right += theirs[j++];
  }
  return found;
}
