/**
 * The labeling room comes to life: its steps, what keys and buttons do, arriving and leaving. Everything here is an
 * addition to a form that works alone. What the first step does not need is fetched when it is first needed.
 */
import { watchKeys } from "./keys.js";
import { answerFlag, moveFlag, openRating } from "./rating.js";
import { openSaver } from "./saver.js";
import { say } from "./say.js";

/**
 * @typedef {{element: HTMLElement, form: HTMLFormElement, saver: ReturnType<typeof openSaver>,
 *   rating: ReturnType<typeof openRating> | null, steps: ReturnType<typeof openSteps>,
 *   actions: Record<string, Function>}} Room
 */
/** @type {Room | null} */
let room = null;

/** @param {string} sentence */
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
  element.querySelector("[data-plain]")?.removeAttribute("open");
  const rating = form.querySelector("[data-candidates]") ? openRating(element, form, announce) : null;
  const saver = openSaver(element, form, (text, offer = "") => showBanner(element, text, offer));
  room = { element, form, saver, rating, steps: openSteps(element, form, announce, rating), actions: {} };
  room.actions = actionsOf(room);
  revealTools(element, room.actions);
  if (form.querySelector("textarea#text")) import("./writing.js").then(({ openWriting }) => openWriting(form, announce));
}

/**
 * Two steps on one page, one shown at a time: read and rate, then rank.
 *
 * @param {HTMLElement} room @param {HTMLFormElement} form @param {(sentence: string) => void} announce
 * @param {ReturnType<typeof import("./rating.js").openRating> | null} rating  null where nothing is judged
 */
function openSteps(room, form, announce, rating) {
  const panels = new Map([...form.querySelectorAll("[data-panel]")].map((panel) => [panel.dataset.panel, panel]));
  const ranks = panels.has("rank");
  const rates = room.dataset.rates === "yes" || !ranks;
  const buttons = [...room.querySelectorAll("[data-go]")];
  /** @type {Promise<ReturnType<typeof import("./board.js").openBoard>> | null} */
  let loading = null;
  let board = null;
  let step = rating ? firstStep() : "write";

  /** Work that stands on the ladder already is gone on with there. */
  function firstStep() {
    if (!ranks) return "rate";
    return !rates || form.querySelector(".tier input:checked") ? "rank" : "rate";
  }

  /** The ladder, once; whoever waits for it is served in the order of asking. */
  function theBoard() {
    loading ??= import("./board.js").then(({ openBoard }) => (board = openBoard(form, announce)));
    return loading;
  }

  function mark() {
    room.dataset.step = step;
    for (const [name, panel] of panels) panel.hidden = name !== step;
    for (const button of buttons) button.setAttribute("aria-current", button.dataset.go === step ? "step" : "false");
    form.querySelector("[data-submit-bar]").hidden = rates && ranks && step === "rate";
  }

  /**
   * @param {"rate" | "rank"} next
   * @param {{letter?: string, focus?: boolean}} [options]
   */
  async function go(next, { letter, focus = true } = {}) {
    if (!panels.has(next) || (next === "rate" && !rates)) return;
    const moved = step !== next;
    step = next;
    mark();
    if (moved) room.dispatchEvent(new CustomEvent("step", { bubbles: true, detail: next }));
    if (next === "rate") {
      board?.hide();
      return rating.show(letter ?? board?.inHand() ?? rating.current(), { focus });
    }
    const ladder = await theBoard();
    if (step !== "rank") return undefined; // gone back meanwhile
    ladder.show();
    ladder.take(letter ?? ladder.inHand() ?? rating.current(), { focus });
    if (moved) greet(ladder);
    if (room.dataset.ranking === "pairs") startPairs(ladder);
    return undefined;
  }

  async function startPairs(ladder) {
    const pairs = await import("./compare.js");
    pairs.startPairs({ form, board: ladder, announce, compare: (pair) => pairs.openCompare({ form, board: ladder, announce, pair }) });
  }

  function greet(ladder) {
    const panel = panels.get("rank");
    if (panel.getBoundingClientRect().top < 0) panel.scrollIntoView({ behavior: "instant" });
    if (ladder.proposed()) announce(say("The ladder, proposed from your ratings. Take this order, or move the candidates."));
    else announce(say("The ladder. {n} not placed yet.", { n: ladder.missing().length }));
  }

  for (const button of buttons) button.addEventListener("click", () => go(button.dataset.go));
  for (const bar of room.querySelectorAll("[data-steps]")) bar.hidden = false;
  if (rating) {
    mark();
    if (step === "rate") rating.show(rating.current(), { focus: false });
    else go("rank", { focus: false });
  }
  return {
    now: () => step,
    go,
    theBoard,
    /** The ladder if it is there already. */
    board: () => board,
    ranks,
    rates,
  };
}

