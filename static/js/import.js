// Several files become documents: chosen or dropped, one request each, with its progress; what cannot be read is named.
"use strict";

(() => {
  const { $, csrf, say, h, refresh, toast, isDragging } = window.scriptoriumHome;
  const listing = $("[data-listing]");
  const hint = $("[data-drop-hint]");
  const ACCEPT = ".md,.markdown,.html,.htm,.txt,.json,.docx,.odt,.zip";
  const mayImport = () => listing.hasAttribute("data-may-fill") && listing.dataset.view !== "trash";

  /** Send one file; the answer names what became of each document in it. */
  const send = (file, onProgress) =>
    new Promise((resolve) => {
      const body = new FormData();
      body.append("file", file);
      if (listing.dataset.folder) body.append("folder", listing.dataset.folder);
      const request = new XMLHttpRequest();
      const fail = (why) => resolve([{ name: file.name, document: null, error: why }]);
      request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(total ? loaded / total : 0));
      request.addEventListener("error", () => fail(say("importOffline")));
      request.addEventListener("load", () => {
        let answer = null;
        try {
          answer = JSON.parse(request.responseText);
        } catch {
          return fail(request.statusText);
        }
        if (request.status === 200 || request.status === 201) resolve(answer.results);
        else fail(answer.errors?.[0]?.detail ?? answer.detail);
      });
      request.open("POST", "/api/v1/documents/import");
      request.setRequestHeader("X-CSRFToken", csrf());
      request.send(body);
    });

  const take = async (files) => {
    if (files.length === 0) return;
    const list = h("ul", { class: "import-list" });
    const rows = files.map((file) => {
      const bar = h("progress", { max: "1", value: "0", "aria-label": file.name });
      const state = h("span", { class: "muted small" }, say("importWaiting"));
      const row = h("li", {}, h("span", { class: "import-name" }, file.name), state, bar);
      list.append(row);
      return { file, bar, state, row };
    });
    const total = h("p", { role: "status", class: "small" });
    const close = h("button", { type: "button", class: "button primary", click: () => dialog.close() }, say("cancel"));
    const dialog = h(
      "dialog",
      { class: "dialog", "aria-labelledby": "import-title", close: () => dialog.remove() },
      h("div", { class: "dialog-head" }, h("h2", { id: "import-title" }, say("importTitle"))),
      list,
      total,
      h("div", { class: "dialog-foot" }, close),
    );
    document.body.append(dialog);
    dialog.showModal();
    let made = 0;
    let failed = 0;
    for (const { file, bar, state, row } of rows) {
      if (!dialog.open) break; // closed by the person: what is not sent yet is left
      state.textContent = say("importing");
      const results = await send(file, (part) => {
        bar.value = part;
        if (part === 1) bar.removeAttribute("value"); // sent; the server reads it
      });
      bar.remove();
      const errors = results.filter((result) => result.error !== null);
      made += results.length - errors.length;
      failed += errors.length;
      state.textContent = errors.length ? "✗" : "✓";
      state.className = errors.length ? "is-failed" : "is-ok";
      if (errors.length) {
        row.append(h("ul", { class: "import-failures" }, ...errors.map((e) => h("li", {}, `${e.name}: ${e.error}`))));
      }
      const warnings = results.flatMap(({ name, warnings: said }) => (said ?? []).map((text) => `${name}: ${text}`));
      if (warnings.length) {
        row.append(h("ul", { class: "import-warnings muted small" }, ...warnings.map((text) => h("li", {}, text))));
      }
      total.textContent = (made === 1 ? say("importDoneOne") : say("importDone", { count: made })) + (failed ? ` · ${say("importFailed", { count: failed })}` : "");
    }
    // Whoever closes the dialog finds the list with what was made.
    try {
      await refresh();
    } catch (error) {
      toast(say("failed", { why: error.message }));
    }
    close.textContent = say("importClose");
  };

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-import]")) return;
    const input = h("input", { type: "file", multiple: true, accept: ACCEPT, hidden: true });
    input.addEventListener("change", () => {
      void take([...input.files]);
      input.remove();
    });
    input.addEventListener("cancel", () => input.remove());
    document.body.append(input);
    input.click();
  });

  const isFiles = (event) => !isDragging() && [...(event.dataTransfer?.types ?? [])].includes("Files") && mayImport();
  document.addEventListener("dragover", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    hint.hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) hint.hidden = true;
  });
  document.addEventListener("drop", (event) => {
    hint.hidden = true;
    if (!isFiles(event)) return;
    event.preventDefault();
    void take([...event.dataTransfer.files]);
  });
})();
