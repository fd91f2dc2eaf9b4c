/**
 * Compare two outputs at full size: side by side, scrolled together, their difference marked; one key decides.
 * Loaded when it is first asked for. Its keys act only while it is open, and stand on its buttons.
 */
import { decisionsOf } from "./decisions.js";
import { describe } from "./ladder.js";
import { suggest } from "./pairs.js";
import { make, openPanes } from "./panes.js";
import { say } from "./say.js";
import { styled } from "./styled.js";
import { actOn, decisionOf, makeVerdicts } from "./verdicts.js";

export { startPairs } from "./pairwise.js";

/** What stays as it was set while the page lives. */
const settings = { marked: false, aligned: true };

/**
 * @param {{form: HTMLFormElement, board: any, announce: (sentence: string) => void, pair?: [string, string],
 *   onClose?: () => void}} options
 */
export async function openCompare({ form, board, announce, pair, onClose }) {
  await styled();
  const decisions = decisionsOf(form, board, announce);
  const opener = document.activeElement;
  const first = pair ?? suggest(board.levels(), decisions.all(), board.inHand()) ?? board.names.slice(0, 2);
  const view = makeView(form, board, decisions, first);
  const { dialog } = view;
  // The room, not the form: the switch for raw texts stands in its bar.
  const room = form.closest("#room") ?? document.body;
  room.addEventListener("change", view.refresh);
  dialog.addEventListener("close", () => {
    room.removeEventListener("change", view.refresh);
    dialog.remove();
    if (opener?.isConnected) opener.focus({ preventScroll: true });
    onClose?.();
  });
  room.append(dialog);
  dialog.showModal();
  view.begin();
  return dialog;
}

