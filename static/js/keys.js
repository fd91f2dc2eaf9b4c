/**
 * Every shortcut of the room, in one list: the handler and the sheet are both made of it.
 *
 * No single key submits, skips or deletes. Shortcuts are silent while someone types, and single keys can be
 * switched off (WCAG 2.1.4).
 *
 * @typedef {{does: string, show: string, says: string, single: boolean, hit: (event: KeyboardEvent) => unknown}} Shortcut
 */

const plain = (...keys) => (event) => !event.ctrlKey && !event.metaKey && !event.altKey && keys.includes(event.key) && event.key;
const command = (key, shift = false) => (event) =>
  (event.ctrlKey || event.metaKey) && event.shiftKey === shift && event.key.toLowerCase() === key;
/** The digit of the key, wherever the layout puts digits (French ones need Shift): the top row by its place. */
const digit = (event, shift) => plain(event.key)(event) && event.shiftKey === shift && /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
const onCard = (event) => event.target.closest?.(".card");

/** @type {Shortcut[]} in the order of the sheet; the first that fits wins */
export const SHORTCUTS = [
  { does: "take", show: "A to I", says: "Take that candidate in hand", single: true,
    hit: (event) => !event.shiftKey && plain(..."abcdefghi")(event) },
  { does: "place", show: "1 to 9", says: "Put it on that rung", single: true,
    hit: (event) => digit(event, false) },
  { does: "tie", show: "= or T", says: "Tie it with the one above", single: true, hit: plain("=", "t") },
  { does: "up", show: "↑", says: "One step up: out of a tie, or onto the rung above", single: false,
    hit: (event) => onCard(event) && plain("ArrowUp")(event) },
  { does: "down", show: "↓", says: "One step down", single: false,
    hit: (event) => onCard(event) && plain("ArrowDown")(event) },
  { does: "rest", show: "R", says: "All that are not placed yet tie at the bottom", single: true, hit: plain("r") },
  { does: "rate", show: "Shift + 1 to 7", says: "Rate the candidate in hand", single: true,
    hit: (event) => digit(event, true) },
  { does: "flags", show: "M", says: "Mark flags of the candidate in hand", single: true, hit: plain("m") },
  { does: "note", show: "N", says: "Write a note on the candidate in hand", single: true, hit: plain("n") },
  { does: "text", show: "O", says: "Open or close the text in its card", single: true, hit: plain("o") },
  { does: "undo", show: "U or Ctrl + Z", says: "Undo the last move on the ladder", single: true, hit: plain("u") },
  { does: "undo", show: "", says: "", single: false, hit: command("z") },
  { does: "redo", show: "Shift + U or Ctrl + Y", says: "Redo it", single: true, hit: plain("U") },
  { does: "redo", show: "", says: "", single: false, hit: (event) => command("y")(event) || command("z", true)(event) },
  { does: "prompt", show: "P", says: "Go to the prompt", single: true, hit: plain("p") },
  { does: "guideline", show: "W", says: "Open or close the guideline", single: true, hit: plain("w") },
  { does: "view", show: "V", says: "Formatted or raw texts", single: true, hit: plain("v") },
  { does: "close", show: "Esc", says: "Close the guideline", single: false, hit: plain("Escape") },
  { does: "sheet", show: "?", says: "This sheet", single: true, hit: plain("?") },
  { does: "submit", show: "Ctrl + Enter", says: "Submit", single: false,
    hit: (event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" },
];

const OFF = "single-keys-off";
const singlesOn = () => localStorage.getItem(OFF) !== "yes";

function isTyping(element) {
  if (!(element instanceof HTMLElement)) return false;
  if (element.isContentEditable || element.matches("textarea, select")) return true;
  return element.matches("input:not([type=radio], [type=checkbox])");
}

/** Call the action of the shortcut that was pressed. @param {() => Record<string, Function>} actions */
export function watchKeys(actions) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    for (const shortcut of SHORTCUTS) {
      const typing = isTyping(event.target) && !["submit", "close"].includes(shortcut.does);
      if (typing || (shortcut.single && !singlesOn())) continue;
      const found = shortcut.hit(event);
      const action = found && actions()[shortcut.does];
      if (!action) continue;
      event.preventDefault();
      return action(typeof found === "string" ? found : event);
    }
  });
}

/** The sheet, made of the list; only what this page can do. @param {Record<string, Function>} actions */
export function openSheet(actions) {
  const dialog = document.createElement("dialog");
  dialog.className = "sheet-dialog";
  dialog.setAttribute("aria-labelledby", "sheet-heading");
  const heading = Object.assign(document.createElement("h2"), { id: "sheet-heading", textContent: "Keyboard shortcuts" });
  const list = document.createElement("dl");
  for (const { show, says, does } of SHORTCUTS) if (show && actions[does]) list.append(keyTerm(show), meaning(says));
  const close = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: "Close" });
  close.addEventListener("click", () => dialog.close());
  dialog.append(heading, list, singleSwitch(), close);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function keyTerm(show) {
  const term = document.createElement("dt");
  for (const part of show.split(/( or | to | \+ )/)) {
    if (/^ (or|to|\+) $/.test(part)) term.append(part);
    else term.append(Object.assign(document.createElement("kbd"), { textContent: part }));
  }
  return term;
}

const meaning = (says) => Object.assign(document.createElement("dd"), { textContent: says });

function singleSwitch() {
  const line = document.createElement("p");
  const label = Object.assign(document.createElement("label"), { className: "check" });
  const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: singlesOn() });
  box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "no" : "yes"));
  label.append(box, "Single-key shortcuts");
  line.append(label);
  return line;
}
