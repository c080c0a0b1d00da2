"""A small Zammad on loopback: takes notes, sends webhooks, both as the real one does."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

TOKEN = "zammad-token"
SECRET = "zammad-secret"


class FakeZammad:
    """``notes`` are the articles it was sent; ``status`` what it answers next."""

    def __init__(self) -> None:
        self.notes: list[dict[str, Any]] = []
        self.status = 201
        self.url = ""


@contextmanager
def running() -> Iterator[FakeZammad]:
    fake = FakeZammad()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status = fake.status
            if self.headers.get("Authorization") != f"Token token={TOKEN}":
                status = 401
            elif self.path != "/api/v1/ticket_articles" or not isinstance(body["ticket_id"], int):
                status = 404
            elif status == 201:
                fake.notes.append(body)
            self.send_response(status)
            if status == 302:
                self.send_header("Location", fake.url)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def webhook(ticket_id: int, *, article: dict[str, Any] | None = None) -> dict[str, Any]:
    """A payload in the shape of Zammad's default one."""
    first = {
        "id": 100 + ticket_id,
        "body": "<div>Das VPN zeigt error 809.<br>Danke</div>",
        "content_type": "text/html",
        "internal": False,
        "sender": "Customer",
        "type": "email",
    }
    return {
        "ticket": {
            "id": ticket_id,
            "number": f"6{ticket_id:04}",
            "title": "VPN error 809",
            "state": "new",
            "priority": {"id": 3, "name": "3 high"},
            "create_article_type": "email",
            "customer": {
                "firstname": "Jana",
                "lastname": "Beispiel",
                "email": "Jana.Beispiel@nordwind.example",
            },
            "group": {"id": 1, "name": "Users"},
        },
        "article": first if article is None else first | article,
    }


def signed(payload: Any, delivery: str, *, secret: str = SECRET) -> dict[str, Any]:
    """Arguments for a test client's ``post``."""
    body = json.dumps(payload).encode()
    digest = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    headers = {"X-Hub-Signature": f"sha1={digest}", "X-Zammad-Delivery": delivery}
    return {"data": body, "headers": headers, "content_type": "application/json"}
