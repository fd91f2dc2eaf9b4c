/**
 * The labeling room comes to life: ladder, keys, drafts. Everything here is an addition to a form that works alone.
 */
import { openBoard } from "./board.js";
import { openSheet, watchKeys } from "./keys.js";
import { openSaver } from "./saver.js";

/** @type {{element: HTMLElement, saver: ReturnType<typeof openSaver>, actions: Record<string, Function>, board: ReturnType<typeof openBoard> | null} | null} */
let room = null;

function announce(sentence) {
  const box = document.getElementById("announcer");
  if (box) box.textContent = sentence;
}

function openRoom() {
  const element = document.getElementById("room");
  if (element === room?.element) return;
  room?.saver.stop();
  room = null;
  const form = document.getElementById("judgment");
  if (!element || !(form instanceof HTMLFormElement)) return;
  const board = form.querySelector("[data-board]") ? openBoard(form, announce) : null;
  const banner = (text, offer = "") => showBanner(element, text, offer);
  room = { element, board, saver: openSaver(element, form, banner), actions: {} };
  room.actions = actionsOf(form, board);
  revealTools(element, room.actions);
  watchAnswers(form);
  if (board) watchContradictions(form, board);
  if (form.querySelector("textarea#text")) import("./writing.js").then(({ openWriting }) => openWriting(form, announce));
}

/** What the keys and buttons can do here. */
function actionsOf(form, board) {
  const drawer = document.getElementById("guideline-drawer");
  const always = {
    submit: () => form.requestSubmit(),
    prompt: () => document.getElementById("prompt-heading")?.focus(),
    view: () => form.elements.namedItem("rendering") && turnView(form),
    sheet: () => openSheet(room.actions),
    ...(drawer && { guideline: () => (drawer.open = !drawer.open), close: () => (drawer.open = false) }),
  };
  if (!board) return always;
  return {
    ...always,
    take: (key) => board.take(key.toUpperCase()),
    place: (key) => board.place(Number(key)),
    tie: () => board.move("tie"),
    up: () => board.move("up"),
    down: () => board.move("down"),
    rest: board.rest,
    undo: board.undo,
    redo: board.redo,
    text: board.toggleText,
    rate: (step) => rate(form, board.inHand(), step),
    flags: () => unfold(`flags-${board.inHand()}`, "input"),
    note: () => unfold(`note-${board.inHand()}`, "textarea"),
  };
}

function revealTools(element, actions) {
  for (const button of element.querySelectorAll("[data-do]")) button.addEventListener("click", () => actions[button.dataset.do]());
  for (const tools of element.querySelectorAll("[data-board-tools]")) tools.hidden = false;
  const sheet = element.querySelector("[data-sheet-open]");
  sheet.hidden = false;
  sheet.addEventListener("click", () => actions.sheet());
  const close = element.querySelector("[data-drawer-close]");
  if (close) close.hidden = false;
  close?.addEventListener("click", () => actions.close());
  element.querySelector("[data-plain]")?.removeAttribute("open");
  element.querySelector("[data-banner-reload]").addEventListener("click", () => location.reload());
}

function showBanner(element, text, offer) {
  const box = element.querySelector("#banner");
  box.hidden = !text;
  box.querySelector("[data-banner-text]").textContent = text;
  box.querySelector("[data-banner-reload]").hidden = offer !== "reload";
  box.querySelector("[data-banner-claim]").hidden = offer !== "claim";
}

function turnView(form) {
  const next = new FormData(form).get("rendering") === "raw" ? "rendered" : "raw";
  const radios = [...form.elements.namedItem("rendering")];
  radios.find((radio) => radio.value === next).click();
  announce(next === "raw" ? "Raw texts" : "Formatted texts");
}

function rate(form, letter, step) {
  const radio = form.querySelector(`#candidate-${letter} .scale input[value="${step}"]`);
  if (!radio) return;
  radio.checked = true;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
  announce(`${letter} rated ${step}`);
}

/** Open the fold that `id` is or lies in, and put the focus on its control. */
function unfold(id, control) {
  const found = document.getElementById(id);
  if (!found) return;
  const fold = found.closest("details");
  if (fold) fold.open = true;
  (found.matches(control) ? found : found.querySelector(control))?.focus();
}

