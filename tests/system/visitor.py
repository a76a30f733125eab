"""A browser without a screen: cookies, and forms with their CSRF token."""

from __future__ import annotations

import urllib.request
from http.cookiejar import CookieJar
from urllib.parse import urlencode

from tests.system.conftest import Server


class Visitor:
    """Somebody with a cookie jar at one server; ``at`` another of the same cluster."""

    def __init__(self, server: Server) -> None:
        self.base = f"http://127.0.0.1:{server.port}"
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, path: str) -> str:
        with self._opener.open(self.base + path) as answer:
            return str(answer.read().decode())

    def post(self, path: str, at: str = "/sign-in/", **fields: str | list[str]) -> str:
        """Send a form that stands on the page ``at``; return the page that comes after it."""
        self.get(at)
        token = next(cookie.value for cookie in self.jar if cookie.name == "csrftoken")
        body = urlencode({"csrfmiddlewaretoken": token, **fields}, doseq=True).encode()
        request = urllib.request.Request(self.base + path, data=body, method="POST")
        with self._opener.open(request) as answer:
            return str(answer.read().decode())

    def sign_in(self, name: str) -> Visitor:
        self.post("/sign-in/", username=name, password="a long password")
        return self

    def headers(self, server: Server) -> dict[str, str]:
        """Return what a page of this browser sends when it opens a socket at ``server``."""
        cookie = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.jar)
        return {"Cookie": cookie, "Origin": f"http://127.0.0.1:{server.port}"}
