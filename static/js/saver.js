/**
 * Keeps the draft and the lease alive: saves within two seconds of a change, gives a sign of life every half
 * minute of use, and says plainly when either fails.
 */
const WAIT = 900; // milliseconds after a change; a hurry of changes is saved at least every...
const AT_MOST = 1800;
const BEAT = 30_000;
const RETRY = 5_000;
const WARN_BEFORE = 120_000;

/** @param {HTMLElement} room @param {HTMLFormElement} form @param {(text: string, offer?: string) => void} banner */
export function openSaver(room, form, banner) {
  const { draftUrl, heartbeatUrl } = room.dataset;
  if (!draftUrl) return { stop() {}, pause() {} };
  let revision = Number(room.dataset.revision);
  let leaseUntil = Date.parse(room.dataset.leaseUntil);
  let timer = 0;
  let changedAt = 0;
  let saving = false;
  let closed = false;
  let paused = false;
  let usedAt = Date.now();
  const stamp = room.querySelector("#saved");
  let savedText = "";

  /** @param {string} url @param {unknown} body */
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
    const answer = response.headers.get("Content-Type")?.startsWith("application/json") ? await response.json() : {};
    return { ok: response.ok, status: response.status, answer };
  }

  function fields() {
    const data = Object.fromEntries(new FormData(form));
    delete data.csrfmiddlewaretoken;
    delete data.revision;
    return data;
  }

  function changed() {
    if (closed) return;
    changedAt ||= Date.now();
    clearTimeout(timer);
    timer = setTimeout(save, Math.max(0, Math.min(WAIT, changedAt + AT_MOST - Date.now())));
  }

  async function save() {
    if (closed || paused || saving || !changedAt) return;
    saving = true;
    changedAt = 0;
    const draft = fields();
    savedText = JSON.stringify(draft);
    try {
      const { ok, status, answer } = await post(draftUrl, { draft, revision });
      if (ok) saved(answer);
      else refused(status, answer.error ?? {});
    } catch {
      changedAt = Date.now();
      trouble("Not saved: no connection. Trying again.");
      timer = setTimeout(save, RETRY);
    }
    saving = false;
    if (changedAt && !closed) changed();
  }

  function saved(answer) {
    revision = answer.revision;
    form.elements.namedItem("revision").value = String(revision);
    stamp.classList.remove("trouble");
    stamp.textContent = `Saved ${new Date(answer.saved_at).toLocaleTimeString([], { hour12: false })}`;
  }

  function trouble(text) {
    stamp.classList.add("trouble");
    stamp.textContent = text;
  }

  function refused(status, error) {
    if (error.code === "stale_draft") {
      stop();
      trouble("Not saved");
      banner("Another window saved a newer draft of this task. Reload to see it; what is on this page stays until you do.", "reload");
    } else if (error.code === "already_submitted") {
      stop();
      banner("This task is submitted or skipped already, so its draft is closed.", "reload");
    } else if (status === 401) {
      stop();
      trouble("Not saved");
      banner("You are signed out. Sign in again in another tab, then reload this page; your saved draft is there.", "reload");
    } else {
      changedAt = Date.now();
      trouble(error.message ? `Not saved: ${error.message}` : "Not saved. Trying again.");
      timer = setTimeout(save, RETRY);
    }
  }

  async function beat() {
    const used = Date.now() - usedAt < BEAT * 2;
    if (closed || document.hidden || !used) return;
    try {
      const { ok, answer } = await post(heartbeatUrl, {});
      if (ok) {
        leaseUntil = Date.parse(answer.lease_expires_at);
        banner("");
      } else if (answer.error?.code === "lease_lost") lost();
    } catch {
      // No connection: the next beat or save will tell.
    }
  }

  function lost() {
    banner("Your time on this task has run out. Your draft is kept: claim it again to go on. You can also still submit.", "claim");
  }

  function watchLease() {
    const left = leaseUntil - Date.now();
    if (closed || !Number.isFinite(left)) return;
    if (left <= 0) lost();
    else if (left < WARN_BEFORE) banner(`This task goes back to the queue in ${Math.ceil(left / 1000)} seconds unless you go on with it.`);
  }

  function used() {
    const idle = Date.now() - usedAt;
    usedAt = Date.now();
    if (idle > BEAT) beat();
  }

  function flush() {
    if (closed || paused || JSON.stringify(fields()) === savedText || !changedAt) return;
    changedAt = 0;
    post(draftUrl, { draft: fields(), revision }, true).catch(() => {});
  }

  function stop() {
    closed = true;
    clearTimeout(timer);
    clearInterval(beats);
    clearInterval(lease);
    for (const kind of ["pointerdown", "keydown", "scroll"]) removeEventListener(kind, used, true);
    removeEventListener("pagehide", flush);
  }

  const beats = setInterval(beat, BEAT);
  const lease = setInterval(watchLease, 5_000);
  for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, used, { capture: true, passive: true });
  addEventListener("pagehide", flush);
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  /** While the judgment itself is on its way, its draft stays behind. @param {boolean} yes */
  function pause(yes) {
    paused = yes;
    if (!yes && changedAt) changed();
  }

  return { stop, pause };
}
