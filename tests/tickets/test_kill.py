"""What was acknowledged survives a killed process; nothing is doubled."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.tables.tickets import ticket_comments, ticket_events, tickets
from kb_assist.storage.upgrade import upgrade

ROOT = Path(__file__).parents[2]
PEOPLE = 20

# Twenty people save at once, each on a ticket of their own and all on one; every save that was
# committed is told on standard output.
_SAVES = """
import sys, threading
from datetime import UTC, datetime
from kb_assist.storage.db import Database
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import SYSTEM, CommentKind, Draft, Edit
from kb_assist.tickets.targets import Policy
from kb_assist.tickets.work import edit

database = Database(sys.argv[1])
policy = Policy()

def desk(connection):
    return Desk(connection, SYSTEM, datetime.now(UTC), policy)

def work(person):
    for turn in range(100000):
        name = f"{person}-{turn}"
        with database.write() as connection:
            ticket = create(desk(connection), Draft(name, "x", external_id=name)).ticket
            comment(desk(connection), 1, Words(CommentKind.INTERNAL, name, external_id=name))
            edit(desk(connection), ticket.id, Edit(product=name))
        print(name, flush=True)

for person in range(int(sys.argv[2])):
    threading.Thread(target=work, args=(person,), daemon=True).start()
threading.Event().wait()
"""


def test_kill_9_during_twenty_saves_loses_and_doubles_nothing(tmp_path: Path) -> None:
    url = str(sqlite_url(tmp_path / "killed.db"))
    database = Database(url)
    upgrade(database)
    command = [sys.executable, "-c", _SAVES, url, str(PEOPLE)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        told = [running.stdout.readline().strip() for _ in range(60)]
        os.kill(running.pid, signal.SIGKILL)
        told += [line.strip() for line in running.stdout if line.endswith("\n")]
    with database.read() as connection:
        stored = connection.execute(select(tickets.c.external_id, tickets.c.product)).all()
        comments = connection.execute(select(ticket_comments.c.body)).scalars().all()
        changed = connection.execute(
            select(func.count()).select_from(ticket_events).where(ticket_events.c.kind == "changed")
        ).scalar_one()
    database.close()

    names = [row.external_id for row in stored]
    assert set(told) <= set(names)
    assert len(names) == len(set(names))
    # A save is whole: the ticket, its comment, its change and the event, or nothing of it.
    assert sorted(names) == sorted(comments)
    assert all(row.external_id == row.product for row in stored)
    assert changed == len(names)
    assert len(names) <= len(told) + PEOPLE
