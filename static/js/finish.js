/**
 * The end of a task: what is unfinished stays here and is shown, and what the server refused is put in reach.
 */
import { say } from "./say.js";

/** @typedef {import("./room.js").Room} Room */

/** Go to the first candidate that misses something. @param {Room["steps"]} steps @param {string[]} missing @returns {string} what to say */
export function showMissing(steps, missing) {
  const proposed = steps.board()?.proposed();
  steps.go(steps.ranks ? "rank" : "rate", { letter: missing[0] });
  const letters = missing.join(", ");
  if (!steps.ranks) return say("Not rated yet: {letters}.", { letters });
  if (proposed) return say("The proposed order is no answer yet: take it, or move a candidate.");
  return say("Not placed on the ladder yet: {letters}.", { letters });
}

/** The step, the candidate and the control that the first of the server's problems is about. @param {Room} room @returns {boolean} */
export function showFirstProblem(room) {
  const links = [...room.element.querySelectorAll('#problems a[href^="#"]')];
  for (const link of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      showAnchor(room, link.hash.slice(1));
    });
  }
  if (links.length) showAnchor(room, links[0].hash.slice(1));
  return links.length > 0;
}

/** @param {Room} room @param {string} anchor */
async function showAnchor({ steps, rating }, anchor) {
  const letter = /^(?:tier|rating|flag|note|candidate)-([A-I])(?:-|$)/.exec(anchor)?.[1];
  if (letter && anchor.startsWith("tier-")) return steps.go("rank", { letter });
  if (letter && rating) await steps.go("rate", { letter });
  else if (anchor === "ladder") await steps.go("rank");
  const found = document.getElementById(anchor);
  const fold = found?.closest("details") ?? found?.querySelector("details");
  if (fold) fold.open = true;
  const control = "input, textarea, select";
  const focus = found?.matches(control) ? found : (found?.querySelector(control) ?? found);
  focus?.focus();
  return undefined;
}
