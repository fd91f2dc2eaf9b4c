/**
 * What hands do in the room, so that the server can tell work from absence: kinds and moments, never what was typed.
 * Cheap: of a lasting motion one event a second. The batches go with drafts, signs of life and the judgment (saver.js).
 */

/** @typedef {[number, string] | [number, string, number]} Event  milliseconds ago, kind, and for some a number */
/** @typedef {{page: string, number: number, events: Event[]}} Batch */

const EVERY = 1_000; // of keys, motions, scrolling and writing one event each in so many milliseconds
const MOST = 200; // events in a batch
const PAUSE = 5 * 60_000; // a longer silence ends a stretch of work
const STRETCH = "stretch";
const LASTING = new Set(["key", "pointer", "scroll", "write"]);

const pageName = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {HTMLElement} room @param {HTMLFormElement} form */
export function openActivity(room, form) {
  const page = pageName();
  const away = new AbortController();
  /** @type {{at: number, kind: string, count?: number}[]} */
  let noted = [];
  /** Sent, and not yet known to have arrived. @type {{number: number, events: typeof noted, flying: boolean} | null} */
  let sent = null;
  let number = 0;
  /** @type {Map<string, number>} */
  const lastOf = new Map();

  /** @param {string} kind @param {number} [count] */
  function note(kind, count) {
    const at = performance.now();
    if (LASTING.has(kind)) {
      if (at - (lastOf.get(kind) ?? -EVERY) < EVERY) return;
      lastOf.set(kind, at);
    }
    if (kind !== "hidden") keepStretch();
    noted.push({ at, kind, count });
    if (noted.length > 4 * MOST) noted = thinned(noted);
  }

  /** @param {string | null} kind */
  const on = (target, name, kind, options = {}) =>
    target.addEventListener(name, (event) => kind && note(kind), { passive: true, signal: away.signal, ...options });

  function watch() {
    for (const [name, kind] of Object.entries({ keydown: "key", pointerdown: "pointer", pointermove: "pointer", wheel: "scroll", scroll: "scroll" })) {
      on(window, name, kind, { capture: true });
    }
    // What the room's parts tell of themselves.
    for (const kind of ["step", "place", "compare", "unfold"]) on(room, kind, kind);
    on(form, "submit", "submit", { capture: true });
    document.addEventListener("visibilitychange", () => note(document.hidden ? "hidden" : "visible"), { signal: away.signal });
    form.addEventListener("input", (event) => event.target.matches("textarea, input[type=text]") && note("write"), { signal: away.signal });
    form.addEventListener("change", ({ target }) => {
      if (/^(rating|flag|prompt-flag)-/.test(target.name)) note("rate");
    }, { signal: away.signal });
    room.addEventListener("toggle", (event) => event.target.open && note("unfold"), { capture: true, signal: away.signal });
    form.addEventListener("paste", (event) => note("paste", event.clipboardData?.getData("text").length ?? 0), { signal: away.signal });
  }

  /**
   * The next batch to send; `settled` must be told what became of it. Without events it only says that this page counts
   * by events. What may or may not have arrived is sent again under its number, and then adds nothing twice.
   *
   * @param {boolean} [last]  all that is left, for the judgment: nothing can be sent after it
   * @returns {Batch}
   */
  function take(last = false) {
    if (sent && (sent.flying || last)) {
      if (!last) return { page, number, events: [] };
      noted = [...sent.events, ...noted];
      sent = null;
    }
    if (!sent && noted.length) {
      sent = { number, events: last ? thinned(noted) : noted.slice(0, MOST), flying: false };
      noted = last ? [] : noted.slice(MOST);
      number += 1;
    }
    if (!sent) return { page, number, events: [] };
    sent.flying = true;
    const now = performance.now();
    return { page, number: sent.number, events: sent.events.map((event) => asSent(event, now)) };
  }

  /** @param {Batch} batch @param {boolean} arrived */
  function settled(batch, arrived) {
    if (!sent || batch.number !== sent.number || !batch.events.length) return;
    if (arrived) sent = null;
    else sent.flying = false;
  }

  note("open");
  if (document.hidden) note("hidden");
  watch();
  return { take, settled, note, stop: () => away.abort() };
}

/** @returns {Event} */
function asSent({ at, kind, count }, now) {
  const age = Math.max(0, Math.round(now - at));
  return count === undefined ? [age, kind] : [age, kind, count];
}

/** As many as a batch holds: of what only says "still there" every second one goes first. */
function thinned(events) {
  let odd = false;
  while (events.length > MOST) {
    const before = events.length;
    events = events.filter(({ kind }) => !LASTING.has(kind) || (odd = !odd));
    if (events.length === before) return events.slice(-MOST);
  }
  return events;
}

let stretchKept = 0;

/** Remember in this browser since when work goes on without a pause, over tasks and pages. */
function keepStretch() {
  const now = Date.now();
  if (Math.abs(now - stretchKept) < 10_000) return;
  stretchKept = now;
  const { since, last, told } = readStretch();
  const goesOn = now >= last && now - last <= PAUSE;
  localStorage.setItem(STRETCH, JSON.stringify(goesOn ? { since, last: now, told } : { since: now, last: now, told: 0 }));
}

function readStretch() {
  try {
    const { since, last, told } = JSON.parse(localStorage.getItem(STRETCH) ?? "{}");
    if ([since, last, told].every(Number.isFinite) && since <= last) return { since, last, told };
  } catch {
    // Whatever stood there is not ours.
  }
  return { since: 0, last: 0, told: 0 };
}

/** Minutes of work without a pause, and the minute at which that was last said. */
export function stretch() {
  const { since, last, told } = readStretch();
  return { minutes: Math.floor((last - since) / 60_000), told };
}

/** @param {number} minute */
export function stretchTold(minute) {
  localStorage.setItem(STRETCH, JSON.stringify({ ...readStretch(), told: minute }));
}
