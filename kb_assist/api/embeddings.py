"""The application of ``embed-serve``: one model for many nodes, by the OpenAI interface."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Protocol

from flask import Flask, Response, jsonify, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from werkzeug.exceptions import HTTPException

from kb_assist.edge.bearer import brings
from kb_assist.indexer.embedding.embedder import ModelIdentity, Vectors
from kb_assist.indexer.embedding.remote import EXTRAS, MOST_CHARACTERS

# A search asks for one text, a build for 32.
_MOST_TEXTS = 128
_MOST_REQUEST_BYTES = 12_000_000
_OPEN = frozenset({"/healthz"})

_Text = Annotated[str, Field(max_length=MOST_CHARACTERS)]


class Encoder(Protocol):
    """What is served. Safe to call from several threads."""

    @property
    def identity(self) -> ModelIdentity: ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """``(len(texts), dimension)``, rows of length 1; no prefix is added."""
        ...

    def tokenizer_json(self) -> str: ...


class _Asked(BaseModel):
    """Other fields of the interface do not change the answer."""

    model_config = ConfigDict(extra="ignore")

    model: str
    input: _Text | Annotated[list[_Text], Field(min_length=1, max_length=_MOST_TEXTS)]
    encoding_format: Annotated[str, Field(pattern="^float$")] = "float"


def create_embedding_app(encoder: Encoder, key: str | None) -> Flask:
    """``key``: whoever asks sends it as a bearer token; None: anybody may ask."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = _MOST_REQUEST_BYTES
    name = served_name(encoder.identity)
    _explain_refusals(app)

    @app.before_request
    def check_key() -> tuple[Response, int] | None:
        if key is None or request.path in _OPEN or brings(key):
            return None
        return _refusal("The key is missing or wrong.", 401)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/v1/models")
    def models() -> dict[str, Any]:
        return {"object": "list", "data": [_described(encoder.identity)]}

    @app.get("/v1/tokenizer.json")
    def tokenizer() -> Response:
        return Response(encoder.tokenizer_json(), content_type="application/json")

    @app.post("/v1/embeddings")
    def embeddings() -> Response | tuple[Response, int]:
        asked = _Asked.model_validate(request.get_json())
        if asked.model not in (name, encoder.identity.name):
            return _refusal(f"There is only the model {name}.", 404)
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        return jsonify(_answer(name, encoder.encode(texts)))

    return app


def _explain_refusals(app: Flask) -> None:
    @app.errorhandler(ValidationError)
    def invalid(error: ValidationError) -> tuple[Response, int]:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return _refusal(f"{place}: {first['msg']}", 400)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[Response, int]:
        return _refusal(error.description or error.name, error.code or 500)


def served_name(identity: ModelIdentity) -> str:
    """With the fingerprint, so that a node never mixes vectors of two models of one name."""
    return f"{identity.name}@{identity.fingerprint}"


def _described(identity: ModelIdentity) -> dict[str, Any]:
    extras = {
        "name": identity.name,
        "fingerprint": identity.fingerprint,
        "dimension": identity.dimension,
        "query_prefix": identity.query_prefix,
        "passage_prefix": identity.passage_prefix,
        "max_tokens": identity.max_tokens,
    }
    return {
        "id": served_name(identity),
        "object": "model",
        "created": 0,
        "owned_by": "kb-assist",
        EXTRAS: extras,
    }


def _answer(name: str, vectors: Vectors) -> dict[str, Any]:
    rows = [
        {"object": "embedding", "index": number, "embedding": vector.tolist()}
        for number, vector in enumerate(vectors)
    ]
    return {"object": "list", "model": name, "data": rows}


def _refusal(message: str, status: int) -> tuple[Response, int]:
    return jsonify({"error": {"message": message, "type": "invalid_request_error"}}), status
