// Opens a socket of a document that does not exist: the server's answer, 4403, came through the proxy.
"use strict";

(() => {
  const NO_ACCESS = 4403;
  const PATIENCE_MS = 8000;
  const verdict = document.querySelector("[data-socket-verdict]");
  const detail = document.querySelector("[data-socket-detail]");
  if (!verdict || !detail) return;

  const show = (name) => {
    if (verdict.dataset.verdict) return;
    verdict.dataset.verdict = name;
    verdict.textContent = verdict.dataset[name];
    detail.textContent = detail.dataset[name];
  };

  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const nobody = "00000000-0000-4000-8000-000000000000";
  const socket = new WebSocket(`${scheme}//${location.host}/ws/documents/${nobody}`);
  socket.onclose = (event) => show(event.code === NO_ACCESS ? "good" : "bad");
  setTimeout(() => show("bad"), PATIENCE_MS);
})();
