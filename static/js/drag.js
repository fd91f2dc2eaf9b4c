/**
 * Dragging a card with a mouse, a pen or a finger. Keys and buttons do the same, so this only tells where it fell.
 *
 * While a card is in the air the others shrink to their heads, so that every rung is near; a small copy of the letter
 * follows the pointer, and near an edge of the screen the page scrolls.
 */
const SLACK = 6; // pixels: less is a click
const EDGE = 56; // this near to the edge of the screen, the page scrolls
const SPEED = 10; // pixels a frame

/**
 * @param {PointerEvent} start  a press within `root`
 * @param {HTMLElement} root  holds `.card` elements with a `.card-head`, and targets with `data-drop`
 * @param {(letter: string, target: string) => void} dropped
 */
export function beginDrag(start, root, dropped) {
  const head = start.target.closest(".card-head");
  const card = head?.closest(".card");
  // A finger scrolls the page everywhere but on the letter; buttons are pressed, not dragged.
  const by = start.pointerType === "touch" ? ".letter" : ".handle, .card-head";
  if (!card || start.button !== 0 || !start.target.closest(by) || start.target.closest("button:not(.handle)")) return;
  /** @type {HTMLElement | null} */
  let ghost = null;
  let [x, y] = [start.clientX, start.clientY];

  const lit = () => root.querySelector(".over");

  /** The cards shrink around the one in the air, which stays under the pointer. */
  function lift() {
    const before = head.getBoundingClientRect().top;
    root.classList.add("dragging-now");
    card.classList.add("lifted");
    scrollBy({ top: head.getBoundingClientRect().top - before, behavior: "instant" });
    ghost = head.querySelector(".letter").cloneNode(true);
    ghost.classList.add("ghost");
    document.body.append(ghost);
    requestAnimationFrame(frame);
  }

  /** Once a frame: the copy follows, the page scrolls near an edge, the place below lights up. */
  function frame() {
    if (!ghost) return;
    if (y < EDGE) scrollBy(0, -SPEED);
    else if (y > innerHeight - EDGE) scrollBy(0, SPEED);
    ghost.style.transform = `translate(${x}px, ${y}px)`;
    aim();
    requestAnimationFrame(frame);
  }

  function aim() {
    const box = document.elementFromPoint(x, y)?.closest("[data-drop]");
    if (box === lit()) return;
    lit()?.classList.remove("over");
    if (box && root.contains(box)) box.classList.add("over");
  }

  function move(event) {
    if (event.pointerId !== start.pointerId) return;
    if (!event.buttons) return end(null); // let go before this was listening
    [x, y] = [event.clientX, event.clientY];
    if (!ghost && Math.hypot(x - start.clientX, y - start.clientY) >= SLACK) lift();
    if (ghost) event.preventDefault();
  }

  /** @param {PointerEvent | null} event  null when the drag is called off */
  function end(event) {
    if (event && event.pointerId !== start.pointerId) return;
    const target = event && ghost ? lit() : null; // it falls where the light said, even if the page moved since
    const moved = ghost !== null;
    lit()?.classList.remove("over");
    card.classList.remove("lifted");
    root.classList.remove("dragging-now");
    ghost?.remove();
    ghost = null;
    stop.abort();
    if (moved) swallowClick();
    if (target) dropped(card.dataset.letter, target.dataset.drop);
    else if (moved) head.scrollIntoView({ block: "nearest", behavior: "instant" });
  }

  function swallowClick() {
    const swallow = (event) => event.stopPropagation();
    root.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => root.removeEventListener("click", swallow, { capture: true }));
  }

  const stop = new AbortController();
  const listen = (kind, handle) => document.addEventListener(kind, handle, { signal: stop.signal });
  listen("pointermove", move);
  listen("pointerup", end);
  listen("pointercancel", () => end(null));
  listen("keydown", (event) => event.key === "Escape" && end(null));
}
