"""Debian's Firefox by WebDriver BiDi, spoken directly: Playwright knows only its own."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from tests.system.conftest import eventually

#: What WebDriver calls the keys that are not letters.
KEYS = {"Enter": "\ue007", "Home": "\ue011", "End": "\ue010", "ArrowRight": "\ue014"}
KEYS |= {"Backspace": "\ue003", "Control": "\ue009", "Alt": "\ue00a", "Shift": "\ue008"}


class Firefox:
    """One page in a browser of its own."""

    def __init__(self, profile: Path) -> None:
        (profile / "user.js").write_text('user_pref("remote.active-protocols", 1);\n')
        self._log = profile / "log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [
                    "firefox-esr",
                    "--headless",
                    "--remote-debugging-port=0",
                    "--profile",
                    str(profile),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        address = eventually(lambda: re.search(r"BiDi listening on (\S+)", self._log.read_text()))
        self._open = ExitStack()
        self._socket: ClientConnection = self._open.enter_context(
            connect(f"{address[1]}/session", max_size=None)
        )
        self._ids = itertools.count(1)
        self("session.new", capabilities={})
        tree = self("browsingContext.getTree")
        self._page: str = tree["contexts"][0]["context"]

    def __call__(self, method: str, **params: Any) -> Any:
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv(60))
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def open(self, url: str) -> Self:
        self("browsingContext.navigate", context=self._page, url=url, wait="complete")
        return self

    def run(self, script: str) -> Any:
        """Return what a script says, as a string."""
        answer = self(
            "script.evaluate",
            expression=f"String({script})",
            target={"context": self._page},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        return answer["result"].get("value")

    def press(self, *keys: str) -> None:
        """Press keys, one after the other; ``Control+Home`` holds the first."""
        actions: list[dict[str, str]] = []
        for key in keys:
            parts = [KEYS.get(part, part) for part in key.split("+")]
            actions += [{"type": "keyDown", "value": part} for part in parts]
            actions += [{"type": "keyUp", "value": part} for part in reversed(parts)]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self("input.performActions", context=self._page, actions=[source])

    def type(self, words: str) -> None:
        self.press(*words)

    def close(self) -> None:
        self._open.close()
        self._process.terminate()
        self._process.wait(30)
