/**
 * The three answers about a pair, as buttons and as keys: the dialog and the pairs within the page have the same.
 */
import { nameOf, shortcutsOf, singlesOn } from "./keys.js";
import { make } from "./panes.js";
import { say } from "./say.js";

/** @typedef {"left" | "right" | "tied"} Verdict */
/** @param {Verdict} verdict @param {[string, string]} pair @returns {import("./pairs.js").Decision} */
export function decisionOf(verdict, [left, right]) {
  return verdict === "right" ? { better: right, worse: left, tie: false } : { better: left, worse: right, tie: verdict === "tied" };
}

/** Three buttons that name the pair in question. @param {(verdict: Verdict) => void} decide */
export function makeVerdicts(decide) {
  const buttons = { left: verdictButton("left", "1"), tied: verdictButton("tied", "="), right: verdictButton("right", "2") };
  for (const [verdict, button] of Object.entries(buttons)) button.addEventListener("click", () => decide(verdict));
  const element = make("div", { className: "verdicts", aria: { role: "group", label: say("Which is better?") } }, ...Object.values(buttons));
  const name = ([left, right]) => {
    label(buttons.left, say("{letter} is better", { letter: left }));
    label(buttons.tied, say("Tie"));
    label(buttons.right, say("{letter} is better", { letter: right }));
  };
  return { element, name };
}

function verdictButton(verdict, key) {
  const button = make("button", { type: "button", className: "button verdict", data: { verdict } });
  button.append(make("span"), make("kbd", { textContent: key }));
  return button;
}

const label = (button, text) => (button.firstChild.textContent = text);

/**
 * Do what the pressed key means in `step` of the one list of shortcuts.
 * @param {KeyboardEvent} event @param {"compare" | "pairs"} step @param {Record<string, Function>} actions
 */
export function actOn(event, step, actions) {
  if (event.defaultPrevented || event.isComposing || event.target.closest?.("input, select, textarea")) return;
  const name = nameOf(event);
  const hit = shortcutsOf(step, actions).find(({ keys, single }) => keys.includes(name) && (!single || singlesOn()));
  if (!hit || (name.startsWith("Arrow") && scrollsSideways(event.target))) return;
  event.preventDefault();
  actions[hit.does](name);
}

/** Arrows belong to wide code, tables and formulas while these have the focus. */
function scrollsSideways(target) {
  const box = target.closest?.("pre, table, .scroll, .formula");
  return Boolean(box) && box.scrollWidth > box.clientWidth;
}
