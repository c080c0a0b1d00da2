"""How messages that are signed are described: their bodies are read as they came."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint
from flask_openapi3.utils import parse_body
from pydantic import BaseModel


def described(blueprint: APIBlueprint, form: type[BaseModel]) -> dict[str, Any]:
    """The description of a body that no parameter names, because its signature is checked first;
    for ``openapi_extensions`` of an operation of the blueprint, which gets the schemas."""
    content, schemas = parse_body(form)
    blueprint.components_schemas.update(schemas)
    return {"requestBody": {"required": True, "content": content}}