/** Radios can be cleared again, and folds say how much of them is answered. */
function watchAnswers(form) {
  let wasChecked = null;
  form.addEventListener("pointerdown", (event) => {
    const radio = event.target.closest("label")?.control;
    wasChecked = radio?.type === "radio" && radio.checked && radio.name !== "rendering" ? radio : null;
  });
  form.addEventListener("click", (event) => event.target === wasChecked && clear(event.target));
  form.addEventListener("keydown", (event) => {
    if (event.target.type !== "radio") return;
    if (event.key === "Backspace" || event.key === "Delete") clear(event.target);
    // Enter in a radio would submit; only Ctrl+Enter and the button do.
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault();
  });
  form.addEventListener("change", () => {
    for (const fold of form.querySelectorAll("details:has([data-tally])")) {
      const count = fold.querySelectorAll("input:checked").length + (fold.querySelector("select")?.value ? 1 : 0);
      fold.querySelector("[data-tally]").textContent = count ? `${count} answered` : "";
    }
  });
}

function clear(radio) {
  radio.checked = false;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Rated much higher, ranked below: asked once for a task, never in the way. */
function watchContradictions(form, board) {
  const box = form.querySelector("[data-hint]");
  let asked = "";
  form.addEventListener("change", () => {
    const found = board.missing().length ? "" : contradiction(form, board.levels());
    if (found && !asked) asked = found;
    box.hidden = !found || found !== asked;
    box.textContent = found ? `${found} That can be right; this is only a question.` : "";
  });
}

function contradiction(form, levels) {
  const rating = (letter) => Number(form.querySelector(`#candidate-${letter} .scale input:checked`)?.value) || null;
  for (const one of Object.keys(levels)) {
    for (const other of Object.keys(levels)) {
      const [high, low] = [rating(one), rating(other)];
      if (high && low && high - low >= 2 && levels[one] > levels[other]) {
        return `You rated ${one} ${high} and ${other} ${low}, yet ${other} stands above ${one}.`;
      }
    }
  }
  return "";
}

function submitProblem(text) {
  const box = document.querySelector("[data-submit-problem]");
  if (!box) return;
  box.hidden = !text;
  box.textContent = text;
}

/** An unfinished ladder is not sent: the first candidate without a place gets the focus instead. */
function holdUnfinished(event) {
  if (event.target.id !== "judgment" || event.submitter?.hasAttribute("formaction")) return;
  const missing = room?.board?.missing() ?? [];
  submitProblem(missing.length ? `${missing.join(", ")} ${missing.length === 1 ? "has" : "have"} no place on the ladder yet.` : "");
  if (!missing.length) {
    room?.board?.settle();
    return room?.saver.pause(true);
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  room.board.take(missing[0]);
}

/** After a swap: start the new room, and put the reader where reading begins. */
function arrive() {
  openRoom();
  const problem = document.querySelector("[data-focus-me]");
  if (problem) return problem.focus();
  if (!document.querySelector("#room[data-arrived]")) return undefined;
  scrollTo({ top: 0, behavior: "instant" });
  document.getElementById("prompt-heading")?.focus({ preventScroll: true });
  const prompt = document.querySelector(".turn:last-child .prose")?.textContent.trim().slice(0, 160) ?? "";
  return announce(`Next task. ${prompt}`);
}

document.addEventListener("submit", holdUnfinished, true);
document.addEventListener("htmx:afterSettle", (event) => event.target.id === "main" && arrive());
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    room?.saver.pause(false);
    submitProblem("The server could not be reached or did not accept it. Nothing is lost: try again.");
  });
}
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('.summary a[href^="#"]');
  const [, letter] = /^#tier-([A-I])$/.exec(link?.getAttribute("href") ?? "") ?? [];
  if (letter && room?.board) {
    event.preventDefault();
    room.board.take(letter);
  } else if (link) {
    unfold(link.getAttribute("href").slice(1), "input, textarea, select");
  }
});
watchKeys(() => room?.actions ?? {});
openRoom();
document.querySelector("#problems")?.focus();
