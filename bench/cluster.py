"""PostgreSQL, an indexer, web nodes and a balancer on loopback, and a ticket's story through them.

python -m bench.cluster: exit code 0 when every step went as it should.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from bench.balancer import Balancer
from bench.postgres import Server
from bench.processes import ROOT, SERVE, Node, spawn
from kb_assist.auth import accounts, store, tokens
from kb_assist.auth.accounts import NewAccount
from kb_assist.auth.model import Role, Scope, SupportLevel, User
from kb_assist.auth.passwords import Passwords
from kb_assist.auth.tokens import TokenRequest
from kb_assist.storage.db import Database

FOLDER = Path("var/cluster")
_PASSWORD = "nobody signs in with this one"
_SHARED = ("models", "cache")


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True)
class Person:
    """Somebody with a token, at the other end of the balancer."""

    port: int
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Raises OSError when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v1{path}", text, sent | headers)
            answer = connection.getresponse()
            read = answer.read()
            # Servers spell them as they like.
            known = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, known, json.loads(read) if read else None)
        finally:
            connection.close()


class Cluster:
    """Everything in ``var/cluster``, from entering to leaving."""

    def __init__(self, nodes: int, *, threads: int = 8, command: Sequence[str] = SERVE) -> None:
        self.folder = FOLDER.resolve()
        self.server = Server(self.folder / "postgresql")
        self._threads = threads
        self._count = nodes
        self._command = command
        self.more: dict[str, str] = {}
        """Settings of the nodes beside the usual ones."""
        self.database_port: int | None = None
        """Of a way to PostgreSQL that the nodes take instead of the direct one."""
        self.nodes: list[Node] = []
        self.balancer = Balancer([])
        self._ends = ExitStack()

    def __enter__(self) -> Self:
        shutil.rmtree(self.folder, ignore_errors=True)
        # What was started ends with the first fault.
        with self._ends:
            self.server.create()
            self._ends.callback(self.server.stop)
            self.run("db", "upgrade")
            self.run("index")
            self.start_nodes()
            begun = self._ends.pop_all()
        self._ends = begun
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()

    def start_nodes(self) -> None:
        """And the balancer in front of them."""
        for number in range(1, self._count + 1):
            name = f"web-{number}"
            settings = self.settings(name, self.database_port)
            settings |= {"KB_ASSIST_SERVER_THREADS": str(self._threads), **self.more}
            node = Node(name, settings, self.folder / f"{name}.log", self._command)
            self.nodes.append(node)
            node.start()
            self._ends.callback(node.end)
        for node in self.nodes:
            node.wait()
        self.balancer = self._ends.enter_context(Balancer([node.port for node in self.nodes]))
        self.balancer.wait(self._count)

    def settings(self, name: str, port: int | None = None) -> dict[str, str]:
        """Of a process with a folder of its own; models and embedded texts are shared."""
        var = self.folder / name
        var.mkdir(parents=True, exist_ok=True)
        for shared in _SHARED:
            target = ROOT / "var" / shared
            target.mkdir(parents=True, exist_ok=True)
            if not (var / shared).is_symlink():
                (var / shared).symlink_to(target)
        return {
            "KB_ASSIST_VAR": str(var),
            "KB_ASSIST_DATABASE_URL": self.server.url(port),
            "KB_ASSIST_VECTORS": "pgvector",
            "KB_ASSIST_FILES": str(self.folder / "attachments"),
            "KB_ASSIST_CONFIG": str(self.folder / "absent.toml"),
            "KB_ASSIST_DRAIN_SECONDS": "1",
            "KB_ASSIST_LOG_FORMAT": "json",
        }

    def begin(self, *command: str) -> subprocess.Popen[bytes]:
        """A kb-assist command on a machine of its own, the indexer's."""
        arguments = ("-m", "kb_assist", *command)
        return spawn(arguments, self.settings("indexer"), self.folder / "indexer.log")

    def run(self, *command: str) -> None:
        """Raises RuntimeError when it fails."""
        if self.begin(*command).wait(600) != 0:
            raise RuntimeError(f"kb-assist {' '.join(command)} failed; see {self.folder}")

    def database(self) -> Database:
        return Database(self.server.url())

    def people(self, *roles: Role) -> tuple[list[Person], dict[str, int]]:
        """One of each role, and the ids of a group of each level."""
        now, made = datetime.now(UTC), []
        database = self.database()
        with database.write() as connection:
            levels = (SupportLevel.L2, SupportLevel.L3)
            groups = {
                level.value: store.ensure_group(connection, f"Netzwerk {level}", level).id
                for level in levels
            }
            for number, role in enumerate(roles):
                account = NewAccount(
                    f"{role}-{number}", f"Agent {number}", role, password=_PASSWORD
                )
                quick = Passwords(time_cost=1, memory_kib=64)
                user = accounts.create(connection, quick, account, at=now)
                assert isinstance(user, User)
                scopes = frozenset({Scope.TICKETS_WRITE, Scope.SEARCH})
                token = tokens.create(connection, user, TokenRequest("bench", scopes, 2), at=now)
                assert token is not None
                made.append(Person(self.balancer.port, token.secret))
        database.close()
        return made, groups


