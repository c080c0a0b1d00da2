"""``python -m bench.surges [TICKETS …]``: what looking for a surge costs, and what it finds.

Cost: vectors lie around random topics; a topic that was never seen comes twelve times at the end.

The invented outages of ``surges.jsonl`` are planted, one at a time and each in many random orders,
among 500 tickets of ``complaints.jsonl``, which are invented as well: those about the same service
are left out, then they may come, too. Of those that come after a surge was found it is told how
many are taken for its own. ``surges.json`` says of each outage which topics are about the same
service, and of which kind it is: ten people with the same problem, who say plainly what fails or
put it however they like; ten people to whom the same incident does different things; or one of
those the rule was chosen with.

False surges: all complaints in random order at working hours, to new desks that know nothing yet,
each once, and to one desk until it has ten thousand.

With files of real tickets (JSON lines with subject, body, language) it is done again with these in
place of the complaints: with the half of them on which the rule was not chosen. Prints one JSON
object.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from kb_assist.correlation import meaning
from kb_assist.correlation.surges import Space, centred
from kb_assist.correlation.surges_store import Arrival
from kb_assist.indexer.embedding.embedder import load_embedder
from kb_assist.indexer.query_cache import query_vectors
from kb_assist.monitoring.surges import Floats, Found, History, belongs, detect
from kb_assist.retrieval.query import clean_query
from kb_assist.settings import load_settings

_DIMENSION = 384
_TOPICS = 1_000
STORED = 100_000
_NOISE = 0.9
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

HERE = Path(__file__).parent
_SPLIT = 99
# From this cosine on a ticket is a second copy of another and no ticket of its own.
_COPY = 0.995
_REPLAYED = 100_000
_ONE_DESK = 10_000
BEFORE = 500
_ORDERS = 200
_PER_HOUR = 12
_DAY_HOURS = 10


@dataclass(frozen=True, slots=True)
class Words:
    """A ticket with the outage it is planted as, or with the topic of an ordinary one."""

    surge: str
    topic: str
    language: str
    vector: Floats
    """As in ``Arrival``."""


@dataclass(frozen=True, slots=True)
class Outage:
    name: str
    kind: str
    members: tuple[Words, ...]
    related: frozenset[str]
    """Topics about the same service."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How one order went."""

    at: int
    """With which of its tickets the outage was found; 0: not at all."""
    joined: Counter[str]
    """Of the tickets that came later: how many were taken in of ``own`` and ``ordinary`` ones,
    and of ``all_own`` and ``all_ordinary``; of ``other``, tickets of outages of another service."""


def main() -> None:
    threadpool_limits(limits=1, user_api="blas")
    measured: dict[str, Any] = {"cost": cost()}
    complaints, outages, space = embedded(lines(HERE / "complaints.jsonl"))
    measured["complaints"] = {
        "found_among_unrelated": outages_found(complaints, outages, space),
        "found_among_all": outages_found(complaints, outages, space, related=True),
        **_false(complaints, space),
    }
    if files := [Path(name) for name in sys.argv[1:]]:
        ordinary, outages, space = embedded([one for file in files for one in lines(file)])
        ordinary = _unseen(ordinary)
        measured["files"] = {
            "found": outages_found(ordinary, outages, space),
            **_false(ordinary, space),
        }
    print(json.dumps(measured, indent=2))


def _false(ordinary: Sequence[Words], space: Space) -> dict[str, Any]:
    rounds = math.ceil(_ONE_DESK / len(ordinary))
    return {
        "false_at_new_desks": false_surges(ordinary, space, _REPLAYED, rounds=1),
        "false_at_one_desk": false_surges(ordinary, space, _ONE_DESK, rounds=rounds),
    }


