/**
 * Rated much higher, ranked below: asked once for a task, never in the way.
 */
import { say } from "./say.js";

const APART = 2; // steps on the scale

/** @param {HTMLFormElement} form @param {() => import("./ladder.js").Levels} levels @param {(letter: string) => string} rating */
export function watchContradictions(form, levels, rating) {
  const box = form.querySelector("[data-hint]");
  let asked = "";
  const look = () => {
    const found = contradiction(levels(), (letter) => Number(rating(letter)) || null);
    if (found && !asked) asked = found;
    box.hidden = !found || found !== asked;
    box.textContent = box.hidden ? "" : say("{question} That can be right; this is only a question.", { question: found });
  };
  form.addEventListener("change", look);
  look();
}

/** The first one, once everyone is placed. */
function contradiction(levels, rating) {
  if (Object.values(levels).includes(null)) return "";
  for (const one of Object.keys(levels)) {
    for (const other of Object.keys(levels)) {
      const [high, low] = [rating(one), rating(other)];
      if (high && low && high - low >= APART && levels[one] > levels[other]) {
        return say("You rated {one} {high} and {other} {low}, yet {other} stands above {one}.", { one, other, high, low });
      }
    }
  }
  return "";
}
