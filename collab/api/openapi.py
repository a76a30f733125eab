"""The description of the interface: served, shown, and committed as openapi.json."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import (
    OpenApiJsonRenderer,
    OpenApiJsonRenderer2,
    OpenApiYamlRenderer,
    OpenApiYamlRenderer2,
)
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.response import Response

from collab.api.base import ApiView, LenientNegotiation, query_of
from collab.api.errors import REFUSALS
from collab.api.idempotency import MAX_KEY_CHARS
from collab.api.openapi_examples import Examples
from collab.api.openapi_words import (
    ANSWER_HEADERS,
    ANSWERS,
    FIELDS,
    PARAMETERS,
    PROBLEM_HEADERS,
    PROBLEMS,
)

if TYPE_CHECKING:
    from rest_framework.request import Request

Endpoint = tuple[str, str, str, Callable[..., Any]]

#: Besides what an operation names itself, every one may answer with these problems.
_ALWAYS = ("401", "429")
_WITH_BODY = ("400", "411", "413", "415")
_WITH_PARAMETERS = ("400",)
_ON_A_DOCUMENT = ("403", "404")
#: 403: the token is for reading only. 400, 409, 422: of the Idempotency-Key, too.
_WHEN_WRITING = ("400", "403", "409", "422")
#: Their answers hold what is shown once: they are not kept to be given again.
_SECRET = ("tokens_create", "webhooks_create")
#: No field of theirs is required, or they have none; there must be a body all the same.
_NEEDS_BODY = (
    "owner_change",
    "content_merge",
    "content_put",
    "content_append",
    "content_prepend",
    "updates_add",
)
_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {
        "type": "string",
        "maxLength": MAX_KEY_CHARS,
        "pattern": "^[!-~]([ -~]*[!-~])?$",
    },
    "description": "Of your choice: the same request with the same key is done once in 24 hours.",
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells readers of the description how to sign requests."""

    target_class = "collab.api.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """Return the security scheme of API tokens."""
        return {"type": "http", "scheme": "bearer"}


def without_slashes(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Leave out the twins of paths that end in a slash."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]


def with_problems(result: dict[str, Any], generator: object, **_: object) -> dict[str, Any]:
    """Add to each operation the errors that it may answer with."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    result["components"]["schemas"]["Problem"] = _PROBLEM
    result["components"]["responses"] = {
        f"Problem{status}": {
            "description": said,
            **({"headers": PROBLEM_HEADERS[status]} if status in PROBLEM_HEADERS else {}),
            "content": content,
        }
        for status, said in PROBLEMS.items()
    }
    for schema in result["components"]["schemas"].values():
        for value in schema.get("properties", {}).values():
            # Where a string may not be empty, blanks are none: DRF strips it first.
            if value.get("minLength") == 1 and "format" not in value:
                value.setdefault("pattern", r"\S")
    one_of_two = [{"required": ["user"]}, {"required": ["member"]}]
    result["components"]["schemas"]["OwnerBodyRequest"]["oneOf"] = one_of_two
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            operation["tags"] = [_subject(path)]
            for parameter in operation.get("parameters", ()):
                _without_forbidden_default(parameter["schema"])
            if method != "get":
                statuses = [*_WHEN_WRITING]
                if operation["operationId"] not in _SECRET:
                    operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
            else:
                statuses = []
            if operation["operationId"] in _NEEDS_BODY:
                operation["requestBody"]["required"] = True
            places = {parameter["in"] for parameter in operation.get("parameters", ())}
            statuses += _ALWAYS
            statuses += _WITH_BODY if "requestBody" in operation else ()
            statuses += _WITH_PARAMETERS if "query" in places else ()
            statuses += _ON_A_DOCUMENT if "path" in places else ()
            statuses += operation.pop(REFUSALS, ())
            for status in sorted(set(statuses)):
                problem = {"$ref": f"#/components/responses/Problem{status}"}
                operation["responses"].setdefault(status, problem)
    return result


def in_words(result: dict[str, Any], generator: object, **_: object) -> dict[str, Any]:
    """Say what each operation, parameter, field and answer is, and show an example."""
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        for field, value in schema.get("properties", {}).items():
            words = FIELDS.get(f"{name}.{field}") or FIELDS.get(field)
            if words and "description" not in value:
                schema["properties"][field] = _described(value, words)
    examples = Examples(schemas)
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["summary"] = _first_sentence(operation["description"])
            for parameter in operation.get("parameters", ()):
                words = PARAMETERS.get(parameter["name"])
                if words:
                    parameter.setdefault("description", words)
            if "requestBody" in operation:
                examples.put(operation["requestBody"]["content"], is_given=True)
            headers = ANSWER_HEADERS.get(operation["operationId"], {})
            for status, answer in operation["responses"].items():
                if "$ref" in answer:
                    continue
                answer["description"] = ANSWERS[status]
                if status in headers:
                    answer["headers"] = headers[status]
                examples.put(answer.get("content", {}), is_given=False)
    return result


def _described(value: dict[str, Any], words: str) -> dict[str, Any]:
    # Beside a reference nothing is read by programs of OpenAPI 3.0.
    return (
        {"allOf": [value], "description": words}
        if "$ref" in value
        else {**value, "description": words}
    )


def _first_sentence(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split()).partition(". ")[0].rstrip(".")


def _subject(path: str) -> str:
    """Return what a path is about: the last noun in it, or the one that it is below."""
    nouns = [part for part in path.removeprefix("/api/v1/").split("/") if part[:1] != "{"]
    return nouns[1] if nouns[0] == "documents" and len(nouns) > 1 else nouns[0]


def _without_forbidden_default(schema: dict[str, Any]) -> None:
    """Take a default away that may not be sent: what it stands for is said by leaving it out."""
    if schema.get("default") == "" and (schema.get("minLength") or "enum" in schema):
        del schema["default"]


_PROBLEM = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "detail": {"type": "string"},
                    "pointer": {"type": "string", "description": "Where in the body (RFC 6901)."},
                    "parameter": {"type": "string", "description": "Which query parameter."},
                },
            },
        },
    },
}


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """Return the OpenAPI description of the whole interface."""
    generator: Any = SchemaGenerator()  # type: ignore[no-untyped-call]
    return cast("dict[str, Any]", generator.get_schema(request=None, public=True))


class SchemaQuery(serializers.Serializer[Any]):
    """Which form the description shall have."""

    format = serializers.ChoiceField(("json", "yaml"), required=False)


class Schema(ApiView):
    """The description."""

    permission_classes = []
    schema = None
    renderer_classes = [
        OpenApiJsonRenderer2,
        OpenApiJsonRenderer,
        OpenApiYamlRenderer,
        OpenApiYamlRenderer2,
    ]

    def get(self, request: Request) -> Response:
        """Describe this interface as OpenAPI 3.1, in JSON or YAML."""
        wanted = query_of(SchemaQuery, request).get("format")
        if wanted is not None:
            renderer = OpenApiYamlRenderer() if wanted == "yaml" else OpenApiJsonRenderer2()
            request.accepted_renderer = renderer
            request.accepted_media_type = renderer.media_type
        return Response(description(), headers={"Vary": "Accept"})


class Docs(SpectacularSwaggerSplitView):
    """The interactive page. Split: its script is a file, so the content policy stands."""

    template_name = "api/docs.html"
    url_name = "api-schema"
    permission_classes = []
    content_negotiation_class = LenientNegotiation
