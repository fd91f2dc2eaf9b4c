/**
 * The ladder of the labeling room on the adjudicator's sheet. The plain controls below it hold the truth and work
 * without it.
 */
import { openBoard } from "./board.js";
import { watchKeys } from "./keys.js";

/** @param {string} sentence */
function announce(sentence) {
  const box = document.getElementById("announcer");
  if (box) box.textContent = sentence;
}

/** What keys and buttons do here. @param {HTMLFormElement} form @param {ReturnType<typeof openBoard>} board */
function actionsOf(form, board) {
  const actions = {
    take: (key) => board.take(key.toUpperCase()),
    place: (key) => board.place(Number(key)),
    tie: () => board.move("tie"),
    up: () => board.move("up"),
    down: () => board.move("down"),
    rest: () => board.rest(),
    text: () => board.toggleText(),
    density: () => board.density(),
    undo: () => board.undo(),
    redo: () => board.redo(),
    compare: () => import("./compare.js").then(({ openCompare }) => openCompare({ form, board, announce })),
    prompt: () => document.getElementById("prompt-heading")?.focus(),
    sheet: () => import("./sheet.js").then(({ openSheet }) => openSheet("rank", actions)),
    submit: () => form.querySelector("#submit")?.click(),
  };
  return actions;
}

const room = document.getElementById("room");
const form = document.getElementById("judgment");
if (room && form instanceof HTMLFormElement) {
  const board = openBoard(form, announce);
  const actions = actionsOf(form, board);
  room.querySelector("[data-plain]")?.removeAttribute("open");
  board.show();
  board.take(board.names[0], { focus: false });
  for (const button of room.querySelectorAll("[data-do]")) button.addEventListener("click", () => actions[button.dataset.do]?.());
  for (const tools of room.querySelectorAll("[data-board-tools]")) tools.hidden = false;
  const keys = room.querySelector("[data-sheet-open]");
  keys.hidden = false;
  keys.addEventListener("click", actions.sheet);
  form.addEventListener("submit", () => !board.missing().length && board.settle());
  watchKeys(() => ({ step: "rank", actions }));
}
const problem = document.querySelector("[data-focus-me]");
if (problem instanceof HTMLElement) problem.focus();
