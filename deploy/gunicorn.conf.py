"""gunicorn -c deploy/gunicorn.conf.py; address, threads and the rest come from KB_ASSIST_*.

One node is one process: every process loads the model, about 0.9 GB. For more, start more nodes.
"""

from __future__ import annotations

import signal
import threading
from typing import Any

from kb_assist.edge import draining
from kb_assist.settings import load_settings

_settings = load_settings()

wsgi_app = "kb_assist.wsgi:make()"
bind = f"{_settings.host}:{_settings.port}"
workers = 1
worker_class = "gthread"
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


def post_worker_init(worker: Any) -> None:
    """On SIGTERM tell load balancers first, and go on accepting until they have noticed."""
    leave = worker.handle_exit

    def drain(signum: int, frame: Any) -> None:
        draining.of(worker.wsgi).begin()
        threading.Timer(_settings.drain_seconds, leave, (signum, frame)).start()

    signal.signal(signal.SIGTERM, drain)
