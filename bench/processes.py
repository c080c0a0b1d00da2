"""Processes of kb-assist on loopback: started, watched until ready, ended or killed."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
SERVE = ("-m", "kb_assist", "serve")
_READY_SECONDS = 180.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Node:
    """One web node; ``settings`` are KB_ASSIST_* variables. Its output goes to ``log``."""

    name: str
    settings: Mapping[str, str]
    log: Path
    command: Sequence[str] = SERVE
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        own = {"KB_ASSIST_PORT": str(self.port), "KB_ASSIST_NODE_NAME": self.name}
        self.process = spawn(self.command, {**self.settings, **own}, self.log)

    def wait(self) -> None:
        """Until /readyz is 200. Raises RuntimeError when the process ends or takes too long."""
        assert self.process is not None
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            if status(self.port, "/readyz") == 200:
                return
            time.sleep(0.1)
        raise RuntimeError(f"{self.name} is not ready; see {self.log}")

    def revive(self) -> None:
        """As a service manager would: a node that starts while the database is away ends."""
        assert self.process is not None
        if self.process.poll() is not None:
            self.start()
        self.wait()

    def terminate(self) -> int:
        """SIGTERM; its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(60)

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """Whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.terminate()


def spawn(
    arguments: Sequence[str], settings: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Python with these arguments; no KB_ASSIST_* variable of ours but ``settings``."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith("KB_ASSIST_")}
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=environment | dict(settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def status(port: int, path: str) -> int:
    """Of a GET; 0 when nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()
