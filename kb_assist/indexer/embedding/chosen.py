"""Settings to the embedding model: of this process, or of a service that nodes share."""

from __future__ import annotations

from kb_assist.indexer.embedding import embedder
from kb_assist.indexer.embedding.embedder import Embedder
from kb_assist.settings import Settings


def load_embedder(settings: Settings) -> Embedder:
    """The configured model. Raises ModelUnavailableError with the remedy."""
    if settings.embedding_url is not None:
        return _connect(settings)
    return embedder.load_embedder(settings)


def model_fingerprint(settings: Settings) -> str:
    """Fingerprint of the configured model, without loading it here."""
    if settings.embedding_url is not None:
        return _connect(settings).identity.fingerprint
    return embedder.model_fingerprint(settings)


def _connect(settings: Settings) -> Embedder:
    # Only here: its HTTP client and tokenizer take time that others should not pay.
    from kb_assist.indexer.embedding.remote import connect

    return connect(settings)