def false_surges(
    ordinary: Sequence[Words], space: Space, least: int, *, rounds: int
) -> dict[str, int]:
    """Surges at desks that get all ordinary tickets so many times, until ``least`` have come."""
    replayed = desks = found = 0
    while replayed < least:
        random = np.random.default_rng(desks)
        order = [ordinary[at] for _ in range(rounds) for at in random.permutation(len(ordinary))]
        found += sum(1 for _ in _replay(order, working_hours(random, len(order)), space))
        replayed, desks = replayed + len(order), desks + 1
    return {"desks": desks, "tickets": replayed, "surges": found}


def outages_found(
    ordinary: Sequence[Words], outages: Sequence[Outage], space: Space, *, related: bool = False
) -> dict[str, Any]:
    """By kind of outage: per cent found by the 4th, 5th, 6th and 10th ticket, and what joined.

    ``related``: ordinary tickets about the same service may come as well.
    """
    told: dict[str, Any] = {}
    for kind in dict.fromkeys(one.kind for one in outages):
        ended: dict[str, list[Ending]] = {}
        for outage in (one for one in outages if one.kind == kind):
            pool = [one for one in ordinary if related or one.topic not in outage.related]
            apart = (one for one in outages if not one.related & outage.related)
            other = [word for one in apart if one.kind == kind for word in one.members]
            ended[outage.name] = [
                _planted(pool, outage.members, other, space, seed) for seed in range(_ORDERS)
            ]
        told[kind] = _told([one for some in ended.values() for one in some])
        told[kind]["by_4th"] = {name: _within(some, 4) for name, some in ended.items()}
    return told


def _told(ended: Sequence[Ending]) -> dict[str, Any]:
    joined = sum((one.joined for one in ended), Counter[str]())
    return {
        "orders": len(ended),
        "within": {str(count): _within(ended, count) for count in (4, 5, 6, 10)},
        "joined": {
            name: round(100 * joined[name] / max(1, joined[f"all_{name}"]), 1)
            for name in ("own", "ordinary", "other")
        },
    }


def _within(ended: Sequence[Ending], count: int) -> float:
    return round(100 * sum(0 < one.at <= count for one in ended) / len(ended), 1)


