// Renews the list of live rooms while one looks. It holds still while a control in it has the focus.
"use strict";

(() => {
  const EVERY_MS = 3000;
  const place = document.querySelector("[data-renew]");
  if (!place) return;

  const renew = async () => {
    if (document.hidden || place.contains(document.activeElement)) return;
    try {
      const answer = await fetch(place.dataset.renew, { headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const parsed = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!place.contains(document.activeElement)) place.replaceChildren(...parsed.body.childNodes);
    } catch {
      // The server is away: the next turn will tell.
    }
  };

  setInterval(renew, EVERY_MS);
})();
