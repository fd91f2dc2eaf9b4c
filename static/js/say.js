/**
 * Sentences in the reader's language. The page carries the translations of those that have one
 * (`apps/labeling/room_texts.py` lists them all); without one the English sentence is said.
 */
const catalogue = JSON.parse(document.getElementById("texts")?.textContent || "{}");

/** `say("Rank {n} of {m}", {n: 2, m: 7})`. @param {string} sentence @param {Record<string, string | number>} [values] */
export function say(sentence, values = {}) {
  return (catalogue[sentence] ?? sentence).replace(/\{(\w+)\}/g, (hole, name) => String(values[name] ?? hole));
}
