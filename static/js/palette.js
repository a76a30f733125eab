// The palette (Ctrl/Cmd+K): go anywhere, or find a document by its title and content, without leaving the keyboard.
"use strict";

(() => {
  const { $, $$, api, csrf, say, h } = window.scriptoriumHome;
  const DELAY_MS = 120;
  const HITS = 8;

  const marked = (pieces) =>
    pieces.map(({ text, is_match: isMatch }) => (isMatch ? h("mark", {}, text) : text));

  const places = () => [
    {
      text: say("newDocument"),
      run: () => {
        const token = h("input", { type: "hidden", name: "csrfmiddlewaretoken", value: csrf() });
        const form = h("form", { method: "post", action: "/new/", hidden: true }, token);
        document.body.append(form);
        form.submit();
      },
    },
    ...$$("#places a.place").map((link) => ({ text: link.textContent.trim(), href: link.href })),
  ];

  const open = () => {
    if ($("dialog[open]")) return;
    let entries = [];
    let at = 0;
    let timer = 0;
    let asked = 0;
    const list = h("ul", { class: "palette-list", role: "listbox", id: "palette-list", "aria-label": say("search") });
    const input = h("input", {
      class: "palette-input",
      type: "text",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": list.id,
      "aria-autocomplete": "list",
      "aria-label": say("search"),
      placeholder: say("palettePlaceholder"),
      autocomplete: "off",
      spellcheck: "false",
      maxlength: "200",
    });
    const status = h("p", { class: "visually-hidden", role: "status" });
    const dialog = h("dialog", { class: "palette", "aria-label": say("search") }, input, list, status);

    const go = (entry) => {
      dialog.close();
      if (entry.href) location.assign(entry.href);
      else entry.run();
    };
    const draw = () => {
      const options = entries.map((entry, place) =>
        h(
          "li",
          {
            role: "option",
            id: `palette-${place}`,
            "aria-selected": String(place === at),
            click: () => go(entry),
            mousemove: () => {
              if (at === place) return;
              at = place;
              mark();
            },
          },
          h("span", { class: "palette-title" }, ...(entry.title ?? [entry.text])),
          ...(entry.excerpt?.length ? [h("span", { class: "palette-excerpt" }, ...entry.excerpt)] : []),
        ),
      );
      list.replaceChildren(...options);
      mark();
    };
    const mark = () => {
      for (const [place, option] of [...list.children].entries()) {
        option.setAttribute("aria-selected", String(place === at));
        if (place === at) option.scrollIntoView({ block: "nearest" });
      }
      if (entries.length) input.setAttribute("aria-activedescendant", `palette-${at}`);
      else input.removeAttribute("aria-activedescendant");
    };
    const show = async () => {
      const typed = input.value.trim();
      const turn = ++asked;
      const matching = places().filter(({ text }) => text.toLowerCase().includes(typed.toLowerCase()));
      let found = [];
      let total = 0;
      if (typed) {
        try {
          const answer = await api(`/search?q=${encodeURIComponent(typed)}&limit=${HITS}`);
          total = answer.total;
          found = answer.results.map(({ document: doc, title, excerpt }) => ({
            text: doc.title,
            href: `/d/${doc.id}/#find=${encodeURIComponent(typed)}`,
            title: title.length ? marked(title) : [say("untitled")],
            excerpt: marked(excerpt),
          }));
        } catch {
          found = [];
        }
        found.push({ text: say("searchAll", { typed }), href: `/search/?q=${encodeURIComponent(typed)}` });
      }
      if (turn !== asked) return; // what was typed since has asked anew
      entries = [...found.slice(0, -1), ...matching, ...found.slice(-1)];
      at = 0;
      status.textContent = typed ? say("hits", { count: total }) : "";
      draw();
    };

    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(show, DELAY_MS);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && entries.length) {
        event.preventDefault();
        at = (at + step + entries.length) % entries.length;
        mark();
      } else if (event.key === "Enter") {
        event.preventDefault();
        if (entries[at]) go(entries[at]);
      }
    });
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    dialog.showModal();
    void show();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-palette]") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    open();
  });
})();
