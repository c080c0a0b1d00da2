"""Dense index over unit vectors; the only door to faiss."""

from __future__ import annotations

import os
from pathlib import Path

import faiss
import numpy as np
import numpy.typing as npt

from kb_assist.errors import IndexDamagedError
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.vector_store import Rows

# HNSW parameters; see docs/performance.md for recall and time at these values.
_NEIGHBOURS = 32
_EF_CONSTRUCTION = 80
_EF_SEARCH = 128


class VectorIndex:
    """Unit vectors numbered from 0, searched by inner product.

    Read-only once opened: faiss may not add while another thread searches.
    """

    def __init__(self, index: faiss.Index, audience: npt.NDArray[np.uint8]) -> None:
        """``audience`` is the rank of each row."""
        self._index = index
        self._audience = audience
        storage = faiss.downcast_index(index.storage) if hasattr(index, "storage") else index
        # A view into the (possibly memory-mapped) file, not a copy.
        flat = faiss.rev_swig_ptr(storage.get_xb(), storage.ntotal * storage.d)
        self._vectors: Vectors = flat.reshape(storage.ntotal, storage.d)

    @property
    def count(self) -> int:
        return int(self._index.ntotal)

    @property
    def waits(self) -> bool:
        """See VectorStore."""
        return False

    @property
    def exact(self) -> bool:
        """Whether search compares with every vector."""
        return not hasattr(self._index, "storage")

    def search(
        self, query: Vectors, limit: int, audience: int | None = None
    ) -> tuple[Vectors, Rows]:
        """Best ``limit`` rows for one query vector, as ``(scores, rows)``, best first.

        Rows whose audience has a higher rank than ``audience`` are not found; None finds all.
        """
        # Per thread and therefore here: a single query is answered soonest by one core; several
        # wait for each other, 20 ms instead of 1 where the other core is busy.
        faiss.omp_set_num_threads(1)
        limit = min(limit, self.count)
        if limit == 0:
            return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
        parameters = None if audience is None else self._restricted(self._audience <= audience)
        scores, rows = self._index.search(query.reshape(1, -1), limit, params=parameters)
        found = rows[0] >= 0
        return scores[0][found], rows[0][found]

    def _restricted(self, allowed: npt.NDArray[np.bool_]) -> faiss.SearchParameters:
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        if self.exact:
            return faiss.SearchParameters(sel=selector)
        return faiss.SearchParametersHNSW(sel=selector, efSearch=_EF_SEARCH)

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """The query compared with the given rows, in their order."""
        return self._vectors[rows] @ query

    def rows(self, numbers: Rows) -> Vectors:
        """The vectors of the given rows, ``(len(numbers), dimension)``."""
        return self._vectors[numbers]


def write_vectors(vectors: Vectors, path: Path, *, exact: bool) -> None:
    """Write an index over ``vectors`` (rows of length 1) to ``path``."""
    dimension = vectors.shape[1]
    faiss.omp_set_num_threads(os.cpu_count() or 1)
    if exact:
        index: faiss.Index = faiss.IndexFlatIP(dimension)
    else:
        index = faiss.IndexHNSWFlat(dimension, _NEIGHBOURS, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = _EF_CONSTRUCTION
    index.add(np.ascontiguousarray(vectors, dtype=np.float32))
    faiss.write_index(index, str(path))


def open_vectors(path: Path, audience: npt.NDArray[np.uint8]) -> VectorIndex:
    """Open an index memory-mapped, so that opening is fast and pages are shared.

    Raises IndexDamagedError when the file is no index of ours.
    """
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_READ_ONLY)
    except RuntimeError as error:
        raise IndexDamagedError(f"{path.name} is not a readable vector index.") from error
    if hasattr(index, "hnsw"):
        index.hnsw.efSearch = _EF_SEARCH
    try:
        return VectorIndex(index, audience)
    except AttributeError as error:
        raise IndexDamagedError(f"{path.name} holds another kind of vector index.") from error
