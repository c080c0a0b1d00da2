"""``python -m bench.surges [TICKETS …]``: what looking for a surge costs, and what it finds.

Cost: vectors lie around random topics; a topic that was never seen comes twelve times at the end.

With files of real tickets (JSON lines with subject, body, language), these come in random order at
working hours, and every surge found is a false one: to new desks that know nothing yet, each ticket
once, and to one desk until it has ten thousand, each ticket several times. Then the invented
outages of ``surges.jsonl`` are planted among 500 of them, one at a time and each in many random
orders, and again with the tickets of the other outages among the 500. Only the half of the tickets
is replayed on which the rule was not chosen. The same is done with the last layer of the model
alone. Prints one JSON object.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from kb_assist.correlation import meaning
from kb_assist.correlation.surges import Space, centred
from kb_assist.correlation.surges_store import Arrival
from kb_assist.indexer.embedding.embedder import load_embedder
from kb_assist.indexer.query_cache import cached_vectors
from kb_assist.monitoring.surges import Floats, Found, History, detect
from kb_assist.retrieval.query import clean_query
from kb_assist.settings import load_settings

# Two layers of the default model.
_DIMENSION = 768
_TOPICS = 1_000
_STORED = 100_000
_NOISE = 0.9
_NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

_PLANTED = Path(__file__).with_suffix(".jsonl")
_SPLIT = 99
# From this cosine on a ticket is a second copy of another and no ticket of its own.
_COPY = 0.995
_REPLAYED = 100_000
_ONE_DESK = 10_000
_BEFORE = 500
_ORDERS = 200
_PER_HOUR = 12
_DAY_HOURS = 10


@dataclass(frozen=True, slots=True)
class Words:
    """A ticket with what it is planted as; empty: ordinary."""

    surge: str
    language: str
    vector: Floats
    """As in ``Arrival``."""


def main() -> None:
    threadpool_limits(limits=1, user_api="blas")
    measured: dict[str, Any] = {"cost": cost()}
    if files := [Path(name) for name in sys.argv[1:]]:
        ordinary, planted, space = _embedded(files)
        ordinary = _unseen(ordinary, space.depth)
        measured |= _measured(ordinary, planted, space)
        alone = _last_layer(space)
        parts = [[_part(one, space.depth) for one in some] for some in (ordinary, planted)]
        measured["last_layer_alone"] = _measured(*parts, alone)
    print(json.dumps(measured, indent=2))


def _measured(ordinary: Sequence[Words], planted: Sequence[Words], space: Space) -> dict[str, Any]:
    rounds = math.ceil(_ONE_DESK / len(ordinary))
    return {
        "false_at_new_desks": false_surges(ordinary, space, _REPLAYED, rounds=1),
        "false_at_one_desk": false_surges(ordinary, space, _ONE_DESK, rounds=rounds),
        "found_at": found_at(ordinary, planted, space),
        "found_at_among_complaints": found_at(ordinary, planted, space, among_complaints=True),
    }


def _last_layer(space: Space) -> Space:
    return Space(space.key, lambda language: np.split(space.prior(language), space.depth)[0])


def _part(one: Words, depth: int) -> Words:
    return replace(one, vector=np.split(one.vector, depth)[0])


def false_surges(
    ordinary: Sequence[Words], space: Space, least: int, *, rounds: int
) -> dict[str, int]:
    """Surges at desks that get all ordinary tickets so many times, until ``least`` have come."""
    replayed = desks = found = 0
    while replayed < least:
        random = np.random.default_rng(desks)
        order = [ordinary[at] for _ in range(rounds) for at in random.permutation(len(ordinary))]
        found += sum(1 for _ in _replay(order, _moments(random, len(order)), space))
        replayed, desks = replayed + len(order), desks + 1
    return {"desks": desks, "tickets": replayed, "surges": found}


def found_at(
    ordinary: Sequence[Words],
    planted: Sequence[Words],
    space: Space,
    *,
    among_complaints: bool = False,
) -> dict[str, Any]:
    """By outage: in how many orders it was found with which of its tickets; 0: not at all.

    ``among_complaints``: the tickets of the other outages are among those it is planted in, so that
    it is not found by how people complain.
    """
    told: dict[str, Any] = {}
    for name in dict.fromkeys(one.surge for one in planted):
        members = [one for one in planted if one.surge == name]
        others = [replace(one, surge="") for one in planted if one.surge != name]
        like = others if among_complaints else []
        places = Counter(_planted(ordinary, members, like, space, seed) for seed in range(_ORDERS))
        told[name] = dict(sorted(places.items()))
    return told


def _unseen(ordinary: Sequence[Words], depth: int) -> list[Words]:
    """The half on which the rule was not chosen, without copies."""
    drawn = np.random.default_rng(_SPLIT).permutation(len(ordinary))[len(ordinary) // 2 :]
    half = [ordinary[at] for at in drawn]
    vectors = np.stack([_part(one, depth).vector for one in half])
    cosines = np.tril(vectors @ vectors.T, -1)
    return [one for one, row in zip(half, cosines, strict=True) if row.max() < _COPY]


def _planted(
    ordinary: Sequence[Words],
    members: Sequence[Words],
    like: Sequence[Words],
    space: Space,
    seed: int,
) -> int:
    random = np.random.default_rng(seed)
    drawn = random.permutation(len(ordinary))[: _BEFORE - len(like)]
    before = [ordinary[at] for at in drawn]
    if like:
        before += like
        random.shuffle(before)
    moments = _moments(random, _BEFORE)
    begin = moments[400].replace(hour=9, minute=0)
    outage = sorted(begin + timedelta(minutes=m) for m in random.uniform(0, 120, len(members)))
    order = [members[at] for at in random.permutation(len(members))]
    mixed = [*zip(moments, before, strict=True), *zip(outage, order, strict=True)]
    mixed.sort(key=lambda pair: pair[0])
    own = [row for row, (_, one) in enumerate(mixed) if one.surge]
    looked_at = _replay([one for _, one in mixed], [at for at, _ in mixed], space, only=own)
    for row, one in looked_at:
        if 2 * len(set(one.ids) & set(own)) > len(one.ids):
            return own.index(row) + 1
    return 0


def _replay(
    order: Sequence[Words],
    moments: Sequence[datetime],
    space: Space,
    *,
    only: Sequence[int] | None = None,
) -> Iterator[tuple[int, Found]]:
    """Surges with the row of the ticket that completes them; ``only``: rows that are looked at."""
    arrivals = [
        Arrival(row, at, one.language, one.vector)
        for row, (one, at) in enumerate(zip(order, moments, strict=True))
    ]
    vectors = centred(arrivals, space)
    ids = np.arange(len(order), dtype=np.int64)
    seconds = np.array([at.timestamp() for at in moments])
    taken: set[int] = set()
    for row in range(len(order)) if only is None else only:
        known = History(ids[:row], seconds[:row], vectors[:row])
        surge = detect(known, (row, moments[row], vectors[row]), taken=sorted(taken))
        if surge is not None:
            taken.update(surge.ids)
            yield row, surge


def _moments(random: np.random.Generator, count: int) -> list[datetime]:
    """On working days from eight to six."""
    minutes = np.sort(random.uniform(0, count / _PER_HOUR * 60, count))
    days, left = np.divmod(minutes, _DAY_HOURS * 60)
    start = _NOW.replace(hour=8) - timedelta(days=_NOW.weekday())
    return [
        start + timedelta(days=int(day // 5 * 7 + day % 5), minutes=float(minute))
        for day, minute in zip(days, left, strict=True)
    ]


def _embedded(files: Sequence[Path]) -> tuple[list[Words], list[Words], Space]:
    """Ordinary tickets, planted ones and where they lie; vectors are kept in var."""
    settings = load_settings()
    embedder = load_embedder(settings)
    lines = [
        json.loads(line)
        for file in (*files, _PLANTED)
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    texts = [
        clean_query(one["body"], language=one["language"], subject=one["subject"]).text
        for one in lines
    ]
    space = meaning.space(embedder)
    width = space.depth * embedder.identity.dimension
    vectors = cached_vectors(
        settings.cache_dir / "surges.sqlite",
        (space.key, width),
        lambda part: embedder.encode_layers(part).reshape(len(part), width),
        texts,
    )
    words = [
        Words(one.get("surge", ""), one["language"], vector)
        for one, vector in zip(lines, vectors, strict=True)
    ]
    return [one for one in words if not one.surge], [one for one in words if one.surge], space


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
    members = _around(random, np.repeat(unseen, 12, axis=0))
    vectors[-11:] = members[:11]
    history = History(np.arange(_STORED, dtype=np.int64), seconds, vectors)
    spent: list[float] = []
    for number in range(50):
        begin = time.perf_counter()
        found = detect(history, (_STORED + number, _NOW + timedelta(seconds=1), members[11]))
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
