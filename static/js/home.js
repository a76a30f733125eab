// The home page: menus, dialogs, selection, drag and drop, the instant filter. All that is done is done over REST,
// and the list is then fetched anew; without this script the lists, the filter and the sorting still work.
"use strict";

(() => {
  const FILTER_DELAY_MS = 200;
  const TOAST_MS = 5000;
  const UNDO_MS = 12000;
  const API = "/api/v1";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const words = JSON.parse($("#words").textContent);
  const csrf = () => $("meta[name=csrf-token]")?.content ?? $("input[name=csrfmiddlewaretoken]")?.value ?? "";

  /** Return the words of this name, with what stands in braces filled in. */
  const say = (name, values = {}) =>
    words[name].replace(/\{(\w+)\}/g, (whole, key) => String(values[key] ?? whole));

  const h = (tag, props = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (typeof value === "boolean") element.toggleAttribute(name, value);
      else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== false));
    return element;
  };

  const api = async (path, method = "GET", body = undefined) => {
    const headers = { "X-CSRFToken": csrf(), Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const answer = await fetch(API + path, { method, headers, body: JSON.stringify(body) });
    const value = answer.status === 204 ? null : await answer.json();
    if (!answer.ok) throw new Error(value?.errors?.[0]?.detail ?? value?.detail ?? answer.statusText);
    return value;
  };

  let toastTimer = 0;
  /** Say something for a while; `undo`, where it is given, takes back what is told of. */
  const toast = (text, undo = undefined) => {
    const box = $("[data-toast]");
    if (!box) return;
    const hide = () => {
      box.hidden = true;
    };
    const back = () => {
      hide();
      undo();
    };
    const button = undo && h("button", { type: "button", class: "button", click: back }, say("undo"));
    box.replaceChildren(text, ...(button ? [" ", button] : []));
    box.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(hide, undo ? UNDO_MS : TOAST_MS);
  };

  // -- the list ----------------------------------------------------------------------------------

  const rowOf = (element) => element?.closest?.("[data-document]") ?? null;
  const may = (row, what) => row.dataset.may.split(" ").includes(what);
  const picked = () => $$("[data-document]").filter((row) => $(".pick", row)?.checked);

  const prepare = (root) => {
    for (const time of $$("time[datetime]", root)) {
      time.title = new Date(time.dateTime).toLocaleString(document.documentElement.lang);
    }
    for (const avatar of $$("[data-color]", root)) {
      avatar.style.setProperty("--avatar", avatar.dataset.color);
    }
  };

  const parsed = async (url, signal) => {
    const answer = await fetch(url, { signal });
    if (!answer.ok || answer.redirected) {
      location.assign(url);
      return null;
    }
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  // Nothing is replaced under a pointer that is down: a press on what is gone begins no click and no drag.
  let isPressed = false;
  const whenReleased = [];
  const release = () => {
    isPressed = false;
    // After the click or the drop that belongs to the release.
    setTimeout(() => {
      if (!isPressed) for (const go of whenReleased.splice(0)) go();
    });
  };
  addEventListener("pointerdown", (event) => (isPressed = event.pointerType !== "touch"), true);
  for (const end of ["pointerup", "dragend", "drop"]) addEventListener(end, release, true);
  // Of the window: a press takes the focus from what had it, and that is no release.
  addEventListener("blur", (event) => event.target === window && release(), true);
  // A drag takes the pointer away: it ends by its own event.
  addEventListener("pointercancel", () => dragged === null && release(), true);
  const released = () => (isPressed ? new Promise((resolve) => whenReleased.push(resolve)) : undefined);

  // Answers can overtake one another: none is shown after one that was asked for later.
  let askedCount = 0;
  let shownCount = 0;

  /** Show the list as it is now at `url`; the places beside it too. */
  const refresh = async (url = location.href, signal = undefined) => {
    askedCount += 1;
    const number = askedCount;
    const page = await parsed(url, signal);
    await released();
    if (!page || number < shownCount) return;
    shownCount = number;
    // What was selected while the answer was on its way stays selected.
    const kept = new Set(picked().map((row) => row.dataset.document));
    for (const part of ["#documents", ".listing-title"]) {
      const there = $(part);
      const fresh = $(part, page);
      if (there && fresh) there.replaceWith(fresh);
    }
    const open = new Set($$(".twist[aria-expanded=true]").map((t) => t.closest(".folder").dataset.folderNode));
    const places = $("#places", page);
    for (const node of $$(".folder", places)) {
      if (open.has(node.dataset.folderNode)) unfold($(".twist", node), true);
    }
    places.classList.toggle("is-open", $("#places").classList.contains("is-open"));
    $("#places").replaceWith(places);
    // A status is read out when its own text changes, so the element itself stays.
    const count = "[data-count]";
    if ($(count)) $(count).textContent = $(count, page).textContent;
    for (const row of $$("[data-document]")) $(".pick", row).checked = kept.has(row.dataset.document);
    prepare(document);
    showSelection();
    watchMore();
  };

  // What was asked for and is not answered yet, and what the list does not show yet. A page that is left sends no more
  // requests, so leaving waits for the first; whoever chooses among what the list shows waits for both.
  const unanswered = new Set();
  const unshown = new Set();
  const track = (set, promise) => {
    set.add(promise);
    return promise.finally(() => set.delete(promise));
  };
  const allOf = async (set) => {
    while (set.size) await Promise.all(set);
  };

  /** Do `work` and show the list anew; true where the work succeeded. Never throws: what fails is said. */
  const act = (work, done = "", undo = undefined) => {
    const tried = async (what) => {
      try {
        await what();
        return true;
      } catch (error) {
        toast(say("failed", { why: error.message }));
        return false;
      }
    };
    const working = track(
      unanswered,
      tried(async () => {
        await work();
        if (done) toast(done, undo);
      }),
    );
    return track(
      unshown,
      working.then(async (isDone) => {
        await tried(refresh);
        return isDone;
      }),
    );
  };

  /** Wait for the answers; false where something failed: then the page stays, and says so. */
  const mayLeave = async () => (await Promise.all(unanswered)).every(Boolean);

  /** Return the rows as they are shown after all that is under way. */
  const rowsNow = async (rows) => {
    await allOf(unshown);
    return rows.map((row) => (row.isConnected ? row : ($(`[data-document="${row.dataset.document}"]`) ?? row)));
  };

  addEventListener("beforeunload", (event) => unanswered.size && event.preventDefault());
  addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[href]:not([download], [target])");
    const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!link || !isPlain || event.defaultPrevented || unanswered.size === 0) return;
    event.preventDefault();
    if (await mayLeave()) location.assign(link.href);
  });
  addEventListener("submit", async (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.closest("dialog") || unanswered.size === 0) return;
    event.preventDefault();
    if (!(await mayLeave())) return;
    if (!form.isConnected) document.body.append(form); // the list was replaced meanwhile
    form.requestSubmit(submitter);
  });

  /** Do `work` with each of `rows`; say which ones failed. */
  const each = (rows, work, done, undo = undefined) =>
    act(async () => {
      const failed = [];
      for (const row of rows) {
        try {
          await work(row);
        } catch {
          failed.push(row.dataset.title);
        }
      }
      if (failed.length) throw new Error(failed.join(", "));
    }, done, undo);

  const more = async (link) => {
    link.removeAttribute("data-more");
    link.setAttribute("aria-busy", "true");
    const page = await parsed(link.href);
    // The list may be another one by now, with a link of its own.
    if (!page || !link.isConnected) return;
    const rows = $$("[data-document]", page);
    const first = rows[0];
    $("[data-rows]").append(...rows);
    const following = $("[data-more]", page)?.closest(".more");
    const hadFocus = document.activeElement === link;
    if (following) link.closest(".more").replaceWith(following);
    else link.closest(".more").remove();
    prepare(document);
    if (hadFocus) $("a.row-title", first)?.focus();
    watchMore();
  };

  const sight = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting && target.hasAttribute("data-more")) void more(target);
    }
  });
  const watchMore = () => {
    sight.disconnect();
    const link = $("[data-more]");
    if (link) sight.observe(link);
  };

  // -- dialogs -----------------------------------------------------------------------------------

  /**
   * Show a dialog with `content`; the answer is what `read` returns when it is confirmed, or null. Where everything in
   * it is done at once there is nothing to take back: then it is no question.
   */
  const ask = (title, content, button, read = () => true, isQuestion = true) =>
    new Promise((resolve) => {
      const before = document.activeElement;
      const dialog = h(
        "dialog",
        { class: "dialog", "aria-labelledby": "dialog-title" },
        h(
          "form",
          {
            submit: (event) => {
              event.preventDefault();
              end(read());
            },
          },
          h("div", { class: "dialog-head" }, h("h2", { id: "dialog-title" }, title)),
          content,
          h(
            "div",
            { class: "dialog-foot" },
            isQuestion &&
              h("button", { type: "button", class: "button quiet", click: () => end(null) }, say("cancel")),
            h("button", { type: "submit", class: "button primary" }, button),
          ),
        ),
      );
      const end = (answer) => {
        dialog.remove();
        before?.isConnected && before.focus();
        resolve(answer);
      };
      dialog.addEventListener("cancel", () => end(null));
      document.body.append(dialog);
      dialog.showModal();
      $("input:not([type=radio])", dialog)?.select();
    });

  const confirm = (question, button) => ask(question, h("p", { class: "visually-hidden" }), button);

  const askText = async (title, label, value, button) => {
    const input = h("input", { class: "input", id: "dialog-input", value, maxlength: "255", autocomplete: "off" });
    const field = h("div", { class: "field" }, h("label", { for: input.id }, label), input);
    return ask(title, field, button, () => input.value.trim());
  };

  const folders = () => $$("#places a[data-folder]");
  const askFolder = async (title, excluded = new Set()) => {
    await allOf(unshown);
    const option = (id, name, depth, isOff) =>
      h(
        "label",
        { class: `folder-option depth-${Math.min(depth, 6)}` },
        h("input", { type: "radio", name: "folder", value: id, required: true, disabled: isOff }),
        h("span", {}, name),
      );
    const depthOf = (link) => {
      let depth = 0;
      for (let node = link.closest(".folder"); node; node = node.parentElement.closest(".folder")) depth += 1;
      return depth - 1;
    };
    const list = h(
      "fieldset",
      { class: "folder-options" },
      h("legend", { class: "visually-hidden" }, say("folder")),
      option("", say("noFolder"), 0, false),
      ...folders().map((link) => {
        const isOff = !["owner", "editor"].includes(link.dataset.role) || excluded.has(link.dataset.folder);
        return option(link.dataset.folder, link.dataset.name, depthOf(link), isOff);
      }),
    );
    const chosen = await ask(title, list, say("move"), () => $("input:checked", list)?.value ?? null);
    return chosen === null ? undefined : chosen || null;
  };

  // -- what is done with documents ---------------------------------------------------------------

  const path = (row) => `/documents/${row.dataset.document}`;
  const DO = {
    async rename(row) {
      const [now] = await rowsNow([row]);
      const title = await askText(say("renameDocument"), say("title"), now.dataset.title, say("rename"));
      if (title !== null) await act(() => api(path(row), "PATCH", { title }));
    },
    async move(rows) {
      const folder = await askFolder(say("moveTo"));
      if (folder !== undefined) await each(rows, (row) => api(path(row), "PATCH", { folder }), say("moved"));
    },
    async tags(chosen) {
      const rows = await rowsNow(chosen);
      const known = rows.map((row) => new Set(row.dataset.tags.split(",").filter(Boolean)));
      const shared = [...known[0]].filter((tag) => known.every((tags) => tags.has(tag)));
      const typed = await askText(say("tags"), say("tagsHelp"), shared.join(", "), say("save"));
      if (typed === null) return;
      const wanted = typed.split(/[,，、]/).map((tag) => tag.trim().toLowerCase()).filter(Boolean);
      // Of several documents each keeps the tags that it has for itself.
      const own = (tags) => [...tags].filter((tag) => !shared.includes(tag));
      await each(rows, (row) =>
        api(`${path(row)}/tags`, "PUT", { tags: [...new Set([...own(known[rows.indexOf(row)]), ...wanted])] }),
      );
    },
    async duplicate(row) {
      await act(() => api(`${path(row)}/duplicate`, "POST", {}), say("copied"));
    },
    async template(row) {
      await act(() => api(`${path(row)}/duplicate`, "POST", { as_template: true }), say("templateMade"));
    },
    async use(row) {
      try {
        const made = await api(`${path(row)}/duplicate`, "POST", {});
        location.assign(`/d/${made.id}/`);
      } catch (error) {
        toast(say("failed", { why: error.message }));
      }
    },
    async trash(rows) {
      const undo = () => void DO.restore(rows);
      await each(rows, (row) => api(path(row), "DELETE"), say("trashed", { count: rows.length }), undo);
    },
    async restore(rows) {
      await each(rows, (row) => api(`${path(row)}/restore`, "POST"), say("restored"));
    },
    async purge(rows) {
      const question = say("purgeQuestion", { count: rows.length });
      if (await confirm(question, say("purge"))) await each(rows, (row) => api(`${path(row)}/purge`, "POST"));
    },
    async star(row) {
      const button = $("[data-star]", row);
      const isStarred = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(isStarred));
      row.toggleAttribute("data-starred", isStarred);
      await act(() => api(`${path(row)}/star`, "PUT", { is_starred: isStarred }));
    },
    export(rows) {
      const ids = rows.map((row) => row.dataset.document);
      download(`${API}/export?${ids.map((id) => `document=${id}`).join("&")}`);
    },
  };

  const download = (href) => {
    const link = h("a", { href, download: true, hidden: true });
    document.body.append(link);
    link.click();
    link.remove();
  };

  // -- menus: one, made where it is asked for ----------------------------------------------------

  const openMenu = (button, items) => {
    closeMenu();
    const close = (isDone) => {
      menu.remove();
      removeEventListener("scroll", gone, true);
      button.setAttribute("aria-expanded", "false");
      if (isDone && button.isConnected) button.focus();
    };
    const gone = () => close(false);
    const menu = h(
      "div",
      {
        class: "menu-panel floating",
        role: "menu",
        "aria-label": button.getAttribute("aria-label"),
        keydown: (event) => {
          const entries = $$("[role=menuitem]", menu);
          const at = entries.indexOf(document.activeElement);
          const to = {
            ArrowDown: (at + 1) % entries.length,
            ArrowUp: (at - 1 + entries.length) % entries.length,
            Home: 0,
            End: entries.length - 1,
          }[event.key];
          if (to !== undefined) entries[to].focus();
          else if (event.key === "Escape" || event.key === "Tab") close(true);
          else return;
          event.preventDefault();
          event.stopPropagation();
        },
      },
      ...items.map((item) =>
        item === null
          ? h("hr", { class: "menu-rule", role: "separator" })
          : h(
              item.href ? "a" : "button",
              {
                class: item.isDanger ? "menu-item danger" : "menu-item",
                role: "menuitem",
                tabindex: "-1",
                ...(item.href ? { href: item.href } : { type: "button" }),
                ...(item.isDownload ? { download: true } : {}),
                click: () => {
                  close(true);
                  item.run?.();
                },
              },
              item.text,
            ),
      ),
    );
    document.body.append(menu);
    const place = button.getBoundingClientRect();
    const { width, height } = menu.getBoundingClientRect();
    const top = place.bottom + height + 8 > innerHeight ? Math.max(8, place.top - height - 4) : place.bottom + 4;
    menu.style.setProperty("top", `${top}px`);
    menu.style.setProperty("left", `${Math.max(8, Math.min(place.right - width, innerWidth - width - 8))}px`);
    button.setAttribute("aria-expanded", "true");
    addEventListener("scroll", gone, true);
    menu.closeMenu = close;
    $("[role=menuitem]", menu).focus();
  };
  const closeMenu = () => $(".menu-panel.floating")?.closeMenu(false);

  const rowItems = (row) => {
    const id = row.dataset.document;
    if (may(row, "restore")) {
      return [
        { text: say("restore"), run: () => DO.restore([row]) },
        { text: say("purge") + "…", isDanger: true, run: () => DO.purge([row]) },
      ];
    }
    const items = [{ text: say("open"), href: `/d/${id}/` }];
    if (row.hasAttribute("data-template")) items.push({ text: say("useTemplate"), run: () => DO.use(row) });
    if (may(row, "rename")) {
      items.push({ text: say("rename") + "…", run: () => DO.rename(row) });
      items.push({ text: say("tags") + "…", run: () => DO.tags([row]) });
    }
    if (may(row, "move")) items.push({ text: say("move") + "…", run: () => DO.move([row]) });
    if (may(row, "see_members")) {
      items.push({ text: say("share") + "…", run: () => share("documents", id, row.dataset.title) });
    }
    items.push(null, { text: say("duplicate"), run: () => DO.duplicate(row) });
    if (!row.hasAttribute("data-template")) {
      items.push({ text: say("saveAsTemplate"), run: () => DO.template(row) });
    }
    const file = (format) => `${API}/documents/${id}/export?format=${format}`;
    items.push(
      null,
      { text: say("asMarkdown"), href: file("markdown"), isDownload: true },
      { text: say("asWord"), href: file("docx"), isDownload: true },
      { text: say("asPdf"), href: file("pdf"), isDownload: true },
    );
    if (may(row, "trash")) {
      items.push(null, { text: say("toTrash"), isDanger: true, run: () => DO.trash([row]) });
    }
    return items;
  };

  // -- folders -----------------------------------------------------------------------------------

  const newFolder = async (parent) => {
    const name = await askText(say("newFolder"), say("name"), "", say("create"));
    if (name) await act(() => api("/folders", "POST", { name, parent: parent || null }));
  };

  const folderItems = (button) => {
    const { folderMenu: id, name } = button.dataset;
    const items = [];
    if (button.hasAttribute("data-may-fill")) {
      items.push({ text: say("newFolderHere") + "…", run: () => newFolder(id) });
      items.push({
        text: say("rename") + "…",
        run: async () => {
          const typed = await askText(say("renameFolder"), say("name"), name, say("rename"));
          if (typed) await act(() => api(`/folders/${id}`, "PATCH", { name: typed }));
        },
      });
    }
    if (button.hasAttribute("data-may-manage")) {
      items.push({ text: say("shareFolder") + "…", run: () => share("folders", id, name) });
      items.push({
        text: say("move") + "…",
        run: async () => {
          const below = $$(`[data-folder-node="${id}"] a[data-folder]`).map((link) => link.dataset.folder);
          const parent = await askFolder(say("moveTo"), new Set(below));
          if (parent !== undefined) await act(() => api(`/folders/${id}`, "PATCH", { parent }));
        },
      });
    }
    items.push({ text: say("exportFolder"), href: `${API}/export?folder=${id}`, isDownload: true });
    if (button.hasAttribute("data-may-manage")) {
      items.push(null, {
        text: say("removeFolder") + "…",
        isDanger: true,
        run: async () => {
          if (!(await confirm(say("removeFolderQuestion", { name }), say("remove")))) return;
          try {
            await api(`/folders/${id}`, "DELETE");
            location.assign("/");
          } catch (error) {
            toast(say("failed", { why: error.message }));
          }
        },
      });
    }
    return items;
  };

  /** Open the sharing dialog, which the editor's build has: editor/src/share.ts. */
  const share = (kind, id, title) => {
    const page = { ...words.page, csrfToken: csrf() };
    dispatchEvent(new CustomEvent("scriptorium:share", { detail: { page, subject: { kind, id, title } } }));
    // What is shared and what is asked for may be other by the time that the dialog is closed.
    $("dialog.share[open]")?.addEventListener("close", () => void refresh().catch(() => {}));
  };

  const unfold = (twist, isOpen) => {
    if (!twist?.hasAttribute("aria-expanded")) return;
    twist.setAttribute("aria-expanded", String(isOpen));
    const list = twist.closest(".folder").querySelector(":scope > ul");
    if (list) list.hidden = !isOpen;
  };

  // -- selection ---------------------------------------------------------------------------------

  let lastPicked = null;
  const showSelection = () => {
    const bar = $("[data-selection]");
    if (!bar) return;
    const rows = picked();
    bar.hidden = rows.length === 0;
    $("[data-selected]", bar).textContent = rows.length ? say("selected", { count: rows.length }) : "";
    const all = (what) => rows.every((row) => may(row, what));
    const isTrash = rows.some((row) => may(row, "restore"));
    const possible = {
      move: all("move"),
      tags: all("rename"),
      export: !isTrash,
      trash: all("trash"),
      restore: isTrash,
      purge: isTrash && all("purge"),
    };
    for (const [name, isPossible] of Object.entries(possible)) $(`[data-do=${name}]`, bar).hidden = !isPossible;
    for (const row of $$("[data-document]")) row.classList.toggle("is-picked", rows.includes(row));
    const whole = $(".pick-all");
    if (whole) {
      const total = $$("[data-document]").length;
      whole.checked = total > 0 && rows.length === total;
      whole.indeterminate = rows.length > 0 && rows.length < total;
    }
  };
  const clearSelection = () => {
    for (const box of $$(".pick")) box.checked = false;
    showSelection();
  };

  // -- events ------------------------------------------------------------------------------------

  document.addEventListener("click", (event) => {
    const at = (selector) => event.target.closest?.(selector);
    if (!at(".menu-panel.floating")) closeMenu();
    let button = at("[data-row-menu]");
    if (button) return openMenu(button, rowItems(rowOf(button)));
    button = at("[data-folder-menu]");
    if (button) return openMenu(button, folderItems(button));
    button = at("[data-folder-new]");
    if (button) return void newFolder(button.dataset.folderNew);
    button = at("[data-share]");
    if (button) return share("documents", rowOf(button).dataset.document, rowOf(button).dataset.title);
    button = at("[data-star]");
    if (button) return void DO.star(rowOf(button));
    button = at(".twist");
    if (button) return unfold(button, button.getAttribute("aria-expanded") !== "true");
    button = at("[data-more]");
    if (button) {
      event.preventDefault();
      return void more(button);
    }
    button = at("[data-do]");
    if (button) {
      const rows = picked();
      if (button.dataset.do === "clear") clearSelection();
      else void DO[button.dataset.do](rows);
      return;
    }
    button = at(".pick");
    if (button) {
      if (event.shiftKey && lastPicked?.isConnected) {
        const boxes = $$(".pick");
        const [from, to] = [boxes.indexOf(lastPicked), boxes.indexOf(button)].sort((a, b) => a - b);
        for (const box of boxes.slice(from, to + 1)) box.checked = button.checked;
      }
      lastPicked = button;
      return showSelection();
    }
    button = at(".pick-all");
    if (button) {
      for (const box of $$(".pick")) box.checked = button.checked;
      return showSelection();
    }
    if (at("[data-places-open]")) openPlaces(true);
    else if (at("[data-places-close]") || !at("#places")) openPlaces(false);
  });

  const openPlaces = (isOpen) => {
    const places = $("#places");
    if (!places || places.classList.contains("is-open") === isOpen) return;
    places.classList.toggle("is-open", isOpen);
    const button = $("[data-places-open]");
    button?.setAttribute("aria-expanded", String(isOpen));
    (isOpen ? $(".place", places) : button)?.focus();
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.ask) return;
    event.preventDefault();
    if ((await confirm(form.dataset.ask, form.dataset.askButton)) && (await mayLeave())) form.submit();
  });

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (key === "Escape") {
      if ($("#places.is-open")) openPlaces(false);
      else if (picked().length) clearSelection();
      return;
    }
    if (target.matches?.("input:not([type=checkbox]), select, textarea, [role=menuitem]")) return;
    const row = rowOf(target);
    const rows = $$("[data-document]");
    if (key === "/") {
      event.preventDefault();
      $("[data-filter] input[type=search], .search-form input[type=search]")?.focus();
    } else if (key === "ArrowDown" || key === "ArrowUp") {
      const to = rows[row ? rows.indexOf(row) + (key === "ArrowDown" ? 1 : -1) : -1];
      if (!to) return;
      event.preventDefault();
      ($("a.row-title", to) ?? $(".pick", to)).focus();
    } else if (row && key === "x") {
      $(".pick", row).click();
    } else if (row && key === "s" && $("[data-star]", row)) {
      $("[data-star]", row).click();
    } else if (row && key === "Delete") {
      const all = picked().includes(row) ? picked() : [row];
      if (all.every((one) => may(one, "trash"))) void DO.trash(all);
    }
  });

  // Drag: documents onto folders or the trash, folders onto folders.
  const TYPE = "application/x-scriptorium";
  let dragged = null;
  document.addEventListener("dragstart", (event) => {
    const row = rowOf(event.target);
    const folder = event.target.closest?.("a[data-folder][draggable]");
    if (row) {
      dragged = { rows: picked().includes(row) ? picked() : [row] };
      const count = dragged.rows.length;
      const ghost = h("div", { class: "drag-ghost" }, count === 1 ? row.dataset.title : say("selected", { count }));
      document.body.append(ghost);
      event.dataTransfer.setDragImage(ghost, 12, 12);
      setTimeout(() => ghost.remove());
    } else if (folder) {
      dragged = { folder: folder.dataset.folder };
    } else {
      return;
    }
    event.dataTransfer.setData(TYPE, "");
    event.dataTransfer.effectAllowed = "move";
    document.body.classList.add("is-dragging");
  });
  const target = (event) => {
    const place = event.target.closest?.("[data-drop]");
    if (!dragged || !place) return null;
    if (place.dataset.drop === "trash") return dragged.rows?.every((row) => may(row, "trash")) ? place : null;
    if (dragged.folder) return dragged.folder === place.dataset.folder ? null : place;
    return dragged.rows.every((row) => may(row, "move")) ? place : null;
  };
  const light = (place) => {
    for (const lit of $$(".is-target")) lit.classList.toggle("is-target", lit === place);
    place?.classList.add("is-target");
  };
  document.addEventListener("dragover", (event) => {
    const place = target(event);
    if (place) event.preventDefault();
    if (dragged) light(place);
  });
  const endDrag = () => {
    dragged = null;
    light(null);
    document.body.classList.remove("is-dragging");
  };
  document.addEventListener("drop", (event) => {
    const place = target(event);
    if (!place) return;
    event.preventDefault();
    const { folder } = place.dataset;
    const { rows, folder: moved } = dragged;
    // By now: `dragend` comes to the row, which may be replaced before, and then is heard by nobody.
    endDrag();
    if (place.dataset.drop === "trash") void DO.trash(rows);
    else if (moved) void act(() => api(`/folders/${moved}`, "PATCH", { parent: folder }), say("moved"));
    else void each(rows, (row) => api(path(row), "PATCH", { folder }), say("moved"));
  });
  document.addEventListener("dragend", endDrag);

  // Filter and order.
  const filter = $("[data-filter]");
  if (filter) {
    let timer = 0;
    let running = null;
    const show = async () => {
      const url = new URL(location.pathname, location.href);
      for (const [name, value] of new FormData(filter)) if (String(value).trim()) url.searchParams.set(name, value);
      running?.abort();
      running = new AbortController();
      // Before the answer: what is fetched after an act meanwhile is this list, too.
      history.replaceState(null, "", url);
      try {
        await refresh(url, running.signal);
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
  $("[data-sort]")?.addEventListener("change", (event) => event.currentTarget.requestSubmit());

  prepare(document);
  showSelection();
  watchMore();
  if (/Mac|iP(hone|ad|od)/.test(navigator.platform)) {
    for (const key of $$("[data-shortcut]")) key.textContent = `⌘${key.dataset.shortcut}`;
  }

  window.scriptoriumHome = { $, $$, api, csrf, say, h, ask, refresh, toast, isDragging: () => dragged !== null };
})();
