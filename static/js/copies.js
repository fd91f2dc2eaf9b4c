/**
 * What this browser kept because it could not be saved in time: put back into the room when it is opened again.
 */
import { say } from "./say.js";

const KEEP = 7 * 86_400_000; // milliseconds

/** @typedef {{revision: number, fields: Record<string, string>, at: number}} Copy */

/**
 * @param {HTMLElement} room @param {HTMLFormElement} form
 * @param {string} prefix @param {string} url  together the name of this task's copy
 * @param {number} revision  of the page's draft
 * @param {{drop: () => void, use: () => void}} saver  to forget the copy, or to save what it put in
 */
export function openCopies(room, form, prefix, url, revision, saver) {
  tidy(prefix);
  const copy = JSON.parse(localStorage.getItem(prefix + url) ?? "null");
  if (!copy) return undefined;
  if (!differs(form, copy.fields)) return saver.drop();
  const time = new Date(copy.at).toLocaleTimeString([], { hour12: false });
  const take = () => {
    fill(form, copy.fields);
    saver.use();
  };
  if (copy.revision >= revision) {
    take();
    return notice(room, say("Your last changes of {time} had not reached the server. This browser had kept them: they are back.", { time }));
  }
  const box = notice(room, say("This browser kept changes of {time} that had not reached the server. A newer draft was saved since, and is what you see.", { time }));
  box.querySelector(".actions").append(
    button(say("Take the changes instead"), () => { take(); box.remove(); }),
    button(say("Forget them"), () => { saver.drop(); box.remove(); }),
  );
  return undefined;
}

/** Copies that nobody came back for go, and so does what is none. */
function tidy(prefix) {
  for (const key of Object.keys(localStorage).filter((key) => key.startsWith(prefix))) {
    try {
      const { at } = JSON.parse(localStorage.getItem(key));
      if (Math.abs(Date.now() - at) > KEEP) localStorage.removeItem(key);
    } catch {
      localStorage.removeItem(key);
    }
  }
}

function button(text, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "button small", textContent: text });
  made.addEventListener("click", act);
  return made;
}

function notice(room, text) {
  const box = Object.assign(document.createElement("div"), { className: "banner" });
  box.setAttribute("role", "status");
  const actions = Object.assign(document.createElement("div"), { className: "actions" });
  box.append(Object.assign(document.createElement("p"), { textContent: text }), actions);
  room.querySelector("#banner").after(box);
  return box;
}

/** @returns {[string, HTMLElement[]][]} */
function controls(form) {
  const named = new Map();
  for (const control of form.elements) {
    if (!control.name || ["csrfmiddlewaretoken", "revision", "activity", "ahead"].includes(control.name)) continue;
    named.set(control.name, [...(named.get(control.name) ?? []), control]);
  }
  return [...named];
}

const valueOf = (group) =>
  ["radio", "checkbox"].includes(group[0].type) ? (group.find((one) => one.checked)?.value ?? "") : group[0].value;

function differs(form, fields) {
  return controls(form).some(([name, group]) => valueOf(group) !== (fields[name] ?? ""));
}

/** As if the labeler had done it: every change is told, so that the ladder and the tallies follow. */
function fill(form, fields) {
  for (const [name, group] of controls(form)) {
    const value = fields[name] ?? "";
    if (valueOf(group) === value) continue;
    if (["radio", "checkbox"].includes(group[0].type)) for (const one of group) one.checked = one.value === value;
    else group[0].value = value;
    const target = group.find((one) => one.checked) ?? group[0];
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
