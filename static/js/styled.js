/**
 * The stylesheet of what is loaded late, loaded with it.
 */

/** @type {Promise<unknown> | null} */
let loading = null;

/** Resolves when the comparison's stylesheet is there; without it everything still works, only plainer. */
export function styled() {
  loading ??= new Promise((ready) => {
    const href = document.getElementById("room")?.dataset.compareCss ?? new URL("../css/compare.css", import.meta.url).href;
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href, onload: ready, onerror: ready });
    document.head.append(link);
  });
  return loading;
}
