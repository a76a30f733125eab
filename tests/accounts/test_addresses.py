from __future__ import annotations

from django.test import RequestFactory
from pytest_django import Settings

from collab.accounts.addresses import base_url


def test_the_operator_says_where_the_server_is(settings: Settings) -> None:
    """Only without a word of theirs, on this machine alone, the request is believed."""
    request = RequestFactory(HTTP_HOST="localhost:6666").get("/")
    settings.PUBLIC_URL = "https://docs.example.org:8443"
    assert base_url(request) == "https://docs.example.org:8443"
    settings.PUBLIC_URL = ""
    assert base_url(request) == "http://localhost:6666"
