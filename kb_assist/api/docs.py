"""``/api/openapi.json`` and a documentation page that needs no network."""

from __future__ import annotations

import json
from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify, render_template
from flask_openapi3 import OpenAPI

from kb_assist.auth.model import Permission
from kb_assist.edge.guards import require

blueprint = Blueprint("api_docs", __name__)

_HEADER = '-H "Authorization: Bearer $KB_TOKEN"'
_METHODS = ("get", "post", "put", "patch", "delete")


@blueprint.get("/api/openapi.json")
@require(Permission.SEARCH)
def openapi() -> Response:
    return jsonify(cast("OpenAPI", current_app).api_doc)


@blueprint.get("/api/docs")
@require(Permission.SEARCH)
def documentation() -> str:
    """Every operation with its schemas and a command to try it."""
    described: dict[str, Any] = cast("OpenAPI", current_app).api_doc
    operations = [
        _operation(method, path, operation)
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method in _METHODS
    ]
    schemas = described.get("components", {}).get("schemas", {})
    return render_template(
        "api/docs.html", info=described["info"], operations=operations, schemas=schemas
    )


def _operation(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
    return {
        "method": method.upper(),
        "path": path,
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "tags": operation.get("tags", []),
        "parameters": operation.get("parameters", []),
        "request": _schema_name(body),
        "responses": [
            (status, answer.get("description", ""), _schema_name(answer.get("content", {})))
            for status, answer in sorted(operation.get("responses", {}).items())
        ],
        "example": _example(method, path),
    }


def _schema_name(content: dict[str, Any]) -> str:
    """The component a body refers to, empty for none."""
    first: dict[str, Any] = next(iter(content.values()), {})
    return str(first.get("schema", {}).get("$ref", "")).rsplit("/", 1)[-1]


def _example(method: str, path: str) -> str:
    """A curl command; the server's own address is filled in by the page."""
    bodies = {
        "/api/v1/search": {"query": "vpn error 809"},
        "/api/v1/suggest": {"subject": "VPN", "text": "Seit heute Fehler 809 beim Verbinden."},
    }
    address = path.replace("{article_id}", "KB-1001")
    if path in bodies:
        body = json.dumps(bodies[path], ensure_ascii=False)
        json_body = f"-H 'Content-Type: application/json' -d '{body}'"
        return f"curl -s {{base}}{address} {_HEADER} {json_body}"
    return f"curl -s {{base}}{address} {_HEADER}" if method == "get" else ""
