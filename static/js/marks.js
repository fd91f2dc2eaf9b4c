/**
 * The differing words of two shown texts, marked where they stand: struck through where only the left text has them,
 * underlined where only the right one has. Said in words for those who do not see it.
 */
import { difference } from "./diff.js";
import { say } from "./say.js";

/** Formulas are drawn, not spelled: nothing is marked inside. */
const DRAWN = "math, svg";

/**
 * @param {{element: Element, name: string}} left @param {{element: Element, name: string}} right
 * @returns {"marked" | "same" | "long"}
 */
export function markDifference(left, right) {
  const [mine, theirs] = [left, right].map(({ element }) => textNodes(element));
  const runs = difference(joined(mine), joined(theirs));
  if (!runs) return "long";
  if (runs.every((run) => run.same)) return "same";
  mark(mine, ranges(runs, "left"), "del", left.name);
  mark(theirs, ranges(runs, "right"), "ins", right.name);
  return "marked";
}

function textNodes(element) {
  const accept = (node) => (node.parentElement.closest(DRAWN) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT, accept);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  return found;
}

const joined = (nodes) => nodes.map((node) => node.data).join("");

/** Where in the joined text the parts stand that the other text lacks. @returns {[number, number][]} */
function ranges(runs, side) {
  const found = [];
  let at = 0;
  for (const run of runs) {
    const length = run[side].length;
    if (!run.same && run[side].trim()) found.push([at, at + run[side].trimEnd().length]);
    at += length;
  }
  return found;
}

/** One range can reach over several text nodes; only the first and the last part carry the spoken words. */
function mark(nodes, found, tag, name) {
  const parts = found.map(() => []);
  let [at, index] = [0, 0];
  for (const node of nodes) {
    const end = at + node.data.length;
    while (index < found.length && found[index][1] <= at) index += 1;
    const pieces = [];
    for (let i = index; i < found.length && found[i][0] < end; i++) {
      pieces.push([Math.max(found[i][0], at) - at, Math.min(found[i][1], end) - at, parts[i]]);
    }
    // From the end, so that the earlier places stay where they are.
    for (const [from, to, part] of pieces.reverse()) if (node.data.slice(from, to).trim()) part.push(wrap(node, from, to, tag));
    at = end;
  }
  for (const part of parts.filter((one) => one.length)) {
    part[0].prepend(spoken(`[${say("only in {letter}", { letter: name })}: `));
    part.at(-1).append(spoken("]"));
  }
}

function wrap(node, from, to, tag) {
  const range = document.createRange();
  range.setStart(node, from);
  range.setEnd(node, to);
  const element = document.createElement(tag);
  element.className = "differs";
  range.surroundContents(element);
  return element;
}

/** For ears only. A direction of its own keeps it from turning a right-to-left paragraph around. */
function spoken(text) {
  return Object.assign(document.createElement("span"), { className: "visually-hidden", dir: "ltr", textContent: text });
}
