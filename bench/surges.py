"""``python -m bench.surges``: what looking for a surge costs per new ticket.

Vectors lie around random topics; a topic that was never seen comes five times at the end. Prints
one JSON object.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from kb_assist.monitoring.surges import Floats, History, detect

_DIMENSION = 384
_TOPICS = 1_000
_STORED = 100_000
_NOISE = 0.9
_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def main() -> None:
    threadpool_limits(limits=1, user_api="blas")
    print(json.dumps(cost(), indent=2))


def cost() -> dict[str, Any]:
    """Milliseconds per ticket where the whole history is compared, which is the dear case."""
    random = np.random.default_rng(1)
    centres = _unit(random.normal(size=(_TOPICS, _DIMENSION)))
    drawn = random.integers(0, _TOPICS, _STORED)
    vectors = np.concatenate(
        [_around(random, centres[drawn[at : at + 10_000]]) for at in range(0, _STORED, 10_000)]
    )
    seconds = _NOW.timestamp() - np.linspace(90 * 86_400, 0, _STORED)
    unseen = _unit(random.normal(size=(1, _DIMENSION)))
    members = _around(random, np.repeat(unseen, 5, axis=0))
    vectors[-4:] = members[:4]
    history = History(np.arange(_STORED, dtype=np.int64), seconds, vectors)
    spent: list[float] = []
    for number in range(50):
        begin = time.perf_counter()
        found = detect(history, (_STORED + number, _NOW + timedelta(seconds=1), members[4]))
        spent.append((time.perf_counter() - begin) * 1000)
        assert found is not None, "the surge must be found, or the dear case was not measured"
    return {
        "stored": _STORED,
        "p50_ms": round(float(np.median(spent)), 2),
        "p95_ms": round(float(np.quantile(spent, 0.95)), 2),
    }


def _around(random: np.random.Generator, centres: Floats) -> Floats:
    noise = _unit(random.normal(size=centres.shape))
    return _unit(centres + _NOISE * noise).astype(np.float32)


def _unit(vectors: Floats) -> Floats:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


if __name__ == "__main__":
    main()
