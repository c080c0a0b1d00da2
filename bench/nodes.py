"""Two web nodes against one, each waiting for a database that is 20 milliseconds away.

python -m bench.nodes [--seconds 20] [--rounds 3] [--clients 8]
"""

from __future__ import annotations

import argparse
import json
import statistics
import threading
import time
from collections import Counter
from typing import Any

from bench.balancer import Balancer
from bench.cluster import Cluster, Person
from bench.loops import Delay
from kb_assist.auth.model import Role

_DELAY_SECONDS = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    cluster = Cluster(2, threads=1)
    with Delay(cluster.server.port, _DELAY_SECONDS) as delay:
        cluster.database_port = delay.port
        with cluster:
            people, _ = cluster.people(*[Role.L2_AGENT] * chosen.clients)
            tickets = [_ticket(person) for person in people]
            rounds: dict[int, list[dict[str, Any]]] = {1: [], 2: []}
            # In turn, so that what else the machine does meets both alike.
            for count in (1, 2) * chosen.rounds:
                with Balancer([node.port for node in cluster.nodes[:count]]) as balancer:
                    balancer.wait(count)
                    moved = [Person(balancer.port, person.token) for person in people]
                    rounds[count].append(_measure(moved, tickets, chosen.seconds))
    one, two = (statistics.median(r["per_second"] for r in rounds[n]) for n in (1, 2))
    print(
        json.dumps(
            {
                "rounds": rounds,
                "one": round(one, 2),
                "two": round(two, 2),
                "ratio": round(two / one, 2),
            }
        )
    )


def _ticket(person: Person) -> int:
    made = person.ask("POST", "/tickets", {"subject": "VPN error 809", "body": "since today"})
    return int(made.body["id"])


def _measure(people: list[Person], tickets: list[int], seconds: float) -> dict[str, Any]:
    """Two reads and a write in turn; what counts is whatever was answered in time."""
    statuses: Counter[int] = Counter()
    until = time.monotonic() + seconds

    def work(person: Person, ticket: int) -> None:
        turn = 0
        while time.monotonic() < until:
            turn += 1
            if turn % 3:
                answer = person.ask("GET", f"/tickets/{ticket}")
            else:
                answer = person.ask("POST", f"/tickets/{ticket}/comments", {"body": "still so"})
            statuses[answer.status] += 1

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(people, tickets, strict=True)
    ]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - begun
    return {
        "per_second": round(sum(statuses.values()) / took, 2),
        "statuses": dict(statuses),
    }


if __name__ == "__main__":
    main()
