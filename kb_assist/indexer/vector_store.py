"""What ranking asks of the vectors of one published index, wherever they are kept."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from kb_assist.indexer.embedding.embedder import Vectors

Rows = npt.NDArray[np.int64]


class VectorStore(Protocol):
    """Unit vectors numbered from 0, compared by inner product. Read-only, safe between threads.

    A store that is out of reach raises VectorsUnavailableError; search then goes on by words.
    """

    @property
    def count(self) -> int: ...

    @property
    def waits(self) -> bool:
        """Whether answers come from another process, so that several may be asked for at once."""
        ...

    def search(
        self, query: Vectors, limit: int, audience: int | None = None
    ) -> tuple[Vectors, Rows]:
        """Best ``limit`` rows for one query vector, as ``(scores, rows)``, best first.

        Rows whose audience has a higher rank than ``audience`` are not found; None finds all.
        """
        ...

    def cosines(self, query: Vectors, rows: Rows) -> Vectors:
        """The query compared with the given rows, in their order."""
        ...

    def rows(self, numbers: Rows) -> Vectors:
        """The vectors of the given rows, ``(len(numbers), dimension)``."""
        ...


class VectorWriter(Protocol):
    """Takes the vectors of an index that is being built."""

    def __call__(
        self, kind: str, vectors: Vectors, audience: npt.NDArray[np.uint8], *, exact: bool
    ) -> None:
        """``kind`` is ``chunks`` or ``titles``; ``audience`` is the rank of each row."""
        ...