function makeView(form, board, decisions, [left, right]) {
  const pickers = { left: makePicker("left"), right: makePicker("right") };
  const panes = openPanes(form, { left: pickers.left.parts, right: pickers.right.parts });
  const verdicts = makeVerdicts((verdict) => actions[verdict]());
  const prompt = makePrompt();
  const status = make("p", { className: "compare-status", aria: { role: "status" } });
  const tools = makeTools();
  const dialog = make("dialog", { className: "compare", aria: { labelledby: "compare-heading" } });

  const actions = {
    left: () => decide("left"),
    right: () => decide("right"),
    tied: () => decide("tied"),
    putRight: (key) => choose("right", key.at(-1).toUpperCase()),
    putLeft: (key) => choose("left", key.at(-1).toUpperCase()),
    nextPair: () => {
      const next = suggest(board.levels(), decisions.all(), board.inHand());
      if (next) show(...next);
      tell(next ? say("{one} and {other}", { one: left, other: right }) : say("No pair is left to suggest: all neighbours on the ladder are compared."));
    },
    takeBack: () => {
      decisions.takeBack();
      tell(say("Taken back. {one}; {other}.", placesOf(board.levels())));
    },
    mark: () => {
      settings.marked = !settings.marked;
      tell(panes.mark(settings.marked));
      refresh();
    },
    align: () => {
      panes.align((settings.aligned = !settings.aligned));
      refresh();
    },
    view: () => turnRendering(form),
    prompt: () => prompt && (prompt.open = !prompt.open),
    turn: () => panes.turn(),
    sheet: () => import("./sheet.js").then(({ openSheet }) => openSheet("compare", actions)),
    close: () => dialog.close(),
  };

  function show(one, other) {
    [left, right] = [one, other];
    const problem = panes.show(left, right);
    if (problem) tell(problem);
    refresh();
  }

  /** Whoever stands on the other side already changes places. */
  function choose(side, name) {
    if (!board.names.includes(name)) return;
    if (side === "left") show(name, name === right ? left : right);
    else show(name === left ? right : left, name);
    tell("");
  }

  function decide(verdict) {
    const made = decisionOf(verdict, [left, right]);
    const mover = board.levels()[made.better] === null ? made.better : made.worse;
    const objection = decisions.decide(made);
    board.take(mover, { focus: false, scroll: false });
    const { one, other } = placesOf(board.levels());
    tell(`${objection} ${one}; ${other}.`.trim(), objection !== "");
  }

  const placesOf = (levels) => ({ one: describe(levels, left), other: describe(levels, right) });

  /** @param {boolean} [warn] a contradiction: it is shown as a question, with a way back beside it */
  function tell(sentence, warn = false) {
    status.textContent = sentence;
    status.classList.toggle("objection", warn);
  }

  /** The words around the texts: who stands where, what the buttons mean now. */
  function refresh() {
    const levels = board.levels();
    heading.textContent = say("Compare {one} and {other}", { one: left, other: right });
    verdicts.name([left, right]);
    pickers.left.refresh(left, describe(levels, left));
    pickers.right.refresh(right, describe(levels, right));
    tools.mark.setAttribute("aria-pressed", String(settings.marked));
    tools.align.setAttribute("aria-pressed", String(settings.aligned));
  }

  function makePicker(side) {
    const label = side === "left" ? say("Stands on the left") : say("Stands on the right");
    const buttons = board.names.map((name) => make("button", { type: "button", className: "pick", textContent: name, onclick: () => choose(side, name) }));
    const place = make("span", { className: "pane-place" });
    const words = make("span", { className: "pane-words" });
    return {
      parts: [make("div", { className: "picks", aria: { role: "group", label } }, ...buttons), make("p", {}, place, words)],
      refresh(name, sentence) {
        for (const button of buttons) button.setAttribute("aria-pressed", String(button.textContent === name));
        place.textContent = sentence;
        words.textContent = form.querySelector(`#candidate-${name}`).dataset.words ?? "";
      },
    };
  }

  function makeTools() {
    const tool = (does, text, show) => make("button", { type: "button", className: "button small", data: { tool: does }, onclick: () => actions[does]() }, text, " ", make("kbd", { textContent: show }));
    return {
      mark: tool("mark", say("Mark differences"), "M"),
      align: tool("align", say("Scroll together"), "S"),
      view: tool("view", say("Formatted or raw"), "V"),
      takeBack: tool("takeBack", say("Take it back"), "U"),
      next: tool("nextPair", say("Next pair"), "N"),
      close: tool("close", say("Close"), "Esc"),
    };
  }

  const heading = make("h2", { id: "compare-heading" });
  dialog.append(
    make("header", { className: "compare-head" }, heading, tools.mark, tools.align, tools.view, tools.close),
    ...(prompt ? [prompt] : []),
    panes.element,
    make("footer", { className: "compare-foot" }, status, verdicts.element, make("div", { className: "compare-after" }, tools.takeBack, tools.next)),
  );
  dialog.addEventListener("keydown", (event) => actOn(event, "compare", actions));

  return {
    dialog,
    /** The ladder moved, or the room shows raw texts now. */
    refresh(event) {
      if (event.target.name === "rendering" && settings.marked) tell(panes.mark(true));
      refresh();
    },
    begin() {
      panes.align(settings.aligned);
      show(left, right);
      if (settings.marked) tell(panes.mark(true));
      panes.focus();
    },
  };
}

/** What was asked last, folded above the texts. */
function makePrompt() {
  const said = document.querySelectorAll("#prompt .turn:last-child :is(.prose, .empty-text, .covered)");
  if (!said.length) return null;
  const gist = said[0].textContent.trim().replace(/\s+/g, " ").slice(0, 200);
  const summary = make("summary", {}, make("b", { textContent: say("Prompt") }), " ", make("span", { className: "gist", textContent: gist, dir: "auto" }), " ", make("kbd", { textContent: "P" }));
  const text = make("div", { className: "compare-prompt-text", tabIndex: 0, aria: { role: "region", label: say("Prompt") } });
  text.append(...[...said].map((one) => one.cloneNode(true)));
  return make("details", { className: "compare-prompt" }, summary, text);
}

function turnRendering(form) {
  const next = new FormData(form).get("rendering") === "raw" ? "rendered" : "raw";
  [...form.elements.namedItem("rendering")].find((radio) => radio.value === next).click();
}
