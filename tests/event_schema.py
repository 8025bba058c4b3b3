"""The events as a JSON schema and as tables, made of the dataclasses."""

import json
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from podforge import events
from podforge.events import EVENTS_VERSION

KINDS = get_args(events.Event)
TYPES: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer", "minimum": 0},
    float: {"type": "number", "minimum": 0},
    bool: {"type": "boolean"},
    tuple[str, ...]: {"type": "array", "items": {"type": "string"}},
}
ENVELOPE = {
    "v": {"const": EVENTS_VERSION, "description": "version of the stream"},
    "time": {
        "type": "string",
        "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        "description": "when it was told: UTC, RFC 3339",
    },
    "event": {"type": "string", "description": "which event it is; pass over those not known"},
}


def described(kind: type) -> list[tuple[str, dict[str, Any]]]:
    """Names of the fields of an event, and what the schema says of each."""
    hints = get_type_hints(kind, include_extras=True)
    found = []
    for field in fields(kind):
        bare, what = get_args(hints[field.name])
        assert isinstance(what, str), f"{kind.__name__}.{field.name} is not described"
        found.append((field.name, {**TYPES[bare], "description": what}))
    return found


def text_of(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split())


def schema() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"podforge render --events jsonl, version {EVENTS_VERSION}",
        "description": "One line of the stream.  Fields and events that are not here may come.",
        "type": "object",
        "properties": ENVELOPE,
        "required": list(ENVELOPE),
        "allOf": [
            {
                "if": {"properties": {"event": {"const": kind.__name__}}},
                "then": {"$ref": f"#/$defs/{kind.__name__}"},
            }
            for kind in KINDS
        ],
        "$defs": {kind.__name__: shape(kind) for kind in KINDS},
    }


def shape(kind: type) -> dict[str, Any]:
    properties = dict(described(kind))
    return {"description": text_of(kind), "properties": properties, "required": list(properties)}


def schema_text() -> str:
    return json.dumps(schema(), indent=1) + "\n"


def tables() -> str:
    """A paragraph and a table for each event, in Markdown."""
    parts = []
    for kind in KINDS:
        rows = [f"| `{name}` | {facts.get('type')} | {facts['description']} |"
                for name, facts in described(kind)]  # fmt: skip
        head = ["| field | type | what |", "| --- | --- | --- |"]
        parts.append("\n".join([f"### {kind.__name__}", "", text_of(kind), "", *head, *rows]))
    return "\n\n".join(parts) + "\n"
