/**
 * The three answers about a pair, as buttons and as keys: the dialog and the pairs within the page have the same.
 */
import { make } from "./panes.js";
import { say } from "./say.js";

const plain = (...keys) => (event) => keys.includes(event.key);
const digit = (number) => (event) => event.code === `Digit${number}` || event.code === `Numpad${number}` || event.key === String(number);

/** `character`: silent while single keys are switched off (WCAG 2.1.4); arrows are no characters. */
export const VERDICT_KEYS = [
  { does: "left", show: "1", character: true, hit: digit(1) },
  { does: "left", show: "←", character: false, hit: plain("ArrowLeft") },
  { does: "right", show: "2", character: true, hit: digit(2) },
  { does: "right", show: "→", character: false, hit: plain("ArrowRight") },
  { does: "tie", show: "=", character: true, hit: plain("=") },
  { does: "tie", show: "0", character: true, hit: digit(0) },
];

/** @typedef {"left" | "right" | "tie"} Verdict */
/** @param {Verdict} verdict @param {[string, string]} pair @returns {import("./pairs.js").Decision} */
export function decisionOf(verdict, [left, right]) {
  return verdict === "right" ? { better: right, worse: left, tie: false } : { better: left, worse: right, tie: verdict === "tie" };
}

/** Three buttons that name the pair in question. @param {(verdict: Verdict) => void} decide */
export function makeVerdicts(decide) {
  const buttons = { left: verdictButton("left", "1"), tie: verdictButton("tie", "="), right: verdictButton("right", "2") };
  for (const [verdict, button] of Object.entries(buttons)) button.addEventListener("click", () => decide(verdict));
  const element = make("div", { className: "verdicts", aria: { role: "group", label: say("Which is better?") } }, ...Object.values(buttons));
  const name = ([left, right]) => {
    label(buttons.left, say("{letter} is better", { letter: left }));
    label(buttons.tie, say("Tie"));
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

/** The action of the first key that fits; letters stay silent where single keys are switched off. */
export function pressed(event, keys) {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.target.closest?.("input, select, textarea")) return null;
  const scrolled = event.target.closest?.("pre, table");
  const sideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
  if (sideways && scrolled && scrolled.scrollWidth > scrolled.clientWidth) return null; // it scrolls the code
  const single = localStorage.getItem("single-keys-off") !== "yes";
  return keys.find((key) => (single || !key.character) && key.hit(event)) ?? null;
}
