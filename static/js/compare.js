/**
 * Compare two candidates at full size: side by side, scrolled together, their difference marked; one key decides.
 * Loaded when it is first asked for. Its keys act only while it is open, and stand on its buttons.
 */
import { makePicker, makePrompt, makeTools } from "./compare_parts.js";
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
  if (!form.isConnected || document.querySelector("dialog.compare")) return; // another press was quicker
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
}

function makeView(form, board, decisions, [left, right]) {
  const picker = (side, label) => makePicker(board.names, label, (name) => choose(side, name));
  const pickers = { left: picker("left", say("Stands on the left")), right: picker("right", say("Stands on the right")) };
  const panes = openPanes(form, { left: pickers.left.parts, right: pickers.right.parts });
  const verdicts = makeVerdicts((verdict) => actions[verdict]());
  const prompt = makePrompt();
  const status = make("p", { className: "compare-status", aria: { role: "status" } });
  const tools = makeTools((does) => actions[does]());
  const dialog = make("dialog", { className: "compare", aria: { labelledby: "compare-heading" } });

  const actions = {
    left: () => decide("left"),
    right: () => decide("right"),
    tied: () => decide("tied"),
    putRight: (key) => choose("right", key.at(-1).toUpperCase()),
    putLeft: (key) => choose("left", key.at(-1).toUpperCase()),
    nextPair: () => {
      const next = suggest(board.levels(), decisions.all(), board.inHand());
      if (!next) return tell(say("No pair is left to suggest: all neighbours on the ladder are compared."));
      return tell(show(...next) || say("{one} and {other}", { one: left, other: right }));
    },
    takeBack: () => {
      const done = decisions.takeBack();
      tell(done ? say("Taken back. {one}; {other}.", placesOf(board.levels())) : say("Nothing to undo."));
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

  /** @returns {string} what there is to say about their difference */
  function show(one, other) {
    [left, right] = [one, other];
    const said = panes.show(left, right);
    refresh();
    return said;
  }

  /** Whoever stands on the other side already changes places. */
  function choose(side, name) {
    if (!board.names.includes(name)) return;
    tell(side === "left" ? show(name, name === right ? left : right) : show(name === left ? right : left, name));
  }

  function decide(verdict) {
    const made = decisionOf(verdict, [left, right]);
    const mover = [made.better, made.worse].find((name) => board.levels()[name] === null) ?? made.better;
    const objection = decisions.decide(made);
    board.take(mover, { focus: false });
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
    for (const [side, name] of [["left", left], ["right", right]]) {
      pickers[side].refresh(name, describe(levels, name), form.querySelector(`#candidate-${name}`).dataset.words ?? "");
    }
    tools.mark.setAttribute("aria-pressed", String(settings.marked));
    tools.align.setAttribute("aria-pressed", String(settings.aligned));
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

function turnRendering(form) {
  const next = new FormData(form).get("rendering") === "raw" ? "rendered" : "raw";
  [...form.elements.namedItem("rendering")].find((radio) => radio.value === next).click();
}
