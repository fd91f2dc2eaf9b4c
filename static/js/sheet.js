/**
 * The sheet of shortcuts: made of the one list of them, and of nothing else.
 */
import { SHORTCUTS, shortcutsOf, singlesOn, switchSingles } from "./keys.js";
import { say } from "./say.js";

/** @param {string} step @param {Record<string, Function>} actions */
export function openSheet(step, actions) {
  const dialog = make("dialog", { className: "sheet-dialog" });
  dialog.setAttribute("aria-labelledby", "sheet-heading");
  const list = make("dl");
  for (const { show, says } of holding(step, actions)) list.append(term(show), make("dd", { textContent: says }));
  const close = make("button", { type: "button", className: "button", textContent: say("Close") });
  close.addEventListener("click", () => dialog.close());
  // Read from its beginning: else the first control has the focus, which is the last thing on a phone.
  const heading = make("h2", { id: "sheet-heading", textContent: say("Keyboard shortcuts"), tabIndex: -1, autofocus: true });
  dialog.append(heading, list, singleSwitch(), close);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** What holds where the focus is: while a pair is asked, its keys come first unless a card has the focus. */
function holding(step, actions) {
  const rows = shortcutsOf(step, actions);
  const asked = step === "rank" && document.querySelector(".pairs.asking") && !document.activeElement?.closest(".board");
  if (!asked) return rows;
  const pairs = SHORTCUTS.filter(({ steps }) => steps.includes("pairs"));
  const taken = new Set(pairs.flatMap(({ keys }) => keys));
  return [...pairs, ...rows.filter(({ keys }) => !keys.some((key) => taken.has(key)))];
}

function make(tag, fields = {}) {
  return Object.assign(document.createElement(tag), fields);
}

/** Each key as a key; what stands between them as it is. @param {string} show */
function term(show) {
  const box = make("dt");
  for (const part of show.split(/( [–/+] )/)) {
    box.append(/^ [–/+] $/.test(part) ? part : make("kbd", { textContent: part }));
  }
  return box;
}

function singleSwitch() {
  const line = make("p");
  const label = make("label", { className: "check" });
  const box = make("input", { type: "checkbox", checked: singlesOn() });
  box.addEventListener("change", () => switchSingles(box.checked));
  label.append(box, say("Single-key shortcuts"));
  line.append(label);
  return line;
}
