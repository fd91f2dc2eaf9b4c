/**
 * The guideline's drawer opens at the rule for what is in the focus, and gives the focus back when it closes. Which
 * heading is the rule of which field comes with its text, which is fetched when the drawer is first opened.
 */
const PHONE = matchMedia("(max-width: 40rem)");

/** Where the focus was when the drawer opened. @type {Element | null} */
let origin = null;

/** What the focus is on, as the guideline names it; "" where there is no rule to look for. @param {Element | null} focused */
export function subjectOf(focused) {
  const group = focused?.closest(".flag, .scale");
  if (group) return group.id.split("-").at(-1);
  if (focused?.closest("#step-rank")) return "ranking";
  return focused?.closest("[data-writing], #text") ? "demonstration" : "";
}

/** Open it, or turn it to another rule, or close it again. @param {HTMLDetailsElement} drawer @param {Element | null} focused */
export function turn(drawer, focused) {
  const subject = drawer.contains(focused) ? "" : subjectOf(focused);
  if (drawer.open && !subject) return close(drawer);
  origin = focused;
  drawer.open = true;
  cover(drawer);
  return show(drawer, subject);
}

/** @param {HTMLDetailsElement} drawer */
export function close(drawer) {
  if (!drawer.open) return;
  const inside = drawer.contains(document.activeElement);
  drawer.open = false;
  uncover();
  if (!inside) return;
  const back = origin instanceof HTMLElement && origin.isConnected && !drawer.contains(origin) ? origin : null;
  (back && back !== document.body ? back : drawer.querySelector("summary")).focus({ preventScroll: true });
}

/** On a phone it covers the room: then nothing behind it is reached. */
function cover() {
  for (const element of behind()) element.inert = PHONE.matches;
}

function uncover() {
  for (const element of behind()) element.inert = false;
}

const behind = () => document.querySelectorAll(".site-header, #judgment, .aside-work");

/** @param {HTMLElement} drawer @param {string} subject */
function show(drawer, subject) {
  const body = drawer.querySelector(".drawer-body");
  const text = body.querySelector("[data-rules]");
  if (!text) {
    body.focus({ preventScroll: true });
    return drawer.querySelector("#guideline-text").addEventListener("htmx:afterSettle", () => drawer.open && show(drawer, subject), { once: true });
  }
  const anchor = JSON.parse(text.dataset.rules)[subject];
  const rule = anchor ? document.getElementById(anchor) : null;
  if (!rule) return body.focus({ preventScroll: true });
  for (const old of text.querySelectorAll(".rule")) old.classList.remove("rule");
  rule.classList.add("rule");
  rule.tabIndex = -1;
  rule.focus({ preventScroll: true });
  const head = body.querySelector("header").offsetHeight;
  body.scrollTop += rule.getBoundingClientRect().top - body.getBoundingClientRect().top - head - 12;
  const about = drawer.querySelector("#asked-rule");
  if (about && !drawer.querySelector("#asked-words").value) about.value = anchor.replace(/^rule-/, "");
  return undefined;
}
