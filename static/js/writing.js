/**
 * Writing a demonstration: the size of the text, a preview that follows, and how much of it was pasted. Tab leaves
 * the field as everywhere; nothing here holds a submit up.
 */
import { say } from "./say.js";

const PAUSE = 1_200; // milliseconds without a key before the preview follows...
const AT_MOST = 10_000; // ...or of writing on
const NEAR = 0.9; // of the limit: from here on it is shown

/** @param {HTMLFormElement} form @param {(sentence: string) => void} announce */
export function openWriting(form, announce) {
  const section = form.querySelector("[data-writing]");
  const text = form.querySelector("textarea#text");
  if (!(section instanceof HTMLElement) || !(text instanceof HTMLTextAreaElement)) return;
  const size = () => showSize(section, text);
  text.addEventListener("input", size);
  size();
  followWith(section.querySelector("#preview"), text, announce);
  countPastes(form, text);
}

/** Characters as the server counts them: a pair of surrogates is one. @param {string} text */
function characters(text) {
  return text.length - (text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)?.length ?? 0);
}

/** @param {HTMLElement} section @param {HTMLTextAreaElement} text */
function showSize(section, text) {
  const written = text.value.trim();
  const [limit, long] = [Number(section.dataset.limit), characters(written)];
  const words = written ? written.split(/\s+/).length : 0;
  const said = (number) => number.toLocaleString(document.documentElement.lang || "en");
  const box = section.querySelector("[data-text-size]");
  box.textContent = `${words === 1 ? say("1 word") : say("{n} words", { n: said(words) })} · ${
    long > limit * NEAR ? say("{n} of {limit} characters", { n: said(long), limit: said(limit) })
    : long === 1 ? say("1 character") : say("{n} characters", { n: said(long) })
  }`;
  box.classList.toggle("near", long > limit * NEAR && long <= limit);
  box.classList.toggle("over", long > limit);
}

/**
 * The preview follows the text, and what the server says of a likeness is said once.
 * @param {HTMLElement} preview @param {HTMLTextAreaElement} text @param {(sentence: string) => void} announce
 */
function followWith(preview, text, announce) {
  let [timer, shown, due, told] = [0, "", 0, ""];
  function follow() {
    due = 0;
    if (!preview.isConnected || text.value === shown) return;
    shown = text.value;
    preview.dispatchEvent(new Event("written"));
  }
  text.addEventListener("input", () => {
    due ||= Date.now() + AT_MOST;
    clearTimeout(timer);
    timer = setTimeout(follow, Math.max(0, Math.min(PAUSE, due - Date.now())));
  });
  preview.addEventListener("htmx:afterSettle", () => {
    const likeness = preview.querySelector("[data-likeness]")?.textContent ?? "";
    if (likeness && likeness !== told) announce(likeness);
    told = likeness;
  });
  // A preview that does not come is no news: the draft tells whether the server is there.
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    preview.addEventListener(name, (event) => {
      event.stopPropagation();
      shown = "";
    });
  }
  if (text.value.trim()) follow();
}

/**
 * Characters pasted or dropped into the text, kept over a reload. Moving one's own words about is not counted.
 * @param {HTMLFormElement} form @param {HTMLTextAreaElement} text
 */
function countPastes(form, text) {
  const field = form.elements.namedItem("pasted");
  const task = form.getAttribute("action");
  const kept = JSON.parse(localStorage.getItem("pasted") ?? "{}");
  field.value = String(text.value && kept.task === task ? kept.count : 0);
  let own = "";
  const remember = () => (own = text.value.slice(text.selectionStart, text.selectionEnd));
  for (const name of ["copy", "cut", "dragstart"]) text.addEventListener(name, remember);
  /** @param {DataTransfer | null} brought */
  function count(brought) {
    const pasted = brought?.getData("text/plain") ?? "";
    if (!pasted || pasted === own) return;
    field.value = String(Number(field.value) + characters(pasted.replaceAll("\r\n", "\n")));
    localStorage.setItem("pasted", JSON.stringify({ task, count: Number(field.value) }));
  }
  text.addEventListener("paste", (event) => count(event.clipboardData));
  text.addEventListener("drop", (event) => count(event.dataTransfer));
}
