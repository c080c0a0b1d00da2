"""Calls that come while the model is busy are encoded together, in one call."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

# One call stays short enough for whoever comes next.
MOST_TEXTS = 64


# Texts of one call are padded to the longest: one long question would cost each short one as much.
_MOST_LONGER = 1.5


def alike_in_length(texts: Sequence[str]) -> list[list[int]]:
    """Positions of the texts in groups whose longest is little longer than their shortest."""
    groups: list[list[int]] = []
    for at in sorted(range(len(texts)), key=lambda at: len(texts[at])):
        if groups and len(texts[at]) <= _MOST_LONGER * max(len(texts[groups[-1][0]]), 1):
            groups[-1].append(at)
        else:
            groups.append([at])
    return groups


@dataclass(slots=True, eq=False)
class _Call:
    texts: Sequence[str]
    vectors: Floats | None = None
    error: BaseException | None = None

    @property
    def ended(self) -> bool:
        return self.vectors is not None or self.error is not None


class Batcher:
    """Gives every caller the vectors of its own texts; nobody waits for company.

    Whoever finds the model free encodes all that waits, its own texts and those of others; a
    lone caller begins at once. Calls are taken in the order in which they came, up to
    ``MOST_TEXTS`` at a time (a longer call goes alone). An error reaches the callers of its batch
    and nobody else.
    """

    def __init__(self, encode: Callable[[list[str]], Floats]) -> None:
        self._encode = encode
        # The one lock of the model: encodes at the same time fight for the same cores.
        self._model = threading.Lock()
        self._waiting: deque[_Call] = deque()

    def __call__(self, texts: Sequence[str]) -> Floats:
        """``(len(texts), dimension)``; raises what encoding the batch raised."""
        mine = _Call(texts)
        self._waiting.append(mine)
        while not mine.ended:
            with self._model:
                if not mine.ended:
                    self._encode_together(self._taken())
        if mine.error is not None:
            raise mine.error
        assert mine.vectors is not None
        return mine.vectors

    def _taken(self) -> list[_Call]:
        """Only the holder of the lock takes."""
        calls = [self._waiting.popleft()]
        count = len(calls[0].texts)
        while self._waiting and count + len(self._waiting[0].texts) <= MOST_TEXTS:
            calls.append(self._waiting.popleft())
            count += len(calls[-1].texts)
        return calls

    def _encode_together(self, calls: Sequence[_Call]) -> None:
        try:
            vectors = self._encode([text for call in calls for text in call.texts])
            ends = np.cumsum([len(call.texts) for call in calls])[:-1]
            parts = np.split(vectors, ends)
        except BaseException as error:  # noqa: BLE001 - nobody else would tell those who wait
            for call in calls:
                call.error = error
            return
        for call, part in zip(calls, parts, strict=True):
            # A view would keep the whole batch in memory, and share its flags.
            call.vectors = part.copy() if len(calls) > 1 else part