def main() -> None:
    with Cluster(3) as cluster:
        (agent, expert), groups = cluster.people(Role.L2_AGENT, Role.L3_AGENT)
        _solved(agent)
        _handed_over(agent, expert, groups["l3"])
    print("Both stories passed through three nodes.")


def _expect(answer: Answer, status: int, what: str) -> Any:
    if answer.status != status:
        sys.exit(f"{what}: {answer.status} instead of {status}: {answer.body}")
    print(f"  {what}")
    return answer.body


def _solved(agent: Person) -> None:
    """A suggestion solves the ticket."""
    new = {"subject": "VPN error 809", "body": "Seit heute", "external_id": "mail-1"}
    made = _expect(agent.ask("POST", "/tickets", new), 201, "a ticket arrives")
    again = _expect(agent.ask("POST", "/tickets", new), 200, "the same one again is known")
    assert again["id"] == made["id"]
    path = f"/tickets/{made['id']}"
    found = _expect(agent.ask("GET", f"{path}/suggestions"), 200, "articles are suggested")
    assert found["mode"] != "lexical", found["mode"]
    article = found["suggestions"][0]["article"]["id"]
    told = {"kind": "solved", "subject_id": article, "rank": 1}
    _expect(agent.ask("POST", f"{path}/feedback", told), 204, f"{article} helps")
    solved = {"verb": "resolve", "resolution_code": "fixed", "resolution_text": article}
    _expect(agent.ask("POST", f"{path}/transitions", solved), 200, "it is resolved")
    closed = agent.ask("POST", f"{path}/transitions", {"verb": "close"})
    assert _expect(closed, 200, "and closed")["state"] == "closed"


def _handed_over(agent: Person, expert: Person, group: int) -> None:
    """Escalated with a dossier, returned, completed, accepted."""
    new = {"subject": "Switch port down", "body": "Halle 3 ohne Netz", "external_id": "mail-2"}
    made = _expect(agent.ask("POST", "/tickets", new), 201, "another ticket arrives")
    path = f"/tickets/{made['id']}"
    wanted = {"group_id": group, "note": "Please look at the port"}
    refused = agent.ask("POST", f"{path}/escalations", wanted)
    missing = _expect(refused, 409, "the dossier lacks facts")["refused"]["missing"]
    for key in missing:
        known = {"key": key, "value": "is known"}
        _expect(agent.ask("PUT", f"{path}/dossier", known), 204, f"{key} is answered")
    _expect(agent.ask("POST", f"{path}/escalations", wanted), 201, "it is handed over")
    back = {"reason": "Which port?", "faulty_items": [missing[0]]}
    _expect(expert.ask("POST", f"{path}/escalations/return", back), 200, "L3 returns it")
    better = {"key": missing[0], "value": "Port 17 of the switch in hall 3"}
    _expect(agent.ask("PUT", f"{path}/dossier", better), 204, "the dossier is completed")
    _expect(agent.ask("POST", f"{path}/escalations", wanted), 201, "it is handed over again")
    accepted = expert.ask("POST", f"{path}/escalations/accept", {})
    assert _expect(accepted, 200, "L3 accepts it")["state"] == "in_progress"
    kept = agent.ask("GET", f"{path}/escalations").body["escalations"]
    assert [one["outcome"] for one in kept] == ["returned", "accepted"]


if __name__ == "__main__":
    main()