/** What the keys and buttons can do here. @param {Room} here @returns {Record<string, Function>} */
function actionsOf({ element, form, rating, steps }) {
  const drawer = document.getElementById("guideline-drawer");
  const always = {
    // Pressed, not only sent: htmx would send the form where the button in the focus leads.
    submit: () => form.querySelector("#submit")?.click(),
    prompt: () => document.getElementById("prompt-heading")?.focus(),
    view: () => turnView(form),
    sheet: () => import("./sheet.js").then(({ openSheet }) => openSheet(steps.now(), room.actions)),
    ...(drawer && {
      guideline: () => turnGuideline(drawer, document.activeElement),
      close: () => import("./guideline.js").then(({ close }) => close(drawer)),
    }),
  };
  if (!rating) return always;
  const one = {
    show: (key) => rating.show(key.toUpperCase()),
    unfold: rating.unfold,
    ...(rating.letters.length > 1 && { next: rating.next, previous: rating.previous }),
    ...(form.querySelector(".scale") && { rate: rating.rate }),
    ...(form.querySelector(".flags") && {
      flags: rating.flags,
      yes: () => answerFlag("yes", announce),
      no: () => answerFlag("no", announce),
      na: () => answerFlag("na", announce),
      flagUp: () => moveFlag(-1),
      flagDown: () => moveFlag(1),
    }),
    ...(form.querySelector(".note") && { note: rating.note }),
  };
  return { ...always, ...one, ...(steps.ranks && onLadder(element, form, steps)) };
}

/** What the ladder can do, once it is there. */
function onLadder(element, form, steps) {
  const ask = (what) => (key) => steps.theBoard().then((board) => what(board, key));
  return {
    ladder: () => steps.go("rank"),
    ...(steps.rates && { rating: () => steps.go("rate") }),
    take: ask((board, key) => board.take(key.toUpperCase())),
    place: ask((board, key) => board.place(Number(key))),
    tie: ask((board) => board.move("tie")),
    up: ask((board) => board.move("up")),
    down: ask((board) => board.move("down")),
    rest: ask((board) => board.rest()),
    ...("proposal" in element.dataset && { accept: ask((board) => board.accept()), decline: ask((board) => board.decline()) }),
    text: ask((board) => board.toggleText()),
    density: ask((board) => board.density()),
    undo: ask((board) => board.undo()),
    redo: ask((board) => board.redo()),
    compare: ask((board) => compare(form, board)),
  };
}

/** Two candidates side by side. */
async function compare(form, board) {
  const { openCompare } = await import("./compare.js");
  openCompare({ form, board, announce });
}

function revealTools(element, actions) {
  for (const button of element.querySelectorAll("[data-do]")) button.addEventListener("click", () => actions[button.dataset.do]?.());
  for (const tools of element.querySelectorAll("[data-board-tools]")) tools.hidden = false;
  const sheet = element.querySelector("[data-sheet-open]");
  sheet.hidden = false;
  sheet.addEventListener("click", () => actions.sheet());
  const close = element.querySelector("[data-drawer-close]");
  if (close) close.hidden = false;
  close?.addEventListener("click", () => actions.close());
  watchDrawer(element.querySelector("#guideline-drawer > summary"));
  element.querySelector("[data-banner-reload]").addEventListener("click", () => location.reload());
}

