/**
 * The guideline's drawer opens at the rule for what is in the focus: the heading that shares most words with its label.
 */
const STEM = 4; // letters that decide, so that "Rank" finds "Ranking"; shorter words say nothing

/** What the focus is on, in words; "" where there is no rule to look for. @param {Element | null} focused */
export function subjectOf(focused) {
  const group = focused?.closest(".flag, .scale, .field");
  if (group) return group.querySelector("legend, label")?.textContent ?? "";
  return focused?.closest("#step-rank")?.querySelector(".step-heading")?.textContent ?? "";
}

/** @param {HTMLElement} drawer @param {string} subject */
export function showRule(drawer, subject) {
  const text = drawer.querySelector("#guideline-text");
  // The text is fetched when the drawer is first opened.
  if (!text.childElementCount) return text.addEventListener("htmx:afterSettle", () => showRule(drawer, subject), { once: true });
  for (const old of text.querySelectorAll(".rule")) old.classList.remove("rule");
  const rule = bestOf([...text.querySelectorAll("h1, h2, h3, h4")], subject);
  if (!rule) return undefined;
  rule.classList.add("rule");
  const body = drawer.querySelector(".drawer-body");
  body.scrollTop += rule.getBoundingClientRect().top - body.getBoundingClientRect().top - 16;
  return undefined;
}

/** @param {Element[]} headings @param {string} subject */
function bestOf(headings, subject) {
  const wanted = stems(subject);
  const shared = (heading) => [...stems(heading.textContent)].filter((stem) => wanted.has(stem)).length;
  const best = headings.reduce((one, other) => (shared(other) > shared(one) ? other : one), headings[0]);
  return best && shared(best) ? best : null;
}

function stems(words) {
  const found = words.toLowerCase().match(/\p{L}+/gu) ?? [];
  return new Set(found.filter((word) => word.length >= STEM).map((word) => word.slice(0, STEM)));
}
