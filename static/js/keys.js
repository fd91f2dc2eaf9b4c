/**
 * Every shortcut of the room, in one list: the handler, the sheet and the docs' table are all made of it.
 *
 * No single key submits, skips or deletes. Shortcuts are silent while someone types, and single keys can be
 * switched off (WCAG 2.1.4). Within a step a key means one thing.
 *
 * `steps`: where it holds ("rate", "rank", "write"; "compare" in the dialog, "pairs" while a
 * pair is asked and the focus is not on the ladder). `keys`: as `nameOf` names them. `where`: only while the focus
 * is in such an element. `show` names the keys to people, `single` whether it can be switched off.
 *
 * @typedef {{does: string, steps: string[], keys: string[], show: string, says: string, single: boolean, where?: string}} Shortcut
 */
import { say } from "./say.js";

const LETTERS = [..."abcdefghi"];
const DIGITS = [..."123456789"];
const PAIRS = ["compare", "pairs"]; // a dialog, and pair by pair within the page
const ALL = ["rate", "rank", "write"];

/** @type {Shortcut[]} in the order of the sheet */
export const SHORTCUTS = [
  { does: "show", steps: ["rate"], keys: LETTERS, show: "A – I", says: say("Go to that candidate"), single: true },
  { does: "rate", steps: ["rate"], keys: DIGITS, show: "1 – 7", says: say("Rate it"), single: true },
  { does: "next", steps: ["rate"], keys: ["]"], show: "]", says: say("Next candidate"), single: true },
  { does: "previous", steps: ["rate"], keys: ["["], show: "[", says: say("Previous candidate"), single: true },
  { does: "unfold", steps: ["rate"], keys: ["o"], show: "O", says: say("Fold or unfold its text"), single: true },
  { does: "flags", steps: ["rate"], keys: ["m"], show: "M", says: say("Mark its flags"), single: true },
  { does: "yes", steps: ["rate"], keys: ["y"], show: "Y", says: say("In a flag: yes, and on to the next"), single: true, where: ".flag" },
  { does: "no", steps: ["rate"], keys: ["n"], show: "N", says: say("In a flag: no, and on to the next"), single: true, where: ".flag" },
  { does: "na", steps: ["rate"], keys: ["x"], show: "X", says: say("In a flag: not applicable, and on to the next"), single: true, where: ".flag" },
  { does: "flagUp", steps: ["rate"], keys: ["ArrowUp"], show: "↑", says: say("In a flag: the one above"), single: false, where: ".flag" },
  { does: "flagDown", steps: ["rate"], keys: ["ArrowDown"], show: "↓", says: say("In a flag: the one below"), single: false, where: ".flag" },
  { does: "note", steps: ["rate"], keys: ["j"], show: "J", says: say("Jot down a note on it"), single: true },
  { does: "ladder", steps: ["rate"], keys: ["l"], show: "L", says: say("On to the ladder"), single: true },
  { does: "take", steps: ["rank"], keys: LETTERS, show: "A – I", says: say("Take that candidate in hand"), single: true },
  { does: "place", steps: ["rank"], keys: DIGITS, show: "1 – 9", says: say("Put it on that rung"), single: true },
  { does: "tie", steps: ["rank"], keys: ["=", "t"], show: "= / T", says: say("Tie it with the one above"), single: true },
  { does: "up", steps: ["rank"], keys: ["ArrowUp"], show: "↑", says: say("One step up: out of a tie, or onto the rung above"), single: false, where: ".card" },
  { does: "down", steps: ["rank"], keys: ["ArrowDown"], show: "↓", says: say("One step down"), single: false, where: ".card" },
  { does: "rest", steps: ["rank"], keys: ["r"], show: "R", says: say("All that are not placed yet tie at the bottom"), single: true },
  { does: "accept", steps: ["rank"], keys: ["y"], show: "Y", says: say("Take the order proposed from your ratings"), single: true },
  { does: "compare", steps: ["rank"], keys: ["x"], show: "X", says: say("Compare two candidates side by side"), single: true },
  { does: "text", steps: ["rank"], keys: ["o"], show: "O", says: say("Fold or unfold its text"), single: true },
  { does: "density", steps: ["rank"], keys: ["s"], show: "S", says: say("Short or full texts on the ladder"), single: true },
  { does: "undo", steps: ["rank"], keys: ["u"], show: "U", says: say("Undo the last move"), single: true },
  { does: "undo", steps: ["rank"], keys: ["Ctrl+z"], show: "Ctrl + Z", says: say("Undo the last move"), single: false },
  { does: "redo", steps: ["rank"], keys: ["Shift+u"], show: "Shift + U", says: say("Redo it"), single: true },
  { does: "redo", steps: ["rank"], keys: ["Ctrl+y", "Ctrl+Shift+z"], show: "Ctrl + Y", says: say("Redo it"), single: false },
  { does: "rating", steps: ["rank"], keys: ["k"], show: "K", says: say("Back to reading and rating"), single: true },
  { does: "left", steps: PAIRS, keys: ["1"], show: "1", says: say("The left one is better"), single: true },
  { does: "left", steps: PAIRS, keys: ["ArrowLeft"], show: "←", says: say("The left one is better"), single: false },
  { does: "right", steps: PAIRS, keys: ["2"], show: "2", says: say("The right one is better"), single: true },
  { does: "right", steps: PAIRS, keys: ["ArrowRight"], show: "→", says: say("The right one is better"), single: false },
  { does: "tied", steps: PAIRS, keys: ["=", "0"], show: "= / 0", says: say("They tie"), single: true },
  { does: "back", steps: ["pairs"], keys: ["u"], show: "U", says: say("Back a pair"), single: true },
  { does: "putRight", steps: ["compare"], keys: LETTERS, show: "A – I", says: say("Put that candidate on the right"), single: true },
  { does: "putLeft", steps: ["compare"], keys: LETTERS.map((letter) => `Shift+${letter}`), show: "Shift + A – I", says: say("Put it on the left"), single: true },
  { does: "nextPair", steps: ["compare"], keys: ["n"], show: "N", says: say("Next pair"), single: true },
  { does: "takeBack", steps: ["compare"], keys: ["u"], show: "U", says: say("Take the last decision back"), single: true },
  { does: "mark", steps: ["compare"], keys: ["m"], show: "M", says: say("Mark differences"), single: true },
  { does: "align", steps: ["compare"], keys: ["s"], show: "S", says: say("Scroll together"), single: true },
  { does: "turn", steps: ["compare"], keys: ["o"], show: "O", says: say("Show the other text, where one is shown at a time"), single: true },
  { does: "prompt", steps: [...ALL, "compare"], keys: ["p"], show: "P", says: say("Go to the prompt"), single: true },
  { does: "guideline", steps: ALL, keys: ["w"], show: "W", says: say("The guideline, at the rule for what is in the focus; there: close it"), single: true },
  { does: "view", steps: [...ALL, "compare"], keys: ["v"], show: "V", says: say("Formatted or raw texts"), single: true },
  { does: "close", steps: ALL, keys: ["Escape"], show: "Esc", says: say("Close the guideline"), single: false },
  { does: "sheet", steps: [...ALL, "compare"], keys: ["?"], show: "?", says: say("This sheet"), single: true },
  { does: "submit", steps: ALL, keys: ["Ctrl+Enter"], show: "Ctrl + Enter", says: say("Submit"), single: false },
];
const WHILE_TYPING = ["submit", "close"];

