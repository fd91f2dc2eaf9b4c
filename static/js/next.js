/**
 * The room of the next task, fetched while this one is worked on, so that a submit has nothing to wait for but its own
 * confirmation. Nothing of it is shown before the server has taken the judgment and named this very room; without it
 * everything works as it does for those who never had it.
 */
const GOOD_FOR = 100_000; // milliseconds; the reservation behind it lasts two minutes and lives on with each heartbeat
const SOON = 12_000; // of work, then it is fetched however much is answered
const ASK_AGAIN = 30_000; // when there was none to give

/** One at a time; it outlives a refused submit. @type {{beside: string, mark: string, main: Element, at: number} | null} */
let kept = null;

/** @param {HTMLElement} room @param {HTMLFormElement} form */
export function openNext(room, form) {
  const url = room.dataset.aheadUrl;
  const away = new AbortController();
  const opened = performance.now();
  let asking = false;
  let notBefore = 0;

  const usable = () => (kept?.beside === url && performance.now() - kept.at < GOOD_FOR ? kept : null);

  async function consider() {
    if (document.hidden || asking || usable() || performance.now() < notBefore) return;
    if (!nearlyDone(form) && performance.now() - opened < SOON) return;
    asking = true;
    notBefore = performance.now() + ASK_AGAIN;
    try {
      const found = await ask(url, form, away.signal);
      if (found) kept = { beside: url, ...found, at: performance.now() };
    } catch {
      // No connection: a submit brings the next room itself.
    }
    asking = false;
  }

  form.addEventListener("change", consider, { signal: away.signal });
  document.addEventListener("visibilitychange", consider, { signal: away.signal });
  const timer = setInterval(consider, 3_000);
  consider();
  return {
    /** What the submit names, so that the server may answer shortly. */
    mark: () => usable()?.mark ?? "",
    /** The lease lives, and with it the reservation. */
    renewed: () => usable() && (kept.at = performance.now()),
    stop() {
      clearInterval(timer);
      away.abort();
    },
  };
}

/** Half of what a judgment needs is there: the rest goes quickly. @param {HTMLFormElement} form */
function nearlyDone(form) {
  const names = (start) => new Set([...form.querySelectorAll(`input[type=radio][name^="${start}"]`)].map((radio) => radio.name));
  const [all, kind] = names("tier-").size ? [names("tier-"), "tier-"] : [names("rating-"), "rating-"];
  const answered = form.querySelectorAll(`input[name^="${kind}"]:checked`).length;
  return all.size > 0 && answered * 2 >= all.size;
}

async function ask(url, form, signal) {
  const response = await fetch(url, {
    method: "POST",
    signal,
    headers: { "Accept": "text/html", "X-CSRFToken": form.elements.namedItem("csrfmiddlewaretoken").value },
  });
  const mark = response.headers.get("X-Ahead");
  if (response.status !== 200 || !mark) return null;
  const main = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("#main");
  return main?.querySelector("#room") ? { mark, main } : null;
}

/** What is bound to this moment, in a room that was rendered a while ago. @param {Element} main @param {XMLHttpRequest} answer */
function freshen(main, answer) {
  const room = main.querySelector("#room");
  room.dataset.leaseUntil = answer.getResponseHeader("X-Lease-Until");
  room.dataset.now = answer.getResponseHeader("Date");
  const said = new DOMParser().parseFromString(answer.responseText, "text/html");
  for (const fresh of said.querySelectorAll("[data-fresh]")) {
    main.querySelector(`[data-fresh="${fresh.dataset.fresh}"]`)?.replaceWith(fresh);
  }
}

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const mark = detail.xhr.getResponseHeader("X-Ahead");
  if (!mark) return;
  if (mark !== kept?.mark) {
    // Cannot happen to a page that asked for it; should it, the room comes the ordinary way.
    detail.shouldSwap = false;
    location.assign(detail.xhr.getResponseHeader("HX-Push-Url"));
    return;
  }
  // The room is a tree already: put in place as it is, without being written down and read again.
  detail.shouldSwap = false;
  const { main } = kept;
  kept = null;
  freshen(main, detail.xhr);
  show(main, detail.xhr.getResponseHeader("HX-Push-Url"));
});

/** As htmx's own swap ends: the address, its attributes at work, and then, when it can be read, the word to the room. */
function show(main, url) {
  const old = document.getElementById("main");
  // A focused element that is removed costs a layout of both rooms; the new one takes the focus in a moment.
  if (old.contains(document.activeElement)) document.activeElement.blur();
  const fresh = document.adoptNode(main);
  old.replaceWith(fresh);
  history.pushState({ htmx: true }, "", url);
  htmx.process(fresh);
  const settled = () => htmx.trigger(fresh, "htmx:afterSettle");
  if (document.hidden) settled();
  else requestAnimationFrame(() => setTimeout(settled));
}
