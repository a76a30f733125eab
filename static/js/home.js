// Comforts of the lists: rename in a dialog, filter while typing, times in the reader's own zone.
// Without this script the lists still work; only rename is then left to the editor.
"use strict";

(() => {
  const FILTER_DELAY_MS = 200;

  const prepare = () => {
    for (const button of document.querySelectorAll("[data-rename]")) button.hidden = false;
    for (const time of document.querySelectorAll("time[datetime]")) {
      time.title = new Date(time.dateTime).toLocaleString(document.documentElement.lang);
    }
    for (const avatar of document.querySelectorAll("#documents [data-color]")) {
      avatar.style.setProperty("--avatar", avatar.dataset.color);
    }
  };
  prepare();

  const dialog = document.querySelector("#rename");
  if (dialog) {
    const input = dialog.querySelector("input[name=title]");
    let opener = null;
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-rename]");
      if (!button) return;
      const menu = button.closest("details");
      menu.open = false;
      opener = menu.querySelector("summary");
      dialog.querySelector("form").action = button.dataset.rename;
      input.value = button.dataset.title;
      dialog.showModal();
      input.select();
    });
    dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    // The button that opened the dialog is hidden in its menu again: focus goes to the menu.
    dialog.addEventListener("close", () => opener?.focus());
  }

  const filter = document.querySelector("[data-filter]");
  if (filter) {
    let timer = 0;
    let running = null;
    const show = async () => {
      const url = new URL(filter.action);
      const text = filter.elements.q.value.trim();
      if (text) url.searchParams.set("q", text);
      running?.abort();
      running = new AbortController();
      try {
        const response = await fetch(url, { signal: running.signal });
        if (!response.ok || response.redirected) return location.assign(url);
        const page = new DOMParser().parseFromString(await response.text(), "text/html");
        document.querySelector("#documents").replaceWith(page.querySelector("#documents"));
        // A status is read out when its own text changes, so the element itself stays.
        const count = "[data-count]";
        document.querySelector(count).textContent = page.querySelector(count).textContent;
        history.replaceState(null, "", url);
        prepare();
      } catch (error) {
        if (error.name !== "AbortError") filter.submit();
      }
    };
    filter.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(show, FILTER_DELAY_MS);
    });
    filter.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(timer);
      void show();
    });
  }
})();
