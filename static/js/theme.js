/**
 * Colours: automatic, light or dark. Runs before the first paint, so that a chosen theme does not flash.
 */
(() => {
  const root = document.documentElement;
  const names = ["auto", "light", "dark"];
  const stored = () => names.find((name) => name === localStorage.getItem("theme")) ?? "auto";

  /** @param {string} name */
  function wear(name) {
    if (name === "auto") delete root.dataset.theme;
    else root.dataset.theme = name;
  }

  root.classList.add("js");
  wear(stored());

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    const label = document.querySelector("[data-theme-name]");
    if (!(button instanceof HTMLButtonElement) || !label) return;
    button.hidden = false;
    label.textContent = stored();
    button.addEventListener("click", () => {
      const next = names[(names.indexOf(stored()) + 1) % names.length];
      localStorage.setItem("theme", next);
      wear(next);
      label.textContent = next;
    });
  });
})();
