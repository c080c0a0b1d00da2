"""Text to vectors; the only door to sentence-transformers and torch."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import numpy.typing as npt

from kb_assist.errors import ModelUnavailableError
from kb_assist.indexer.embedding.batching import Batcher, alike_in_length
from kb_assist.indexer.embedding.bundled import ensure_bundled_model
from kb_assist.settings import BUNDLED_MODEL, Settings

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

# Of large files only this much at the start, the middle and the end goes into the fingerprint.
_SAMPLE_BYTES = 1 << 20
_BATCH = 32
# The window of a model that does not say how much it reads.
_DEFAULT_MAX_TOKENS = 256


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """What must be equal for two vectors to be comparable."""

    name: str
    fingerprint: str
    """Hash of the model's files."""
    dimension: int
    query_prefix: str
    passage_prefix: str
    max_tokens: int
    normalised: bool = True
    """Vectors have length 1, so that the inner product is the cosine."""

    def vector_key(self, side: Literal["passage", "query"]) -> str:
        """Names a vector space: equal keys, equal vectors for equal text."""
        prefix = self.passage_prefix if side == "passage" else self.query_prefix
        parts = (self.fingerprint, self.dimension, prefix, self.max_tokens, self.normalised)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


class Embedder(Protocol):
    """Text to unit vectors. Implementations are safe to call from several threads."""

    @property
    def identity(self) -> ModelIdentity: ...

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """``(len(texts), dimension)``, float32, rows of length 1."""
        ...

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """As ``encode_passages``, for the asking side."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Lengths in the model's tokens, without special tokens and prefix."""
        ...


class SentenceTransformerEmbedder:
    """Any sentence-transformers model on the CPU; calls at the same time are encoded together."""

    def __init__(self, model: SentenceTransformer, identity: ModelIdentity) -> None:
        self._model = model
        self._identity = identity
        self._together = Batcher(self._run)

    @property
    def identity(self) -> ModelIdentity:
        return self._identity

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        return self.encode([self._identity.passage_prefix + text for text in texts])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return self.encode([self._identity.query_prefix + text for text in texts])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """As ``encode_passages``, of texts that have their prefix already."""
        if not texts:
            return np.zeros((0, self._identity.dimension), dtype=np.float32)
        return self._together(texts)

    def tokenizer_json(self) -> str:
        """The tokenizer as the tokenizers library reads it."""
        return str(self._model.tokenizer.backend_tokenizer.to_str())

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        if not texts:
            return []
        encoded = self._model.tokenizer(
            list(texts), add_special_tokens=False, verbose=False, return_attention_mask=False
        )
        return [len(ids) for ids in encoded["input_ids"]]

    def _run(self, texts: list[str]) -> Vectors:
        vectors = np.empty((len(texts), self._identity.dimension), dtype=np.float32)
        for rows in alike_in_length(texts):
            vectors[rows] = self._model.encode(
                [texts[row] for row in rows],
                batch_size=_BATCH,
                normalize_embeddings=True,
                convert_to_numpy=True,
                show_progress_bar=False,
            )
        return vectors


def model_fingerprint(settings: Settings) -> str:
    """Fingerprint of the configured model's files, without loading it."""
    source, _ = _locate(settings)
    return _fingerprint(Path(source))


def thread_count(settings: Settings) -> int:
    """Threads for the model; more than cores only slow it."""
    return settings.threads or min(4, os.cpu_count() or 1)


def load_embedder(settings: Settings) -> SentenceTransformerEmbedder:
    """Load the configured model; takes seconds and hundreds of megabytes.

    Raises ModelUnavailableError with the remedy when it cannot be loaded.
    """
    source, name = _locate(settings)
    # Must be set before the tokenizer is used; it warns after a fork otherwise.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    if not settings.model_download:
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        # Heavy: seconds of import time that commands without a model should not pay.
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        torch.set_num_threads(thread_count(settings))
        model = SentenceTransformer(
            source, device="cpu", local_files_only=not settings.model_download
        )
        dimension = model.get_embedding_dimension()
    except (OSError, ValueError, ImportError, RuntimeError, KeyError) as error:
        first_line = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise ModelUnavailableError(
            f"The embedding model '{name}' cannot be loaded: {first_line}",
            remedy="Set KB_ASSIST_MODEL to a sentence-transformers folder, or to 'bundled'.",
        ) from error
    if not dimension:
        raise ModelUnavailableError(f"The model '{name}' does not say how long its vectors are.")
    prompts = model.prompts
    declared_query = prompts.get("query") or ""
    declared_passage = prompts.get("passage") or prompts.get("document") or ""
    query_prefix, passage_prefix = settings.query_prefix, settings.passage_prefix
    identity = ModelIdentity(
        name=name,
        fingerprint=_fingerprint(Path(source)),
        dimension=dimension,
        query_prefix=declared_query if query_prefix is None else query_prefix,
        passage_prefix=declared_passage if passage_prefix is None else passage_prefix,
        max_tokens=int(model.max_seq_length or _DEFAULT_MAX_TOKENS),
    )
    return SentenceTransformerEmbedder(model, identity)


def _locate(settings: Settings) -> tuple[str, str]:
    """The folder or name to load, and the name to show."""
    if settings.model == BUNDLED_MODEL:
        folder = ensure_bundled_model(settings.models_dir)
        return str(folder), folder.name
    folder = Path(settings.model).expanduser()
    if folder.is_dir():
        return str(folder), folder.name
    if folder.is_absolute() or settings.model.startswith((".", "~")):
        raise ModelUnavailableError(
            f"The model folder {settings.model} does not exist.",
            remedy="Set KB_ASSIST_MODEL to a sentence-transformers folder, or to 'bundled'.",
        )
    return settings.model, settings.model


def _fingerprint(folder: Path) -> str:
    """Hash of names, sizes and samples of the model's files; of the name where it has no folder."""
    digest = hashlib.sha256()
    if not folder.is_dir():
        digest.update(str(folder).encode())
        return digest.hexdigest()[:16]
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix not in {".safetensors", ".bin", ".json", ".txt"}:
            continue
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}:{size}\n".encode())
        with path.open("rb") as stream:
            for start in sorted({0, max(0, size // 2), max(0, size - _SAMPLE_BYTES)}):
                stream.seek(start)
                digest.update(stream.read(_SAMPLE_BYTES))
    return digest.hexdigest()[:16]
