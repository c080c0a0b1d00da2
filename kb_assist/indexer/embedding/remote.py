"""Text to vectors by a shared service that speaks the OpenAI interface for embeddings."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import requests
from tokenizers import Tokenizer
from urllib3.util import Timeout

from kb_assist.errors import N_, EmbeddingUnavailableError, ModelUnavailableError
from kb_assist.indexer.embedding.embedder import ModelIdentity, Vectors
from kb_assist.settings import BUNDLED_MODEL, Settings

log = logging.getLogger(__name__)

# Where the service says more about a model than the interface knows.
EXTRAS = "kb_assist"
# Texts in one request: what other nodes wait for at most.
_AT_ONCE = 32
# No model reads that far.
MOST_CHARACTERS = 50_000
# So long nobody asks a service that failed; then one request does, and the others still do not.
PAUSE_SECONDS = 10.0
# Fetching the tokenizer moves megabytes, and happens once in a build.
_FETCH_SECONDS = 60.0
# The window of a model whose service does not say how much it reads.
_DEFAULT_MAX_TOKENS = 256


class Breaker:
    """Keeps a dead service from costing every request its time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed = False
        self._closed_until = float("-inf")

    def allows(self) -> bool:
        """Whether to ask now. After a failure and a pause one caller may, until it has ended."""
        with self._lock:
            now = self._clock()
            if now < self._closed_until:
                return False
            if self._failed:
                self._closed_until = now + PAUSE_SECONDS
            return True

    def ended(self, *, well: bool) -> None:
        """The outcome of a request that was allowed."""
        with self._lock:
            self._failed = not well
            self._closed_until = float("-inf") if well else self._clock() + PAUSE_SECONDS


class Endpoint:
    """The service's three addresses, below ``KB_ASSIST_EMBEDDING_URL``. Redirects are faults."""

    def __init__(
        self, url: str, key: str | None, seconds: float, *, breaker: Breaker | None = None
    ) -> None:
        """``seconds`` is the budget of one text."""
        self._url = url.rstrip("/")
        self._key = key
        self._seconds = seconds
        self._breaker = breaker or Breaker()
        self._session = requests.Session()
        # As a callable, or a .netrc file would win over the configured key.
        self._session.auth = self._sign

    def models(self) -> list[dict[str, Any]]:
        """What the service says of its models; empty when it has no such list."""
        answer = self._ask("GET", "models", self._seconds)
        if answer.status_code == requests.codes.not_found:
            return []
        try:
            return [dict(entry) for entry in _good(answer).json()["data"]]
        except (ValueError, KeyError, TypeError) as error:
            raise _unusable("the list of models cannot be read") from error

    def tokenizer(self) -> str | None:
        """The tokenizer of the served model as JSON; None when the service does not give it."""
        answer = self._ask("GET", "tokenizer.json", _FETCH_SECONDS)
        return answer.text if answer.ok else None

    def embed(self, model: str, texts: Sequence[str], dimension: int | None) -> Vectors:
        """``(len(texts), dimension)`` of length 1. Raises EmbeddingUnavailableError, at once while
        the breaker is open."""
        if not self._breaker.allows():
            raise EmbeddingUnavailableError(
                N_("The embedding service failed a moment ago and is not asked again yet.")
            )
        well = False
        try:
            body = {"model": model, "input": [text[:MOST_CHARACTERS] for text in texts]}
            answer = _good(self._ask("POST", "embeddings", self._seconds * len(texts), body))
            vectors = _vectors(answer, len(texts), dimension)
            well = True
        finally:
            self._breaker.ended(well=well)
        return vectors

    def _ask(self, method: str, path: str, seconds: float, body: Any = None) -> requests.Response:
        # Connecting and waiting for the answer together; its type is not declared.
        budget: Any = Timeout(total=seconds)
        try:
            return self._session.request(
                method,
                f"{self._url}/{path}",
                json=body,
                timeout=budget,
                allow_redirects=False,
            )
        except (requests.RequestException, ValueError) as error:
            # The class alone: the message repeats the address.
            raise _unusable(type(error).__name__) from error

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._key is not None:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return request


