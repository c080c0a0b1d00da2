"""200,000 tickets: import rate, queue, ticket, similar tickets, full-text search, a save.

    python -m bench.tickets [--count 200000] [--folder DIR]

A folder that already holds the database is measured again without importing.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.tables.accounts import groups, users
from kb_assist.storage.upgrade import upgrade
from kb_assist.tickets import comments_store, events_store, links_store, queue, store, suggest
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.lifecycle import allowed
from kb_assist.tickets.model import SYSTEM, CommentKind, Edit, State
from kb_assist.tickets.queue_model import Order, QueueQuery, View, Viewer
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.targets import Policy
from kb_assist.tickets.transfer.importing import BATCH, import_batch
from kb_assist.tickets.transfer.model import Place, RawRow
from kb_assist.tickets.work import edit

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DEMO = Path(__file__).parents[1] / "demo" / "tickets.jsonl"
GROUPS = ("Service Desk", "Second Level", "Netzwerk L3", "Messaging L3")
RUNS = 60
# Of 200,000 tickets of two years this many are open on a bad day.
OPEN_SHARE = 0.03


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="kb-bench-"))
    path = folder / "bench.db"
    fresh = not path.exists()
    database = Database(sqlite_url(path))
    upgrade(database)
    if fresh:
        prepare(database)
        seconds = fill(database, options.count)
        rate = options.count / seconds
        print(f"import: {options.count} tickets in {seconds:.0f} s, {rate:.0f} a second")
    print(f"database: {path.stat().st_size / 1e6:.0f} MB")
    for name, measured in measurements(database, options.count):
        print(line(name, measured))


def prepare(database: Database) -> None:
    levels = ("l1", "l2", "l3", "l3")
    with database.write() as connection:
        rows = [{"name": n, "support_level": v} for n, v in zip(GROUPS, levels, strict=True)]
        connection.execute(insert(groups), rows)
        people = [
            {"login": f"agent{n}", "display_name": f"Agent {n}", "role": "l2_agent"}
            for n in range(1, 21)
        ]
        connection.execute(insert(users), [row | {"created_at": NOW} for row in people])


def tickets_like(lines: list[dict[str, Any]], count: int) -> Iterator[dict[str, Any]]:
    """Tickets whose words come from the demo, mixed so that no two are alike."""
    chance = random.Random(7)
    sentences = [s for line in lines for s in line["body"].replace("\n", " ").split(". ") if s]
    for number in range(count):
        line = chance.choice(lines)
        mixed = [line["body"], *chance.sample(sentences, 2), f"Rechner PC-{number % 9000:04d}."]
        is_open = number >= count * (1 - OPEN_SHARE)
        created = NOW - timedelta(minutes=(count - number) * 5.2)
        yield {
            "id": f"B-{number}",
            "subject": f"{line['subject']} ({number % 977})",
            "body": " ".join(mixed),
            "language": line["language"],
            "channel": line["channel"],
            "impact": line["impact"],
            "urgency": line["urgency"],
            "product": line["product"],
            "group": chance.choice(GROUPS),
            "requester_name": line["requester"]["name"],
            "requester_email": line["requester"]["email"],
            "created": created.isoformat(),
            "state": "assigned" if is_open else "closed",
            "resolution": line["resolution"] or "Neu gestartet, geht wieder.",
            "resolved": (created + timedelta(hours=chance.uniform(0.5, 60))).isoformat(),
            "comments": [{"kind": "agent", "body": "Ich sehe es mir an.", "author": "Agent"}],
        }


def fill(database: Database, count: int) -> float:
    lines = [json.loads(line) for line in DEMO.read_text(encoding="utf-8").splitlines()]
    made = tickets_like(lines, count)
    started = time.perf_counter()
    done = 0
    while batch := list(islice(made, BATCH)):
        rows = [RawRow(Place("bench", done + n), values) for n, values in enumerate(batch)]
        with database.write() as connection:
            import_batch(Desk(connection, SYSTEM, NOW, Policy()), rows, source="bench")
        done += len(batch)
        if done % 20_000 == 0:
            print(f"  {done} after {time.perf_counter() - started:.0f} s", flush=True)
    return time.perf_counter() - started


def measurements(database: Database, count: int) -> Iterator[tuple[str, list[float]]]:
    chance = random.Random(11)
    viewer = Viewer(NOW, 1, (1, 2))

    def some_ticket() -> int:
        return chance.randrange(1, count + 1)

    def page(query: QueueQuery) -> Callable[[], Any]:
        def look() -> Any:
            with database.read() as connection:
                return queue.look(connection, query, viewer=viewer)

        return look

    yield "queue: my groups", _timed(page(QueueQuery(view=View.MY_GROUPS)))
    yield "queue: breached", _timed(page(QueueQuery(view=View.BREACHED)))
    yield "queue: open, by priority", _timed(page(QueueQuery(order=Order.PRIORITY)))
    yield "queue: all, newest", _timed(page(QueueQuery(view=View.ALL, order=Order.NEWEST)))
    resolved = QueueQuery(view=View.ALL, states=(State.CLOSED,), order=Order.UPDATED)
    yield "queue: closed, last changed", _timed(page(resolved))
    for text in ("0x80070002", "drucker", "vpn 809", "PC-0815", "outlook kennwort fenster"):
        query = QueueQuery(view=View.ALL, text=text, order=Order.UPDATED)
        yield f"full text: {text}", _timed(page(query))

    def counts() -> None:
        with database.read() as connection:
            queue.counts(connection, viewer)

    def ticket() -> None:
        with database.read() as connection:
            _read_ticket(connection, some_ticket())

    def similar() -> None:
        with database.read() as connection:
            suggest.similar(connection, suggest.question(connection, some_ticket()), None)

    def save() -> None:
        with database.write() as connection:
            desk = Desk(connection, SYSTEM, NOW, Policy())
            edit(desk, some_ticket(), Edit(product=f"P{chance.random()}"))

    def write_comment() -> None:
        with database.write() as connection:
            desk = Desk(connection, SYSTEM, NOW, Policy())
            comment(desk, some_ticket(), Words(CommentKind.INTERNAL, "Notiz"))

    yield "counts of all views", _timed(counts)
    yield "ticket with everything", _timed(ticket)
    yield "similar tickets, by words", _timed(similar)
    yield "save of a field", _timed(save)
    yield "comment", _timed(write_comment)


def _read_ticket(connection: Any, ticket_id: int) -> None:
    """What a ticket's page reads beside suggestions."""
    ticket = store.get(connection, ticket_id)
    comments_store.of_ticket(connection, ticket_id)
    events_store.of_ticket(connection, ticket_id)
    links_store.relations_of(connection, ticket_id)
    links_store.articles_of(connection, ticket_id)
    records_store.cis_of(connection, list(links_store.ci_roles(connection, ticket_id)))
    allowed(ticket, links_store.hindrances(connection, ticket_id))


def _timed(work: Callable[[], Any]) -> list[float]:
    """Milliseconds of each run, after two that warm up."""
    times = []
    for _ in range(RUNS + 2):
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) * 1_000)
    return sorted(times[2:])


def line(name: str, times: list[float]) -> str:
    p95 = times[int(len(times) * 0.95)]
    return f"{name:<34} p50 {statistics.median(times):7.1f} ms   p95 {p95:7.1f} ms"


if __name__ == "__main__":
    main()
