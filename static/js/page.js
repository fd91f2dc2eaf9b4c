/**
 * What every page does: it wears the chosen colours, closes menus, lets a keyboard reach what scrolls by itself, and
 * remembers that covered texts are to be shown. Runs before the first paint, so that a chosen theme does not flash.
 */
(() => {
  const root = document.documentElement;
  const names = ["auto", "light", "dark"];
  const chosen = () => names.find((name) => name === localStorage.getItem("theme")) ?? "auto";

  /** @param {string} name */
  function wear(name) {
    if (name === "auto") delete root.dataset.theme;
    else root.dataset.theme = name;
  }

  /** @param {string} name */
  function showName(name) {
    for (const label of document.querySelectorAll("[data-theme-name]")) label.hidden = label.dataset.themeName !== name;
  }

  function openThemes() {
    const button = document.querySelector("[data-theme-toggle]");
    if (!(button instanceof HTMLButtonElement)) return;
    button.hidden = false;
    showName(chosen());
    button.addEventListener("click", () => {
      const next = names[(names.indexOf(chosen()) + 1) % names.length];
      localStorage.setItem("theme", next);
      wear(next);
      showName(next);
    });
  }

  // A menu closes as menus do: by Escape, which leads back to its name, and by a press beside it.
  function closeMenus() {
    const openMenus = () => document.querySelectorAll(".menu[open]");
    document.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape") return;
      for (const menu of openMenus()) {
        if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
        menu.open = false;
      }
    });
    document.addEventListener("click", ({ target }) => {
      for (const menu of openMenus()) if (!menu.contains(target)) menu.open = false;
    });
  }

  // Boxes that scroll by themselves: in the order of tabs only while there is something to scroll, and shaded where there is more.
  const boxes = ".scroll, .project-nav, .section-nav, .formula, .prose pre, .opening pre, .document pre, pre.raw, [data-scrolls]";
  const controls = "a[href], button, input, select, textarea, summary";
  const sizes = new ResizeObserver((entries) => entries.forEach((entry) => letReach(entry.target)));

  /** @param {Element} box */
  function letReach(box) {
    const more = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    const scrolls = more && /auto|scroll/.test(getComputedStyle(box).overflow);
    if (scrolls && !box.querySelector(controls)) box.setAttribute("tabindex", "0");
    else if (box.getAttribute("tabindex") === "0") box.removeAttribute("tabindex");
    showMore(box);
  }

  /** Which of its sides hide something. Whatever way a text runs, it is scrolled away from where it begins. @param {Element} box */
  function showMore(box) {
    const before = Math.abs(box.scrollLeft);
    const after = box.scrollWidth - box.clientWidth - before;
    box.toggleAttribute("data-more-before", before > 1);
    box.toggleAttribute("data-more-after", after > 1);
  }

  // The page one is on stands in the middle of its row, where the row is longer than the window.
  function showHere() {
    const middle = (one) => one.getBoundingClientRect().left + one.clientWidth / 2;
    for (const here of document.querySelectorAll(":is(.project-nav, .section-nav) [aria-current]")) {
      here.parentElement.scrollLeft += middle(here) - middle(here.parentElement);
    }
  }

  /** @param {ParentNode} part */
  function watchBoxes(part) {
    for (const box of part.querySelectorAll(boxes)) sizes.observe(box);
  }

  // Texts covered as sensitive: "for this session" lives as long as the tab.
  function uncover() {
    const asked = document.getElementById("uncover");
    if (asked instanceof HTMLInputElement && sessionStorage.getItem("uncover") === "yes") {
      asked.checked = true;
      const always = document.querySelector("[data-uncover-always]");
      if (always instanceof HTMLInputElement) always.checked = true;
    }
  }

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement)) return;
    const always = document.querySelector("[data-uncover-always]");
    if (box.matches("[data-uncover-always]")) {
      sessionStorage.setItem("uncover", box.checked ? "yes" : "no");
      if (box.checked) uncover();
    } else if (box.id === "uncover" && !box.checked) {
      sessionStorage.removeItem("uncover");
      if (always instanceof HTMLInputElement) always.checked = false;
    }
  });

  /** @param {MutationRecord[]} changes */
  function watchNewParts(changes) {
    const parts = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node instanceof Element);
    for (const part of parts) {
      if (part.matches(boxes)) sizes.observe(part);
      watchBoxes(part);
    }
    if (parts.some((part) => part.id === "uncover" || part.querySelector("#uncover"))) uncover();
  }

  // The times on pages are the reader's own (apps.core.local_time); the first page after a journey still shows the old.
  const zone = `tz=${Intl.DateTimeFormat().resolvedOptions().timeZone}`;
  if (!document.cookie.split("; ").includes(zone)) document.cookie = `${zone}; path=/; max-age=31536000; samesite=lax`;

  // Whoever signs out leaves none of their work in this browser; nor does one who never did, once another signs in.
  function forgetWork() {
    for (const key of Object.keys(localStorage)) if (/^(draft:|stretch$|pasted$)/.test(key)) localStorage.removeItem(key);
  }
  document.addEventListener("submit", ({ target }) => {
    if (!target.matches("[data-sign-out]")) return;
    document.dispatchEvent(new Event("signing-out"));
    forgetWork();
  });
  function noteReader() {
    const { reader } = document.body.dataset;
    if (!reader || localStorage.getItem("reader") === reader) return;
    if (localStorage.getItem("reader")) forgetWork();
    localStorage.setItem("reader", reader);
  }

  root.classList.add("js");
  wear(chosen());
  document.addEventListener("DOMContentLoaded", () => {
    noteReader();
    openThemes();
    closeMenus();
    watchBoxes(document);
    showHere();
    document.addEventListener("scroll", ({ target }) => target instanceof Element && target.matches(boxes) && showMore(target), { capture: true, passive: true });
    uncover();
    new MutationObserver(watchNewParts).observe(document.body, { childList: true, subtree: true });
  });
})();
