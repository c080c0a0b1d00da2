"""Fifty agents at once over HTTP: no error, no lost write, how long they wait.

python -m bench.agents [--agents 50] [--seconds 60]
"""

from __future__ import annotations

import argparse
import http.client
import json
import logging
import random
import statistics
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import waitress
from sqlalchemy import func, select

from kb_assist.app import create_app
from kb_assist.auth import accounts, tokens
from kb_assist.auth.accounts import NewAccount
from kb_assist.auth.model import Role, Scope, User
from kb_assist.auth.passwords import Passwords
from kb_assist.auth.tokens import TokenRequest
from kb_assist.bootstrap import Services, build_services
from kb_assist.settings import Settings
from kb_assist.storage.tables.tickets import ticket_comments, ticket_events
from kb_assist.storage.upgrade import upgrade
from kb_assist.tickets.intake import create
from kb_assist.tickets.model import SYSTEM, Draft

TICKETS = 200
PASSWORD = "nobody signs in with this one"
_READS = ("/api/v1/tickets?view=open", "/api/v1/tickets?view=my", "/api/v1/queues")


@dataclass
class Agent:
    """One person's browser; remembers what the server acknowledged."""

    port: int
    token: str
    number: int
    until: float
    comments: list[str] = field(default_factory=list)
    saves: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)

    def work(self) -> None:
        chance = random.Random(self.number)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        turn = 0
        while time.monotonic() < self.until:
            turn += 1
            self._look(connection, chance)
            self._write(connection, chance.randrange(1, TICKETS + 1), f"{self.number}-{turn}")
            # Nobody types faster than that.
            time.sleep(chance.uniform(0.2, 1.0))
        connection.close()

    def _look(self, connection: Any, chance: random.Random) -> None:
        self._ask(connection, "GET", chance.choice(_READS))

    def _write(self, connection: Any, ticket: int, name: str) -> None:
        path = f"/api/v1/tickets/{ticket}"
        body = {"body": name, "external_id": name, "source": "bench"}
        if self._ask(connection, "POST", f"{path}/comments", body)[0] == 201:
            self.comments.append(name)
        _, etag = self._ask(connection, "GET", path)
        if self._ask(connection, "PATCH", path, {"product": name}, etag)[0] == 200:
            self.saves.append(name)

    def _ask(
        self, connection: Any, method: str, path: str, body: Any = None, etag: str = ""
    ) -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if etag:
            headers["If-Match"] = etag
        started = time.perf_counter()
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        answer.read()
        self.waits.append((time.perf_counter() - started) * 1_000)
        self.statuses[answer.status] += 1
        return answer.status, answer.headers.get("ETag", "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kb-agents-"))
    services = build_services(Settings(var=folder, articles=folder))
    upgrade(services.database)
    secrets = _prepare(services, options.agents)
    app = create_app(services.settings, services)
    # One line per slow moment is noise.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=8)
    threading.Thread(target=server.run, daemon=True).start()
    until = time.monotonic() + options.seconds
    agents = [Agent(server.effective_port, s, n, until) for n, s in enumerate(secrets)]
    threads = [threading.Thread(target=agent.work) for agent in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _report(services, agents)
    server.close()


def _prepare(services: Services, agents: int) -> list[str]:
    now = datetime.now(UTC)
    passwords = Passwords(time_cost=1, memory_kib=64)
    made = []
    with services.database.write() as connection:
        for number in range(agents):
            new = NewAccount(f"agent{number}", f"Agent {number}", Role.L2_AGENT, password=PASSWORD)
            user = accounts.create(connection, passwords, new, at=now)
            assert isinstance(user, User)
            wanted = TokenRequest("bench", frozenset({Scope.TICKETS_WRITE}), 2)
            token = tokens.create(connection, user, wanted, at=now)
            assert token is not None
            made.append(token.secret)
    with services.desk(SYSTEM) as desk:
        for number in range(TICKETS):
            create(desk, Draft(f"Ticket {number}", "VPN, Fehler 809"))
    return made


def _report(services: Services, agents: list[Agent]) -> None:
    statuses: Counter[int] = sum((agent.statuses for agent in agents), Counter())
    waits = sorted(wait for agent in agents for wait in agent.waits)
    comments = [name for agent in agents for name in agent.comments]
    saves = [name for agent in agents for name in agent.saves]
    with services.database.read() as connection:
        stored = connection.execute(select(ticket_comments.c.body)).scalars().all()
        changed = connection.execute(
            select(ticket_events.c.after).where(ticket_events.c.kind == "changed")
        ).scalars()
        products = Counter(after["product"] for after in changed)
        events = connection.execute(select(func.count()).select_from(ticket_events)).scalar_one()
    lost = [name for name in comments if name not in set(stored)]
    lost += [name for name in saves if products[name] != 1]
    print(f"requests: {len(waits)}, by status {dict(sorted(statuses.items()))}")
    p95 = waits[int(len(waits) * 0.95)]
    print(f"wait: p50 {statistics.median(waits):.0f} ms, p95 {p95:.0f} ms")
    print(f"acknowledged: {len(comments)} comments, {len(saves)} saves; lost: {len(lost)}")
    print(f"doubled: {len(stored) - len(set(stored))}; events: {events}")


if __name__ == "__main__":
    main()
