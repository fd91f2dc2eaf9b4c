/**
 * A quiet word after a long stretch of work: how long it is, and that a pause is fine. Never in the way.
 */
import { stretchTold } from "./activity.js";
import { say } from "./say.js";

/** @param {HTMLElement} room @param {number} minutes */
export function suggestPause(room, minutes) {
  room.querySelector("[data-pause]")?.remove();
  const box = Object.assign(document.createElement("div"), { className: "banner" });
  box.dataset.pause = "";
  box.setAttribute("role", "status");
  const words = say("You have worked for {minutes} minutes without a pause. A short one is good for you and for your judgment; nothing here is lost meanwhile.", { minutes });
  const text = Object.assign(document.createElement("p"), { textContent: words });
  const close = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: say("Later") });
  close.addEventListener("click", () => {
    box.remove();
    document.getElementById("prompt-heading")?.focus({ preventScroll: true });
  });
  box.append(text, close);
  room.querySelector("#banner").after(box);
  stretchTold(minutes);
}
