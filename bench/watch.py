"""``python -m bench.watch``: one round over 500 tools on loopback, a tenth of which hang.

Prints one JSON object.
"""

from __future__ import annotations

import json
import socket
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

from kb_assist.clock import SystemClock
from kb_assist.monitoring import store
from kb_assist.monitoring.model import Kind, Tool
from kb_assist.monitoring.probes import probe
from kb_assist.monitoring.watch import Watcher
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.upgrade import upgrade

_TOOLS = 500
_HANGING = 50


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Silent."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 256


def main() -> None:
    server = _Server(("127.0.0.1", 0), _Pages)
    Thread(target=server.serve_forever, daemon=True).start()
    with (
        socket.create_server(("127.0.0.1", 0), backlog=1_000) as silent,
        tempfile.TemporaryDirectory() as folder,
    ):
        good = f"http://127.0.0.1:{server.server_port}/"
        hanging = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        print(json.dumps(_measured(Path(folder), good, hanging), indent=2))
    server.shutdown()


def _measured(folder: Path, good: str, hanging: str) -> dict[str, Any]:
    database = Database(sqlite_url(folder / "bench.db"))
    upgrade(database)
    clock = SystemClock()
    tools = [
        Tool(f"t{n}", f"T{n}", f"T{n}", "", Kind.HTTP, hanging if n < _HANGING else good)
        for n in range(_TOOLS)
    ]
    with database.write() as connection:
        store.sync(connection, tools, clock.now())
    begin = time.perf_counter()
    done = Watcher(database, clock, probe, ZoneInfo("UTC")).round()
    seconds = time.perf_counter() - begin
    database.close()
    return {"tools": done.probed, "hanging": done.failed, "seconds": round(seconds, 1)}


if __name__ == "__main__":
    main()