def _unseen(ordinary: Sequence[Words]) -> list[Words]:
    """The half on which the rule was not chosen, without copies."""
    drawn = np.random.default_rng(_SPLIT).permutation(len(ordinary))[len(ordinary) // 2 :]
    half = [ordinary[at] for at in drawn]
    vectors = np.stack([one.vector for one in half])
    cosines = np.tril(vectors @ vectors.T, -1)
    return [one for one, row in zip(half, cosines, strict=True) if row.max() < _COPY]


def _planted(
    ordinary: Sequence[Words],
    members: Sequence[Words],
    other: Sequence[Words],
    space: Space,
    seed: int,
) -> Ending:
    random = np.random.default_rng(seed)
    before = [ordinary[at] for at in random.permutation(len(ordinary))[:BEFORE]]
    moments = working_hours(random, BEFORE)
    begin = moments[400].replace(hour=9, minute=0)
    outage = sorted(begin + timedelta(minutes=m) for m in random.uniform(0, 120, len(members)))
    order = [members[at] for at in random.permutation(len(members))]
    mixed = [*zip(moments, before, strict=True), *zip(outage, order, strict=True)]
    mixed.sort(key=lambda pair: pair[0])
    own = [row for row, (_, one) in enumerate(mixed) if one.surge]
    times = [at for at, _ in mixed]
    looked_at = _replay([one for _, one in mixed], times, space, only=own)
    for row, one in looked_at:
        if 2 * len(set(one.ids) & set(own)) > len(one.ids):
            words = [word for _, word in mixed] + list(other)
            vectors = _directions(words, times + [times[-1]] * len(other), space)
            return Ending(own.index(row) + 1, _joined(one, row, own, vectors, len(mixed)))
    return Ending(0, Counter())


def _joined(
    surge: Found, row: int, own: Sequence[int], vectors: Floats, count: int
) -> Counter[str]:
    joined: Counter[str] = Counter()
    for at in range(row + 1, len(vectors)):
        kind = "own" if at in own else "ordinary" if at < count else "other"
        joined[f"all_{kind}"] += 1
        joined[kind] += belongs(vectors[at], surge.centre, surge.level)
    return joined


def _replay(
    order: Sequence[Words],
    moments: Sequence[datetime],
    space: Space,
    *,
    only: Sequence[int] | None = None,
) -> Iterator[tuple[int, Found]]:
    """Surges with the row of the ticket that completes them; ``only``: rows that are looked at."""
    vectors = _directions(order, moments, space)
    ids = np.arange(len(order), dtype=np.int64)
    seconds = np.array([at.timestamp() for at in moments])
    taken: set[int] = set()
    for row in range(len(order)) if only is None else only:
        known = History(ids[:row], seconds[:row], vectors[:row])
        surge = detect(known, (row, moments[row], vectors[row]), taken=sorted(taken))
        if surge is not None:
            taken.update(surge.ids)
            yield row, surge


def _directions(order: Sequence[Words], moments: Sequence[datetime], space: Space) -> Floats:
    return centred(
        [
            Arrival(row, at, one.language, one.vector)
            for row, (one, at) in enumerate(zip(order, moments, strict=True))
        ],
        space,
    )


def working_hours(random: np.random.Generator, count: int) -> list[datetime]:
    """On working days from eight to six."""
    minutes = np.sort(random.uniform(0, count / _PER_HOUR * 60, count))
    days, left = np.divmod(minutes, _DAY_HOURS * 60)
    start = NOW.replace(hour=8) - timedelta(days=NOW.weekday())
    return [
        start + timedelta(days=int(day // 5 * 7 + day % 5), minutes=float(minute))
        for day, minute in zip(days, left, strict=True)
    ]


def lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def embedded(ordinary: list[dict[str, str]]) -> tuple[list[Words], list[Outage], Space]:
    """Ordinary tickets, outages and where they lie; vectors are kept in var."""
    settings = load_settings()
    embedder = load_embedder(settings)
    known = ordinary + lines(HERE / "surges.jsonl")
    texts = [
        clean_query(one["body"], language=one["language"], subject=one["subject"]).text
        for one in known
    ]
    vectors = query_vectors(settings.cache_dir / "surges.sqlite", embedder, texts)
    words = [
        Words(one.get("surge", ""), one.get("topic", ""), one["language"], vector)
        for one, vector in zip(known, vectors, strict=True)
    ]
    told = json.loads((HERE / "surges.json").read_text(encoding="utf-8"))
    outages = [
        Outage(
            name,
            one["kind"],
            tuple(word for word in words if word.surge == name),
            frozenset(one["related"]),
        )
        for name, one in told.items()
    ]
    return [one for one in words if not one.surge], outages, meaning.space(embedder)


def cost() -> dict[str, Any]:
    """Milliseconds per ticket where the whole history is compared, which is the dear case."""
    random = np.random.default_rng(1)
    centres = _unit(random.normal(size=(_TOPICS, _DIMENSION)))
    drawn = random.integers(0, _TOPICS, STORED)
    vectors = np.concatenate(
        [_around(random, centres[drawn[at : at + 10_000]]) for at in range(0, STORED, 10_000)]
    )
    seconds = NOW.timestamp() - np.linspace(90 * 86_400, 0, STORED)
    unseen = _unit(random.normal(size=(1, _DIMENSION)))
    members = _around(random, np.repeat(unseen, 12, axis=0))
    vectors[-11:] = members[:11]
    history = History(np.arange(STORED, dtype=np.int64), seconds, vectors)
    spent: list[float] = []
    for number in range(50):
        begin = time.perf_counter()
        found = detect(history, (STORED + number, NOW + timedelta(seconds=1), members[11]))
        spent.append((time.perf_counter() - begin) * 1000)
        assert found is not None, "the surge must be found, or the dear case was not measured"
    return {
        "stored": STORED,
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
