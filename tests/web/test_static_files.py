"""Static files, as an ASGI server gives them."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from django.conf import settings
from django.test import AsyncClient
from pytest_django import Settings

STYLES = Path(settings.BASE_DIR) / "static" / "css" / "base.css"


@pytest.fixture(autouse=True)
def from_source(settings: Settings) -> None:
    """Serves the files where they lie: nothing has been collected in a test."""
    settings.WHITENOISE_USE_FINDERS = True


async def test_a_file_is_served_whole_and_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        response = await AsyncClient().get("/static/css/base.css")
    assert response.content == STYLES.read_bytes()
    assert response["content-type"].startswith("text/css")
    assert response["content-length"] == str(len(response.content))


async def test_a_part_and_a_copy_that_is_known() -> None:
    part = await AsyncClient().get("/static/css/base.css", headers={"range": "bytes=0-9"})
    assert (part.status_code, part.content) == (206, STYLES.read_bytes()[:10])
    whole = await AsyncClient().get("/static/css/base.css")
    again = await AsyncClient().get(
        "/static/css/base.css", headers={"if-modified-since": whole["last-modified"]}
    )
    assert (again.status_code, again.content) == (304, b"")
