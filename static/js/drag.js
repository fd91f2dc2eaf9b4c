/**
 * Dragging a card with a mouse, a pen or a finger. Keys and buttons do the same, so this only tells where it fell.
 */
const SLACK = 6; // pixels: less is a click
const EDGE = 48; // this near to the scroller's edge, it scrolls

/**
 * @param {HTMLElement} root  holds `.card` elements with `.handle`, and targets with `data-drop`
 * @param {(letter: string, target: string) => void} dropped
 */
export function watchDrags(root, dropped) {
  /** @type {{card: HTMLElement, id: number, x: number, y: number, scroll: number, moving: boolean} | null} */
  let drag = null;
  const scroller = root.closest(".ladder");

  function target(event) {
    return document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-drop]") ?? null;
  }

  const lit = () => root.querySelector(".over");

  function highlight(box) {
    lit()?.classList.remove("over");
    if (box && root.contains(box)) box.classList.add("over");
  }

  function lift() {
    drag.moving = true;
    drag.card.classList.add("lifted");
    root.classList.add("dragging-now");
  }

  function scrollAtEdge(event) {
    const box = scroller.getBoundingClientRect();
    if (event.clientY < box.top + EDGE) scroller.scrollTop -= 12;
    else if (event.clientY > box.bottom - EDGE) scroller.scrollTop += 12;
  }

  function move(event) {
    if (!drag || event.pointerId !== drag.id) return;
    const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
    if (!drag.moving && Math.hypot(dx, dy) < SLACK) return;
    if (!drag.moving) lift();
    event.preventDefault();
    scrollAtEdge(event);
    drag.card.style.transform = `translate(${dx}px, ${dy + scroller.scrollTop - drag.scroll}px)`;
    highlight(target(event));
  }

  /** @param {PointerEvent | null} event  null when the drag is called off */
  function end(event) {
    if (!drag || (event && event.pointerId !== drag.id)) return;
    const { card, moving } = drag;
    const box = event && moving ? lit() : null; // it falls where the light said, even if the page moved since
    card.style.transform = "";
    card.classList.remove("lifted");
    root.classList.remove("dragging-now");
    highlight(null);
    drag = null;
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", end);
    document.removeEventListener("pointercancel", cancel);
    document.removeEventListener("keydown", escape);
    if (moving) root.addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => root.removeEventListener("click", swallow, { capture: true }));
    if (box) dropped(card.dataset.letter, box.dataset.drop);
  }

  const cancel = () => end(null);
  const escape = (event) => event.key === "Escape" && end(null);
  const swallow = (event) => event.stopPropagation();

  root.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".handle");
    // A finger scrolls the page everywhere but on the letter.
    const byFinger = event.pointerType === "touch" && !event.target.closest(".letter");
    if (!handle || byFinger || event.button !== 0) return;
    drag = {
      card: handle.closest(".card"),
      id: event.pointerId,
      x: event.clientX,
      y: event.clientY,
      scroll: scroller.scrollTop,
      moving: false,
    };
    document.addEventListener("pointermove", move);
    document.addEventListener("pointerup", end);
    document.addEventListener("pointercancel", cancel);
    document.addEventListener("keydown", escape);
  });
}
