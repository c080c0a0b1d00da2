"""kill -9 of a web node, the indexer and PostgreSQL under load: nothing is lost, nothing doubled.

python -m bench.killing [--seconds 60] [--nodes 3]: exit code 0 when every acknowledged write is
there once and every other answer said when to try again.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from bench.cluster import Answer, Cluster, Person
from kb_assist.auth.model import Role
from kb_assist.indexer.publish import STAGING_PREFIX
from kb_assist.storage.tables.tickets import ticket_comments, ticket_events, tickets

_WRITERS, _SEARCHERS = 4, 2
_AWAY = 503


@dataclass
class Client:
    """One program at the API; remembers what was acknowledged."""

    person: Person
    number: int
    over: threading.Event
    tickets: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    saves: list[str] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def write(self) -> None:
        """New tickets with a comment and a change each; repeated until acknowledged."""
        turn = 0
        while not self.over.is_set():
            turn += 1
            name = f"{self.number}-{turn}"
            new = {"subject": f"VPN {name}", "body": "error 809", "external_id": name}
            made = self._insist("POST", "/tickets", new)
            if made is None:
                return
            self.tickets.append(name)
            path = f"/tickets/{made.body['id']}"
            said = {"body": name, "source": "bench", "external_id": name}
            if self._insist("POST", f"{path}/comments", said) is None:
                return
            self.comments.append(name)
            self._change(path, name)
            time.sleep(0.05)

    def _change(self, path: str, name: str) -> None:
        """Once, with the version that was seen: an answer of 503 may have been saved or not."""
        seen = self._insist("GET", path)
        if seen is None:
            return
        etag = {"If-Match": seen.headers["etag"]}
        changed = self._ask("PATCH", path, {"product": name}, **etag)
        if changed is not None and changed.status == 200:
            self.saves.append(name)

    def search(self) -> None:
        """As somebody types: not faster than the model can follow."""
        while not self.over.is_set():
            self._ask("POST", "/search", {"query": f"vpn error {self.number}"})
            time.sleep(0.7)

    def _insist(self, method: str, path: str, body: Any = None) -> Answer | None:
        """The first answer that is not "later"; None when there was none for a minute."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            answer = self._ask(method, path, body)
            if answer is not None and answer.status < 500:
                return answer
            time.sleep(0.3)
        self.faults.append(f"{method} {path}: no answer in the end")
        return None

    def _ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer | None:
        try:
            answer = self.person.ask(method, path, body, **headers)
        except (OSError, http.client.HTTPException) as error:
            self.faults.append(f"{method} {path}: {error!r}")
            return None
        kind = "search" if path == "/search" else "others"
        self.statuses[f"{kind} {answer.status}"] += 1
        if answer.status >= 500 and (answer.status != _AWAY or "retry-after" not in answer.headers):
            self.faults.append(f"{method} {path}: {answer.status} {answer.body}")
        return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--nodes", type=int, default=3)
    chosen = parser.parse_args()
    with Cluster(chosen.nodes) as cluster:
        people, _ = cluster.people(*[Role.L2_AGENT] * (_WRITERS + _SEARCHERS))
        begun, over = time.monotonic(), threading.Event()
        clients = [Client(person, number, over) for number, person in enumerate(people)]
        work = [client.write for client in clients[:_WRITERS]]
        work += [client.search for client in clients[_WRITERS:]]
        threads = [threading.Thread(target=target) for target in work]
        for thread in threads:
            thread.start()
        _kill(cluster, chosen.seconds)
        # However long that took, the load outlasts it.
        time.sleep(max(chosen.seconds / 6, begun + chosen.seconds - time.monotonic()))
        over.set()
        took = time.monotonic() - begun
        for thread in threads:
            thread.join()
        for node in cluster.nodes:
            node.revive()
        cluster.run("index", "--force", "--wait", "60")
        cluster.balancer.wait(chosen.nodes)
        found = _compare(cluster, clients)
    print(json.dumps({"seconds": round(took)} | found, indent=2))
    is_loaded = all(found["acknowledged"].values())
    sys.exit(1 if found["lost"] or found["doubled"] or found["faults"] or not is_loaded else 0)


def _kill(cluster: Cluster, seconds: float) -> None:
    """One after the other, spread over the time."""
    _after(seconds / 6, "a web node", cluster.nodes[0].kill)
    _after(1, "it starts again", cluster.nodes[0].start)
    indexer = cluster.begin("index", "--force")
    print(_kill_within_build(cluster, indexer), file=sys.stderr)
    _after(seconds / 6, "PostgreSQL", cluster.server.kill)
    _after(3, "it starts again", cluster.server.start)


def _kill_within_build(cluster: Cluster, indexer: subprocess.Popen[bytes]) -> str:
    """As soon as it has a folder that is not published."""
    while indexer.poll() is None:
        if any((cluster.folder / "indexer" / "index").glob(f"{STAGING_PREFIX}*")):
            indexer.kill()
            indexer.wait()
            return "the indexer, within a build"
        time.sleep(0.02)
    return "the indexer had ended before it could be killed"


def _after(seconds: float, what: str, do: Callable[[], None]) -> None:
    time.sleep(seconds)
    print(what, file=sys.stderr)
    do()


def _compare(cluster: Cluster, clients: list[Client]) -> dict[str, Any]:
    """What is stored, against what was acknowledged."""
    database = cluster.database()
    with database.read() as connection:
        stored = Counter(connection.execute(select(tickets.c.external_id)).scalars())
        said = Counter(connection.execute(select(ticket_comments.c.body)).scalars())
        changed = connection.execute(
            select(ticket_events.c.after).where(ticket_events.c.kind == "changed")
        ).scalars()
        saved = Counter(after["product"] for after in changed if "product" in after)
    database.close()
    acknowledged = {
        "tickets": ([name for c in clients for name in c.tickets], stored),
        "comments": ([name for c in clients for name in c.comments], said),
        "saves": ([name for c in clients for name in c.saves], saved),
    }
    statuses: Counter[str] = sum((client.statuses for client in clients), Counter())
    return {
        "acknowledged": {kind: len(names) for kind, (names, _) in acknowledged.items()},
        "lost": [n for names, there in acknowledged.values() for n in names if not there[n]],
        "doubled": [n for _, there in acknowledged.values() for n, c in there.items() if c > 1],
        "answers": dict(sorted(statuses.items())),
        "faults": [fault for client in clients for fault in client.faults][:20],
    }


if __name__ == "__main__":
    main()
