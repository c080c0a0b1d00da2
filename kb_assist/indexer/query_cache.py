"""Query vectors of many texts, each text embedded once and kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kb_assist.indexer.cache import EmbeddingCache, text_key
from kb_assist.indexer.embedding.embedder import Embedder, Vectors

# Embedded between two commits: what a killed run loses at most.
_AT_ONCE = 64


def query_vectors(
    file: Path,
    embedder: Embedder,
    texts: Sequence[str],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    forget_others: bool = False,
) -> Vectors:
    """One raw row per text. Only texts that ``file`` does not know are embedded, then kept.

    ``forget_others``: ``file`` holds nothing else afterwards.
    """
    space = embedder.identity.vector_key("query")
    cache = EmbeddingCache(file)
    try:
        keys = [text_key(text) for text in texts]
        known = cache.get(space, keys)
        # Equal lengths waste no padding.
        missing = sorted(
            {text for text in texts if text_key(text) not in known}, key=lambda t: (len(t), t)
        )
        for start in range(0, len(missing), _AT_ONCE):
            progress(start, len(missing))
            part = missing[start : start + _AT_ONCE]
            pairs = list(zip(map(text_key, part), embedder.encode_queries(part), strict=True))
            cache.put(space, pairs)
            known.update(pairs)
        if forget_others:
            cache.keep_only(space, keys)
    finally:
        cache.close()
    vectors = np.empty((len(texts), embedder.identity.dimension), dtype=np.float32)
    for row, text in enumerate(texts):
        vectors[row] = known[text_key(text)]
    return vectors
