/**
 * Keeps the draft and the lease alive: saves within two seconds of a change, gives a sign of life every half minute of
 * use, says plainly when either fails, and keeps in this browser what could not be saved. Brings the judgment what
 * travels with it: the activity, and the name of the room that was fetched ahead.
 */
import { openActivity, stretch } from "./activity.js";
import { say } from "./say.js";

const WAIT = 900; // milliseconds after a change; a hurry of changes is saved at least every...
const AT_MOST = 1800;
const BEAT = 30_000;
const RETRY = 5_000;
const WARN_BEFORE = 120_000;
const TELL_EVERY = 10_000; // activity goes with a draft at most so often
const AHEAD_AFTER = 8_000; // of work, or with the first answer
const BREAK_AFTER = 50; // minutes without a pause, then a hint
const BREAK_AGAIN = 25;
const COPY = "draft:";
const TRANSPORT = ["csrfmiddlewaretoken", "revision", "activity", "ahead"];

/** @param {HTMLElement} room @param {HTMLFormElement} form @param {(text: string, offer?: string) => void} banner */
export function openSaver(room, form, banner) {
  const { draftUrl, heartbeatUrl } = room.dataset;
  if (!draftUrl) return { stop() {}, pause() {} };
  const away = new AbortController();
  const listen = { signal: away.signal };
  const activity = openActivity(room, form);
  const stamp = room.querySelector("#saved");
  let revision = Number(room.dataset.revision);
  let leaseUntil = Date.parse(room.dataset.leaseUntil);
  let clock = skewOf(room.dataset.now); // the server's time less ours: a wrong clock here must frighten nobody
  let timer = 0;
  let changedAt = 0;
  let saving = false;
  let paused = false;
  let usedAt = Date.now();
  let beatAt = Date.now();
  let toldAt = 0;
  let saidOfLease = false;
  /** The activity that the submit took along. */
  let submitted = null;
  /** @type {ReturnType<typeof import("./next.js").openNext> | null} */
  let next = null;
  let aheadBegun = false;

  const closed = () => away.signal.aborted;

  /** @param {string} url @param {Record<string, unknown>} body */
  async function post(url, body, keepalive = false) {
    const response = await fetch(url, {
      method: "POST",
      keepalive,
      headers: {
        "Accept": "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": form.elements.namedItem("csrfmiddlewaretoken").value,
      },
      body: JSON.stringify(body),
    });
    clock = skewOf(response.headers.get("Date")) || clock;
    const answer = response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : {};
    return { ok: response.ok, status: response.status, answer };
  }

  /** Post with the activity so far; what never arrived goes with the next. */
  async function tell(url, body, { often = true, keepalive = false } = {}) {
    const batch = often || Date.now() - toldAt > TELL_EVERY ? activity.take() : { page: "empty", number: 0, events: [] };
    if (batch.events.length) toldAt = Date.now();
    try {
      const outcome = await post(url, { ...body, activity: batch }, keepalive);
      activity.settled(batch, outcome.ok || outcome.status === 422);
      return outcome;
    } catch (error) {
      activity.settled(batch, false);
      throw error;
    }
  }

  function fields() {
    const data = Object.fromEntries(new FormData(form));
    for (const name of TRANSPORT) delete data[name];
    return data;
  }

  function changed() {
    if (closed()) return;
    changedAt ||= Date.now();
    startAhead();
    clearTimeout(timer);
    timer = setTimeout(save, Math.max(0, Math.min(WAIT, changedAt + AT_MOST - Date.now())));
  }

  async function save() {
    if (closed() || paused || saving || !changedAt) return;
    saving = true;
    changedAt = 0;
    const draft = fields();
    try {
      const { ok, status, answer } = await tell(draftUrl, { draft, revision }, { often: false });
      if (ok) saved(answer);
      else refused(status, answer.error ?? {});
    } catch {
      again(say("Not saved: no connection. Trying again."));
    }
    saving = false;
    if (changedAt && !closed() && !paused) changed();
  }

  function saved(answer) {
    revision = answer.revision;
    form.elements.namedItem("revision").value = String(revision);
    if (!changedAt) dropCopy(draftUrl);
    stamp.classList.remove("trouble");
    const time = new Date(answer.saved_at).toLocaleTimeString([], { hour12: false });
    stamp.textContent = say("Saved {time}", { time });
  }

  function trouble(text) {
    stamp.classList.add("trouble");
    stamp.textContent = text;
  }

  function again(text) {
    changedAt ||= Date.now();
    keepCopy(draftUrl, revision, fields());
    trouble(text);
    clearTimeout(timer);
    timer = setTimeout(save, RETRY);
  }

  function refused(status, error) {
    if (error.code === "csrf_failed") form.elements.namedItem("csrfmiddlewaretoken").value = error.details.token;
    if (error.code === "stale_draft") {
      ended(say("Another window saved a newer draft of this task. Reload to see it; what is on this page stays until you do."));
    } else if (error.code === "already_submitted") {
      dropCopy(draftUrl);
      ended(say("This task is submitted or skipped already, so its draft is closed."));
    } else if (status === 401) {
      keepCopy(draftUrl, revision, fields());
      ended(say("You are signed out. Sign in again in another tab, then reload this page; your work is there."));
    } else if (status === 413 || status === 422) {
      keepCopy(draftUrl, revision, fields()); // the same once more would be refused once more
      trouble(say("Not saved: {reason}", { reason: error.message ?? "" }));
    } else {
      again(error.message ? say("Not saved: {reason}", { reason: error.message }) : say("Not saved. Trying again."));
    }
  }

  function ended(text) {
    stop();
    trouble(say("Not saved"));
    banner(text, "reload");
  }

  /** @param {boolean} [atOnce] */
  async function beat(atOnce = false) {
    const used = Date.now() - usedAt < BEAT * 2;
    if (closed() || paused || document.hidden || !(used || atOnce)) return;
    beatAt = Date.now();
    try {
      const { ok, answer } = await tell(heartbeatUrl, {});
      if (ok) {
        leaseUntil = Date.parse(answer.lease_expires_at);
        next?.renewed();
        sayOfLease("");
      } else if (answer.error?.code === "lease_lost") lost();
    } catch {
      // No connection: the next beat or save will tell.
    }
  }

  function sayOfLease(text, offer = "") {
    if (closed() || (!text && !saidOfLease)) return;
    saidOfLease = Boolean(text);
    banner(text, offer);
  }

  function lost() {
    sayOfLease(say("Your time on this task has run out. Your draft is kept: claim it again to go on. You can also still submit."), "claim");
  }

  function watchLease() {
    if (document.hidden) return;
    const left = leaseUntil - Date.now() - clock;
    if (left <= 0) lost();
    else if (left < WARN_BEFORE) sayOfLease(say("This task goes back to the queue in {n} seconds unless you go on with it.", { n: Math.ceil(left / 1000) }));
    const { minutes, told } = stretch();
    if (minutes >= (told ? told + BREAK_AGAIN : BREAK_AFTER)) import("./pause.js").then(({ suggestPause }) => suggestPause(room, minutes), () => {});
  }

  function used() {
    const idle = Date.now() - usedAt;
    usedAt = Date.now();
    if (idle > BEAT) beat();
  }

  /** The tab goes out of sight, maybe for good: what is unsaved goes now, and stays here until it is known to be there. */
  function flush() {
    if (closed() || paused || !changedAt) return;
    clearTimeout(timer);
    keepCopy(draftUrl, revision, fields());
    save();
  }

  /** The page ends, and maybe nobody will hear the answer. */
  function leave() {
    if (closed() || paused || !(changedAt || saving)) return;
    keepCopy(draftUrl, revision, fields());
    tell(draftUrl, { draft: fields(), revision }, { keepalive: true }).then(({ ok, answer }) => ok && saved(answer), () => {});
  }

  /** A laptop is opened, a frozen tab thawed, the network back. */
  function wake() {
    if (closed() || document.hidden) return;
    usedAt = Date.now();
    if (changedAt) save();
    if (Date.now() - beatAt > 5_000) beat(true);
  }

  function startAhead() {
    if (aheadBegun || closed() || document.hidden || !room.dataset.aheadUrl) return;
    aheadBegun = true;
    const open = ({ openNext }) => !closed() && (next = openNext(room, form));
    import("./next.js").then(open, () => (aheadBegun = false)); // no connection: with the next change
  }

  function equip() {
    submitted = activity.take(true);
    form.elements.namedItem("activity").value = JSON.stringify(submitted);
    form.elements.namedItem("ahead").value = next?.mark() ?? "";
  }

  function stop() {
    if (closed()) return;
    away.abort();
    clearTimeout(timer);
    clearTimeout(ahead);
    clearInterval(beats);
    clearInterval(lease);
    activity.stop();
    next?.stop();
  }

  /** While the judgment itself is on its way, its draft stays behind. @param {boolean} yes */
  function pause(yes) {
    paused = yes;
    if (yes) return;
    if (submitted) activity.settled(submitted, false);
    if (changedAt) changed();
  }

  const beats = setInterval(beat, BEAT);
  const lease = setInterval(watchLease, 5_000);
  const ahead = setTimeout(startAhead, AHEAD_AFTER);
  for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, used, { capture: true, passive: true, ...listen });
  addEventListener("pagehide", leave, listen);
  addEventListener("pageshow", (event) => event.persisted && wake(), listen);
  addEventListener("online", wake, listen);
  document.addEventListener("freeze", leave, listen);
  document.addEventListener("resume", wake, listen);
  document.addEventListener("visibilitychange", () => (document.hidden ? flush() : wake()), listen);
  document.addEventListener("signing-out", () => (leave(), stop()), listen);
  form.addEventListener("input", changed, listen);
  form.addEventListener("change", changed, listen);
  form.addEventListener("submit", equip, { capture: true, ...listen });
  form.addEventListener("htmx:beforeOnLoad", ({ detail }) => detail.xhr.status < 300 && detail.elt === form && dropCopy(draftUrl), listen);
  // Not taken, and the work is still on the screen: its draft is kept again.
  form.addEventListener("htmx:afterRequest", ({ detail }) => detail.elt === form && !detail.successful && pause(false), listen);
  if (Object.keys(localStorage).some((key) => key.startsWith(COPY))) {
    const open = ({ openCopies }) => openCopies(room, form, COPY, draftUrl, revision, { drop: () => dropCopy(draftUrl), use: changed });
    import("./copies.js").then((copies) => !closed() && open(copies), () => {});
  }
  if ([...form.elements].some((field) => field.name && isChanged(field))) changed(); // before this script was there: no event tells of it any more

  return { stop, pause };
}

/** Not as the server wrote it. @param {Element} field */
function isChanged(field) {
  if (field instanceof HTMLSelectElement) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
  if (field instanceof HTMLInputElement && field.checked !== field.defaultChecked) return true;
  return "defaultValue" in field && field.value !== field.defaultValue;
}

/** @param {string | null | undefined} servers  a moment of the server's clock, just now */
const skewOf = (servers) => (Date.parse(servers ?? "") || Date.now()) - Date.now();

/** @param {string} url @param {number} revision @param {Record<string, unknown>} fields */
function keepCopy(url, revision, fields) {
  try {
    localStorage.setItem(COPY + url, JSON.stringify({ revision, fields, at: Date.now() }));
  } catch {
    // No room left in this browser: the server's draft is what there is.
  }
}

/** @param {string} url */
const dropCopy = (url) => localStorage.removeItem(COPY + url);
