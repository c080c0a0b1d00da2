"""Tools that answer on loopback, and rounds over both databases."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from kb_assist.monitoring.model import Kind, Probed, Tool


def tool(key: str = "mail", **fields: Any) -> Tool:
    """A tool of TCP port 1; keyword arguments replace fields."""
    usual = Tool(key, key.title(), key.title(), "Netzwerk", Kind.TCP, "127.0.0.1:1")
    return replace(usual, **fields)


class FakeProbe:
    """Answers as told, by the tool's key; good by default."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.asked: list[str] = []

    def __call__(self, wanted: Tool) -> Probed:
        self.asked.append(wanted.key)
        if wanted.key in self.broken:
            return Probed(False, 5, "no connection")
        return Probed(True, 3)


class _Pages(BaseHTTPRequestHandler):
    seen: list[tuple[str, str]] = []  # noqa: RUF012 - reset by the fixture

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
            return
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()
        self.wfile.write(b"all is well")

    def log_message(self, *_: Any) -> None:
        """Silent."""


class Web:
    """A web server on loopback."""

    def __init__(self, address: str, seen: list[tuple[str, str]]) -> None:
        self.address = address
        self.seen = seen


@pytest.fixture
def web() -> Iterator[Web]:
    _Pages.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield Web(f"http://127.0.0.1:{server.server_port}", _Pages.seen)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]