/** A press on it takes the focus along: what had it before is what the guideline is asked about. */
function watchDrawer(summary) {
  let before = null;
  summary?.addEventListener("pointerdown", () => (before = document.activeElement));
  summary?.addEventListener("click", (event) => {
    event.preventDefault();
    turnGuideline(summary.parentElement, summary.parentElement.open ? null : (before ?? summary));
    before = null;
  });
}

/** @param {HTMLDetailsElement} drawer @param {Element | null} focused */
const turnGuideline = (drawer, focused) => import("./guideline.js").then(({ turn }) => turn(drawer, focused));

function showBanner(element, text, offer) {
  const box = element.querySelector("#banner");
  box.hidden = !text;
  box.querySelector("[data-banner-text]").textContent = text;
  box.querySelector("[data-banner-reload]").hidden = offer !== "reload";
  box.querySelector("[data-banner-claim]").hidden = offer !== "claim";
}

function turnView(form) {
  const radios = form.elements.namedItem("rendering");
  if (!(radios instanceof RadioNodeList)) return;
  const next = radios.value === "raw" ? "rendered" : "raw";
  [...radios].find((radio) => radio.value === next).click();
  announce(next === "raw" ? say("Raw texts") : say("Formatted texts"));
}

/** @param {string} text */
function submitProblem(text) {
  const box = document.querySelector("[data-submit-problem]");
  if (!(box instanceof HTMLElement)) return;
  box.hidden = !text;
  box.textContent = text;
}

/** An unfinished judgment is not sent: the first candidate that misses something gets the focus instead. @param {SubmitEvent} event */
function holdUnfinished(event) {
  if (event.target !== room?.form || event.submitter?.hasAttribute("formaction")) return;
  const { rating, steps, saver } = room;
  // Work that stands on the ladder opens it, so without it nothing is placed yet.
  const missing = steps.ranks ? (steps.board()?.missing() ?? rating.letters) : (rating?.missing() ?? []);
  submitProblem("");
  if (!missing.length) {
    steps.board()?.settle();
    return saver.pause(true);
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  return import("./finish.js").then(({ showMissing }) => submitProblem(showMissing(steps, missing)));
}

/** What the server refused is put in reach. */
function showProblems() {
  const here = room;
  if (here && here.element.querySelector("#problems")) import("./finish.js").then(({ showFirstProblem }) => showFirstProblem(here));
}

/** After a swap: start the new room, and put the reader where reading begins. */
function arrive() {
  openRoom();
  const problem = document.querySelector("[data-focus-me]");
  if (problem?.id === "problems") return showProblems();
  if (problem instanceof HTMLElement) return problem.focus();
  if (!document.querySelector("#room[data-arrived]")) return;
  scrollTo({ top: 0, behavior: "instant" });
  document.getElementById("prompt-heading")?.focus({ preventScroll: true });
  const prompt = document.querySelector(":is(#room:not(.veiled), #room:has(#uncover:checked)) .turn:last-child .prose")?.textContent.trim().slice(0, 160) ?? "";
  announce(say("Next task. {prompt}", { prompt }));
}

document.addEventListener("submit", holdUnfinished, true);
document.addEventListener("htmx:afterSettle", (event) => event.target.id === "main" && arrive());
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    room?.saver.pause(false);
    submitProblem(say("The server could not be reached or did not accept it. Nothing is lost: try again."));
  });
}
// With the network back, or more work done, the last attempt is history.
addEventListener("online", () => submitProblem(""));
for (const name of ["input", "change"]) document.addEventListener(name, ({ target }) => target.form?.id === "judgment" && submitProblem(""));
watchKeys(() => ({ step: room?.steps.now() ?? "", actions: room?.actions ?? {} }));
openRoom();
showProblems();
