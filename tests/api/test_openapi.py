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

from collab.api import openapi, openapi_words

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


def test_everything_is_said_in_a_sentence() -> None:
    """Each operation, parameter, field and answer; a summary is one line."""
    described = _description()
    silent = [
        f"{name}.{field}"
        for name, schema in described["components"]["schemas"].items()
        for field, value in schema.get("properties", {}).items()
        if not value.get("description")
    ]
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            label = f"{method} {path}"
            assert operation["description"], label
            assert 0 < len(operation["summary"]) <= 120, label
            silent += [
                f"{label} {parameter['name']}"
                for parameter in operation.get("parameters", ())
                if not parameter.get("description")
            ]
            for status, answer in operation["responses"].items():
                if not _followed(described, answer).get("description"):
                    silent.append(f"{label} {status}")
    assert silent == []


def test_words_and_examples_are_of_what_there_is() -> None:
    """What is explained and is no field or parameter any more is to go."""
    described = _description()
    schemas = described["components"]["schemas"]
    fields = {name for schema in schemas.values() for name in schema.get("properties", {})}
    fields |= {f"{key}.{name}" for key in schemas for name in schemas[key].get("properties", {})}
    operations = [each for path in described["paths"].values() for each in path.values()]
    parameters = {
        parameter["name"] for each in operations for parameter in each.get("parameters", ())
    }
    statuses = {status for each in operations for status in each["responses"]}
    assert set(openapi_words.FIELDS) | set(openapi_words.EXAMPLES) <= fields
    assert set(openapi_words.PARAMETERS) <= parameters
    assert set(openapi_words.ANSWERS) | set(openapi_words.PROBLEMS) == statuses
    assert set(openapi_words.ANSWER_HEADERS) <= {each["operationId"] for each in operations}


def test_each_body_and_answer_has_an_example_that_its_schema_allows() -> None:
    described = _description()
    shown = 0
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                for kind, media in body.get("content", {}).items():
                    schema = media["schema"]
                    if schema.get("format") == "binary" or kind == "multipart/form-data":
                        continue
                    if kind == "application/json" and ("$ref" in schema or "items" in schema):
                        assert "example" in media, f"{method} {path}"
                    if "example" in media:
                        whole = {**schema, "components": described["components"]}
                        jsonschema.validate(
                            media["example"],
                            whole,
                            cls=jsonschema.Draft202012Validator,
                            format_checker=jsonschema.FormatChecker(),
                        )
                        shown += 1
    assert shown > 100


def _followed(described: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in answer:
        return answer
    name = answer["$ref"].rpartition("/")[2]
    return described["components"]["responses"][name]  # type: ignore[no-any-return]


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
