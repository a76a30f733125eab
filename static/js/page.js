// What every page needs before the first paint and a few habits of menus. A classic script in <head>,
// because a theme that comes late flashes; no inline script, because the content security policy forbids it.
"use strict";

(() => {
  const KEY = "scriptorium.theme";
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  const chosen = () => {
    try {
      const theme = window.localStorage.getItem(KEY);
      if (theme === "dark" || theme === "light") return theme;
    } catch {
      // Storage may be forbidden; the choice in the profile, or the system's, stands.
    }
    return root.dataset.userTheme ?? null;
  };

  const show = () => {
    const theme = chosen();
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    root.dataset.themeNow = theme ?? (system.matches ? "dark" : "light");
    for (const button of document.querySelectorAll("[data-theme-toggle]")) {
      button.setAttribute("aria-pressed", String(root.dataset.themeNow === "dark"));
    }
  };

  const toggle = () => {
    const next = root.dataset.themeNow === "dark" ? "light" : "dark";
    const bySystem = system.matches ? "dark" : "light";
    try {
      // Choosing what the system shows anyway means following the system again.
      if (next === bySystem) window.localStorage.removeItem(KEY);
      else window.localStorage.setItem(KEY, next);
    } catch {
      root.dataset.theme = next;
      root.dataset.themeNow = next;
      return;
    }
    show();
  };

  show();
  system.addEventListener("change", show);
  window.addEventListener("storage", (event) => event.key === KEY && show());

  // A style attribute would break the policy; the property set by script does not.
  const colour = () => {
    for (const element of document.querySelectorAll("[data-color]")) {
      if (/^#[0-9a-f]{6}$/i.test(element.dataset.color)) {
        element.style.setProperty("--avatar", element.dataset.color);
      }
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    show();
    colour();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-theme-toggle]")) toggle();
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
})();
