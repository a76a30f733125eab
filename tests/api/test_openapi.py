from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it comes without types
import pytest
import yaml
from django.contrib.staticfiles import finders
from drf_spectacular.renderers import OpenApiJsonRenderer
from rest_framework.test import APIClient

from collab.api import openapi

pytestmark = pytest.mark.django_db
SNAPSHOT = Path(openapi.__file__).with_name("openapi.json")
URL = "/api/v1/schema"


def test_the_committed_description_is_that_of_the_code() -> None:
    """After a wanted change: manage.py spectacular --format openapi-json --file <the snapshot>."""
    assert json.loads(SNAPSHOT.read_text(encoding="utf-8")) == _description()


def test_each_default_may_be_sent_and_each_operation_has_a_subject() -> None:
    """Generated clients send defaults: one that is refused makes every call of them fail."""
    described = _description()
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert operation["tags"] != ["api"], path
            for parameter in operation.get("parameters", ()):
                schema = parameter["schema"]
                if "default" in schema:
                    jsonschema.validate(schema["default"], schema)
    for schema in described["components"]["schemas"].values():
        for value in schema.get("properties", {}).values():
            if "default" in value and "$ref" not in json.dumps(value):
                jsonschema.validate(value["default"], value)


@pytest.mark.parametrize("slash", ["", "/"])
def test_json_or_yaml_by_accept_and_by_format(slash: str) -> None:
    """Without a wish it is JSON; ?format= counts before Accept."""
    client = APIClient()
    wanted = _description()
    assert wanted["openapi"].startswith("3.1")
    assert client.get(URL + slash).json() == wanted
    accept = {"accept": "application/yaml"}
    assert yaml.safe_load(client.get(URL + slash, headers=accept).content) == wanted
    assert yaml.safe_load(client.get(URL, {"format": "yaml"}).content) == wanted
    assert client.get(URL, {"format": "json"}, headers=accept).json() == wanted
    refused = client.get(URL, {"format": "xml"})
    assert refused.status_code == 400
    assert refused["Content-Type"] == "application/problem+json"


def test_the_interactive_page_is_all_our_own() -> None:
    """Every script and style of it is served from here, as the content policy wants."""
    response = APIClient().get("/api/v1/docs")
    assert response.status_code == 200
    page = response.content.decode()
    assert "//" not in page.replace("http://testserver", "")
    assert "<script>" not in page
    assert "script-src 'self';" in response["Content-Security-Policy"]
    assert finders.find("drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js")
    assert "SwaggerUIBundle" in APIClient().get("/api/v1/docs?script=").content.decode()


def _description() -> dict[str, Any]:
    # Through JSON and back: lazy translations become text.
    described: dict[str, Any] = json.loads(OpenApiJsonRenderer().render(openapi.description()))
    return described
