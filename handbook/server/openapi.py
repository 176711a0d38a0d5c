"""Describes the API as OpenAPI: schemas come from the wire records themselves."""

import re
from http import HTTPStatus

import msgspec
from fastapi import FastAPI

from handbook.protocol.api import Clash, ErrorBody
from handbook.server.access import Needs
from handbook.server.calls import Route
from handbook.server.routes import ROUTES

_TEMPLATE = "#/components/schemas/{name}"
_JSON = "application/json"
_INTEGERS = frozenset({"revision", "after", "limit"})


def describe(route: Route) -> dict[str, object]:
    """What FastAPI cannot know of a route: parameters, bodies, the token and the actions it needs."""
    operation: dict[str, object] = {
        "parameters": [_parameter(name, "path") for name in re.findall(r"{(\w+)", route.path)]
        + [_parameter(name, "query") for name in route.query],
        "responses": {str(status.value): _response(route, status) for status in route.statuses}
        | {"default": {"description": "ErrorBody", "content": _content(ErrorBody)}},
    }
    if route.takes is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.takes)}
    if isinstance(route.access, Needs):
        operation["security"] = [{"token": []}]
        operation["x-needs-any-of"] = [action.value for action in route.access.actions]
    if route.method == "PUT":
        operation["responses"]["409"] = {"description": "Clash", "content": _content(Clash)}
    return operation


def document(app: FastAPI) -> bytes:
    """The OpenAPI document as JSON."""
    types = {route.takes for route in ROUTES} | {route.gives for route in ROUTES} | {ErrorBody, Clash}
    _, components = msgspec.json.schema_components(sorted(types - {None}, key=str), ref_template=_TEMPLATE)
    described = app.openapi()
    described.setdefault("components", {})["schemas"] = components
    described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    return msgspec.json.encode(described)


def _parameter(name: str, place: str) -> dict[str, object]:
    return {
        "name": name,
        "in": place,
        "required": place == "path" or name not in ("after", "limit", "seen_since", "mark", "rules"),
        "schema": {"type": "integer" if name in _INTEGERS else "string"},
    }


def _response(route: Route, status: HTTPStatus) -> dict[str, object]:
    if route.gives is None:
        return {"description": status.phrase}
    return {"description": status.phrase, "content": _content(route.gives)}


def _content(record_type: object) -> dict[str, object]:
    (schema,), _ = msgspec.json.schema_components([record_type], ref_template=_TEMPLATE)
    return {_JSON: {"schema": schema}}
