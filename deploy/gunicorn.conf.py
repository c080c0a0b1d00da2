"""gunicorn -c deploy/gunicorn.conf.py; address, threads and the rest come from KB_ASSIST_*.

One node is one process: every process loads the model, about 0.9 GB. For more, start more nodes.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from kb_assist.edge import draining
from kb_assist.settings import load_settings

_settings = load_settings()


class NodeWorker(ThreadWorker):
    """Refuses connections while it cannot answer, so that a proxy turns to another node."""

    def run(self) -> None:
        for listener in self.sockets:
            listener.listen(self.cfg.backlog)
        super().run()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """On SIGTERM tell load balancers first, and go on accepting until they have noticed."""
        if self.wsgi is None:
            super().handle_exit(sig, frame)
            return
        draining.of(self.wsgi).begin()
        end = super().handle_exit
        threading.Timer(_settings.drain_seconds, end, (sig, frame)).start()

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        # What waits in the queue would be cut off when this worker ends, maybe with a write in it.
        for listener in self.sockets:
            before = -1
            while self.nr_conns > before:
                before = self.nr_conns
                self.accept(listener)
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RD)


def when_ready(server: Any) -> None:
    """Nobody is answered before the model is loaded; the worker listens again then."""
    for listener in server.LISTENERS:
        with suppress(OSError):
            listener.sock.shutdown(socket.SHUT_RD)


def on_reload(_: Any) -> None:
    """Both workers share the socket that the old one closes: the node is restarted instead."""
    os.kill(os.getpid(), signal.SIGTERM)


wsgi_app = "kb_assist.wsgi:make()"
bind = f"{_settings.host}:{_settings.port}"
workers = 1
worker_class = NodeWorker
threads = _settings.server_threads
# The model's threads and the database's connections would be lost by a fork after loading them.
preload_app = False
# Loading the model counts.
timeout = 120
# Draining, then the longest request.
graceful_timeout = _settings.drain_seconds + 30
# Longer than the proxy keeps a connection, so that it is never the node that hangs up.
keepalive = 75
# The application logs requests itself, without query strings.
accesslog = None
errorlog = "-"
