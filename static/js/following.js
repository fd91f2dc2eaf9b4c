/**
 * A part of a page that follows a run is replaced every few seconds. What the reader opened stays open, and what was
 * scrolled stays where it was.
 */

/** @type {Map<string, boolean>} */
const open = new Map();
/** @type {Map<string, number>} */
const scrolled = new Map();

document.addEventListener("htmx:beforeSwap", () => {
  for (const one of document.querySelectorAll("details[id]")) open.set(one.id, one.open);
  for (const one of document.querySelectorAll(".scroll[id], pre[id]")) scrolled.set(one.id, one.scrollTop);
});

document.addEventListener("htmx:afterSwap", () => {
  for (const [id, was] of open) {
    const one = document.getElementById(id);
    if (one instanceof HTMLDetailsElement) one.open = was;
  }
  for (const [id, top] of scrolled) {
    const one = document.getElementById(id);
    if (one) one.scrollTop = top;
  }
});
