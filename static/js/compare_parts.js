/**
 * What stands around the two texts of the comparison: who is chosen, the tools, the prompt.
 */
import { make } from "./panes.js";
import { say } from "./say.js";

/** All letters above a text: one press puts that candidate there. @param {string[]} names @param {(name: string) => void} choose */
export function makePicker(names, label, choose) {
  const buttons = names.map((name) => make("button", { type: "button", className: "pick", textContent: name, onclick: () => choose(name) }));
  const [place, words] = [make("span"), make("span")];
  return {
    parts: [make("div", { className: "picks", aria: { role: "group", label } }, ...buttons), make("p", {}, place, words)],
    refresh(name, standing, length) {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.textContent === name));
      place.textContent = standing;
      words.textContent = length;
    },
  };
}

/** @param {(does: string) => void} act */
export function makeTools(act) {
  const tool = (does, text, key) =>
    make("button", { type: "button", className: "button small", data: { tool: does }, onclick: () => act(does) }, text, " ", make("kbd", { textContent: key }));
  return {
    mark: tool("mark", say("Mark differences"), "M"),
    align: tool("align", say("Scroll together"), "S"),
    view: tool("view", say("Formatted or raw"), "V"),
    takeBack: tool("takeBack", say("Take it back"), "U"),
    next: tool("nextPair", say("Next pair"), "N"),
    close: tool("close", say("Close"), "Esc"),
  };
}

/** What was asked last, folded above the texts. */
export function makePrompt() {
  const said = document.querySelectorAll("#prompt .turn:last-child :is(.prose, .empty-text, .covered)");
  if (!said.length) return null;
  const gist = [...said].find((one) => !one.matches(".covered"))?.textContent.trim().replace(/\s+/g, " ").slice(0, 200) ?? "";
  const summary = make("summary", {}, make("b", { textContent: say("Prompt") }), " ", make("span", { className: "gist", textContent: gist, dir: "auto" }), " ", make("kbd", { textContent: "P" }));
  const text = make("div", { className: "compare-prompt-text", tabIndex: 0, aria: { role: "region", label: say("Prompt") } });
  text.append(...[...said].map((one) => one.cloneNode(true)));
  return make("details", { className: "compare-prompt" }, summary, text);
}