class RemoteEmbedder:
    """The model of an endpoint; see ``Embedder``."""

    def __init__(
        self, endpoint: Endpoint, model: str, identity: ModelIdentity, local: Path | None = None
    ) -> None:
        """``local``: a folder with the model's ``tokenizer.json``, should the service have none."""
        self._endpoint = endpoint
        self._model = model
        self._identity = identity
        self._local = local

    @property
    def identity(self) -> ModelIdentity:
        return self._identity

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._identity.passage_prefix + text for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self._encode([self._identity.query_prefix + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Raises ModelUnavailableError where nobody has the tokenizer: no index is built there."""
        found = self._tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [len(encoding.ids) for encoding in found]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        made = self._endpoint.tokenizer()
        if made is None and self._local is not None:
            made = (self._local / "tokenizer.json").read_text(encoding="utf-8")
        if made is None:
            raise ModelUnavailableError(
                "An index cannot be built with this embedding service: it does not give its"
                " tokenizer.",
                remedy="Set KB_ASSIST_MODEL to a folder with the model's tokenizer.json.",
            )
        tokenizer = Tokenizer.from_str(made)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def _encode(self, texts: Sequence[str]) -> Vectors:
        parts = [
            self._endpoint.embed(
                self._model, texts[start : start + _AT_ONCE], self._identity.dimension
            )
            for start in range(0, len(texts), _AT_ONCE)
        ]
        if not parts:
            return np.zeros((0, self._identity.dimension), dtype=np.float32)
        return np.concatenate(parts)


def connect(settings: Settings) -> RemoteEmbedder:
    """Ask the configured service which model it serves.

    Raises EmbeddingUnavailableError when it does not answer, ModelUnavailableError when it serves
    another model than the configured one.
    """
    assert settings.embedding_url is not None
    key = settings.embedding_key.get_secret_value() if settings.embedding_key else None
    endpoint = Endpoint(settings.embedding_url, key, settings.embedding_timeout)
    entry = _chosen(endpoint.models(), settings.embedding_model)
    model = str(entry["id"])
    extras = entry.get(EXTRAS)
    try:
        identity = _identity(endpoint, model, extras, settings)
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable("the description of its model cannot be read") from error
    folder = Path(settings.model).expanduser()
    has_tokenizer = settings.model != BUNDLED_MODEL and (folder / "tokenizer.json").is_file()
    return RemoteEmbedder(endpoint, model, identity, folder if has_tokenizer else None)


def _chosen(models: Sequence[dict[str, Any]], wanted: str | None) -> dict[str, Any]:
    if wanted is None and len(models) == 1:
        return models[0]
    for entry in models:
        if wanted in (entry.get("id"), str(entry.get("id")).partition("@")[0]):
            return entry
    if wanted is not None and not models:
        return {"id": wanted}
    named = ", ".join(str(entry.get("id")) for entry in models[:5]) or "nothing"
    raise ModelUnavailableError(
        f"The embedding service offers {named}; configured is {wanted or 'nothing'}.",
        remedy="Set KB_ASSIST_EMBEDDING_MODEL to one of its models.",
    )


def _identity(endpoint: Endpoint, model: str, extras: Any, settings: Settings) -> ModelIdentity:
    """As the service says; of one that says nothing the name stands for the model's files."""
    if extras is None:
        named = hashlib.sha256(f"endpoint:{model}".encode()).hexdigest()[:16]
        dimension = endpoint.embed(model, ["dimension"], None).shape[1]
        extras = {"name": model, "fingerprint": named, "dimension": dimension}
    query, passage = settings.query_prefix, settings.passage_prefix
    return ModelIdentity(
        name=str(extras["name"]),
        fingerprint=str(extras["fingerprint"]),
        dimension=int(extras["dimension"]),
        query_prefix=str(extras.get("query_prefix", "")) if query is None else query,
        passage_prefix=str(extras.get("passage_prefix", "")) if passage is None else passage,
        max_tokens=int(extras.get("max_tokens", _DEFAULT_MAX_TOKENS)),
    )


def _good(answer: requests.Response) -> requests.Response:
    if answer.status_code != requests.codes.ok:
        raise _unusable(f"HTTP {answer.status_code}")
    return answer


def _vectors(answer: requests.Response, count: int, dimension: int | None) -> Vectors:
    try:
        rows = sorted(answer.json()["data"], key=lambda row: int(row["index"]))
        vectors = np.array([row["embedding"] for row in rows], dtype=np.float32)
        numbers = [int(row["index"]) for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise _unusable("its answer cannot be read") from error
    if numbers != list(range(count)) or vectors.ndim != 2:
        raise _unusable(f"{len(rows)} vectors for {count} texts")
    if dimension is not None and vectors.shape[1] != dimension:
        raise _unusable(f"vectors of {vectors.shape[1]} dimensions instead of {dimension}")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or not lengths.all():
        raise _unusable("vectors without a length")
    unit: Vectors = vectors / lengths
    return unit


def _unusable(reason: str) -> EmbeddingUnavailableError:
    return EmbeddingUnavailableError(
        N_("The embedding service cannot be used: %(reason)s.", reason=reason),
        remedy=N_("Check that it runs, KB_ASSIST_EMBEDDING_URL and KB_ASSIST_EMBEDDING_KEY."),
    )
