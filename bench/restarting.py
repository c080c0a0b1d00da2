"""deploy/nginx.conf in front of nodes of gunicorn, restarted one after the other under load.

python -m bench.restarting: exit code 0 when no request failed. Needs nginx, and openssl for a
certificate of its own.
"""

from __future__ import annotations

import http.client
import json
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.cluster import Cluster, Person
from bench.processes import ROOT, free_port
from kb_assist.auth.model import Role

_GUNICORN = ("-m", "gunicorn", "-c", "deploy/gunicorn.conf.py")
_CLIENTS = 4
_SITE = "kb.nordwind.example"
# nginx asks no node whether it is about to end, so that a longer one would change nothing.
_DRAIN_SECONDS = 2


def main() -> None:
    if missing := [name for name in ("nginx", "openssl") if shutil.which(name) is None]:
        sys.exit(f"Not installed: {', '.join(missing)}.")
    cluster = Cluster(2, command=_GUNICORN)
    cluster.more = {
        "KB_ASSIST_PROXIES": "1",
        "KB_ASSIST_SECURE_COOKIES": "true",
        "KB_ASSIST_DRAIN_SECONDS": str(_DRAIN_SECONDS),
    }
    with cluster, _nginx(cluster) as port:
        people, _ = cluster.people(*[Role.L2_AGENT] * _CLIENTS)
        clients = [_Client(port, person.token) for person in people]
        for client in clients:
            client.start()
        spent = []
        for node in cluster.nodes:
            time.sleep(2)
            begin = time.monotonic()
            assert node.terminate() == 0, "a node must end by itself"
            node.start()
            node.wait()
            spent.append(round(time.monotonic() - begin, 1))
        time.sleep(2)
        for client in clients:
            client.stop()
        seen = sum((client.seen for client in clients), Counter[str]())
        kept = [_comments(people[0], client.ticket) for client in clients]
        sent = [client.acknowledged for client in clients]
    print(json.dumps({"answers": seen, "restart_seconds": spent, "comments": [sent, kept]}))
    failed = {what for what in seen if not what.endswith(("200", "201", "204"))}
    sys.exit(1 if failed or kept != sent else 0)


class _Client(threading.Thread):
    """Reads and writes in turn until it is stopped, a new connection for every request."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__()
        self._port, self._token = port, token
        self._over = threading.Event()
        self.seen: Counter[str] = Counter()
        self.acknowledged = 0
        made = self._ask("POST", "/tickets", {"subject": "VPN error 809", "body": "since today"})
        self.ticket = int(json.loads(made[1])["id"])

    def run(self) -> None:
        while not self._over.is_set():
            self._count("GET", "/tickets?limit=5")
            self._count("GET", f"/tickets/{self.ticket}/suggestions")
            text = {"body": f"number {self.acknowledged}"}
            if self._count("POST", f"/tickets/{self.ticket}/comments", text):
                self.acknowledged += 1

    def stop(self) -> None:
        self._over.set()
        self.join()

    def _count(self, method: str, path: str, body: object = None) -> bool:
        try:
            status = self._ask(method, path, body)[0]
        except (OSError, http.client.HTTPException) as error:
            self.seen[f"{method} {type(error).__name__}"] += 1
            return False
        self.seen[f"{method} {status}"] += 1
        return status < 300

    def _ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        trusting = ssl.create_default_context()
        # The certificate was made a second ago, by us.
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self._port, timeout=60, context=trusting
        )
        sent = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v1{path}", text, sent)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def _comments(person: Person, ticket: int) -> int:
    """How many the ticket has, asked of the nodes directly."""
    return len(person.ask("GET", f"/tickets/{ticket}/comments").body["comments"])


@contextmanager
def _nginx(cluster: Cluster) -> Iterator[int]:
    """The example site with only addresses and folders changed; the port it listens on."""
    folder, port = cluster.folder / "nginx", free_port()
    folder.mkdir()
    certificate, key = folder / "site.pem", folder / "site.key"
    made = f"openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={_SITE}".split()
    out = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*made, *out], check=True, capture_output=True)
    site = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    changes = {
        "127.0.0.1:8081": f"127.0.0.1:{cluster.nodes[0].port}",
        "127.0.0.1:8082": f"127.0.0.1:{cluster.nodes[1].port}",
        "listen 443": f"listen 127.0.0.1:{port}",
        f"/etc/ssl/{_SITE}.pem": str(certificate),
        f"/etc/ssl/private/{_SITE}.key": str(key),
        "/var/log/nginx/kb-assist.log": str(folder / "access.log"),
    }
    for before, after in changes.items():
        assert before in site, before
        site = site.replace(before, after)
    whole = folder / "nginx.conf"
    whole.write_text(_MAIN.format(folder=folder, site=site), encoding="utf-8")
    command = ["nginx", "-p", str(folder), "-c", str(whole), "-e", str(folder / "error.log")]
    running = subprocess.Popen(command)
    try:
        _wait(port, running, folder)
        yield port
    finally:
        running.terminate()
        running.wait(30)


def _wait(port: int, running: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until and running.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/")
            connection.getresponse()
            return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError(f"nginx does not answer; see {folder}")


_MAIN = """daemon off;
pid {folder}/nginx.pid;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{site}
}}
"""

if __name__ == "__main__":
    main()
