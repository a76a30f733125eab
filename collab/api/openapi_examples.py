"""Examples for the description, made from its own schemas: what is said of a field is shown."""

from __future__ import annotations

from typing import Any

from collab.api.openapi_words import EXAMPLES, TEXT_EXAMPLES

#: Deeper than this, lists are shown empty.
MAX_DEPTH = 6
_BY_FORMAT: dict[str, Any] = {
    "date": "2026-12-01",
    "date-time": "2026-12-01T09:30:00Z",
    "email": "bob@example.org",
    "uri": "https://example.org/",
    "uuid": "00000000-0000-4000-8000-000000000001",
}


class Examples:
    """Makes examples of the schemas of one description."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas

    def put(self, media: dict[str, Any], *, is_given: bool) -> None:
        """Put an example into each media type of a body or an answer that can have one.

        Args:
            media: what there is for each media type.
            is_given: it is the body of a request.
        """
        for kind, said in media.items():
            schema = said.get("schema", {})
            if schema.get("format") == "binary" or kind == "multipart/form-data":
                continue  # bytes are not shown
            if "$ref" in schema or schema.get("type") == "array":
                said["example"] = self._of(schema, "", 0)
            elif kind in TEXT_EXAMPLES and (is_given or kind != "application/json"):
                said["example"] = TEXT_EXAMPLES[kind]

    def _of(self, schema: dict[str, Any], owner: str, depth: int) -> Any:
        """Return a value that ``schema`` allows; ``owner`` is the name of the schema around it."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._of(self._schemas[name], name, depth)
        for several in ("allOf", "oneOf", "anyOf"):
            if several in schema and "properties" not in schema:
                return self._of(schema[several][0], owner, depth)
        if "properties" in schema:
            left_out = {"user"} if "oneOf" in schema else set()  # one of two
            return {
                name: self._field(owner, name, field, depth + 1)
                for name, field in schema["properties"].items()
                if name not in left_out and not field.get("writeOnly")
            }
        return self._plain(schema, owner, depth)

    def _field(self, owner: str, name: str, field: dict[str, Any], depth: int) -> Any:
        for key in (f"{owner}.{name}", name):
            if key in EXAMPLES and ("." in key or _is_text(field)):
                return EXAMPLES[key]
        return self._of(field, owner, depth)

    def _plain(self, schema: dict[str, Any], owner: str, depth: int) -> Any:
        if "enum" in schema:
            return schema["enum"][0]
        kinds = schema.get("type", "object")
        match kinds if isinstance(kinds, str) else kinds[0]:
            case "array":
                is_shown = depth < MAX_DEPTH or schema.get("minItems")
                return [self._of(schema["items"], owner, depth + 1)] if is_shown else []
            case "boolean":
                return False
            case "integer" | "number":
                return max(1, schema.get("minimum", 1))
            case "string":
                return _BY_FORMAT.get(schema.get("format", ""), "plan")
            case "null":
                return None
        return {}


def _is_text(field: dict[str, Any]) -> bool:
    kinds = field.get("type", ())
    return "string" in ([kinds] if isinstance(kinds, str) else kinds)