const OFF = "single-keys-off";
export const singlesOn = () => localStorage.getItem(OFF) !== "yes";
/** @param {boolean} on */
export const switchSingles = (on) => localStorage.setItem(OFF, on ? "no" : "yes");

/** Those that hold in `step` and that this page can do. @param {string} step @param {Record<string, Function>} actions */
export const shortcutsOf = (step, actions) => SHORTCUTS.filter(({ steps, does }) => steps.includes(step) && actions[does]);

/** The key as the list names it. Digits by their place: some layouts put them behind Shift. @param {KeyboardEvent} event */
export function nameOf(event) {
  const typed = event.getModifierState("AltGraph"); // a character of that layout, whatever else it reports
  if (event.altKey && !typed) return "";
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!typed && (event.ctrlKey || event.metaKey)) return `Ctrl+${event.shiftKey ? "Shift+" : ""}${key}`;
  if (/^[a-z]$/.test(key)) return event.shiftKey ? `Shift+${key}` : key;
  return ["=", "?", "[", "]"].includes(key) ? key : (/^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1] ?? key);
}

function isTyping(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element.matches("textarea, select")) return true;
  return element.matches("input:not([type=radio], [type=checkbox])");
}

/** Call the action of the shortcut that was pressed. @param {() => {step: string, actions: Record<string, Function>}} here */
export function watchKeys(here) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const { step, actions } = here();
    const key = nameOf(event);
    for (const shortcut of shortcutsOf(step, actions)) {
      if (!shortcut.keys.includes(key)) continue;
      if (shortcut.single && !singlesOn()) continue;
      if (isTyping(event.target) && !WHILE_TYPING.includes(shortcut.does)) continue;
      if (shortcut.where && !event.target.closest?.(shortcut.where)) continue;
      event.preventDefault();
      actions[shortcut.does](key);
      return;
    }
  });
}
