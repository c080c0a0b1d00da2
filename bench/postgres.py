"""A PostgreSQL server of one's own on loopback that keeps what it has committed."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

from bench.processes import free_port
from tests.databases import INITIAL, NOBODY, NoServerError, programs, run

_ATTEMPTS = 40


class Server:
    """Its data lie in ``folder``, which is emptied first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        # PostgreSQL refuses to run as root; somebody without rights will do.
        self._user = NOBODY if os.geteuid() == 0 else None

    def url(self, port: int | None = None) -> str:
        """``port``: of a way to it, else its own."""
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/postgres"

    def create(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        if self._user is not None:
            os.chown(self.folder, self._user, self._user)
        run([str(programs() / "initdb"), "-D", str(self._cluster), *INITIAL], self._user)
        self.start()

    def start(self) -> None:
        """Again after ``kill``: what was left by the killed one may take a moment to go."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        for attempt in range(_ATTEMPTS):
            try:
                self._control("-l", str(self.folder / "log"), "-o", options, "start")
            except NoServerError:
                if attempt + 1 == _ATTEMPTS:
                    raise
                time.sleep(0.25)
            else:
                return

    def kill(self) -> None:
        """kill -9 of the main process; the others notice."""
        lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        os.kill(int(lines[0]), signal.SIGKILL)

    def stop(self) -> None:
        self._control("-m", "fast", "stop")

    @property
    def _cluster(self) -> Path:
        return self.folder / "cluster"

    def _control(self, *command: str) -> None:
        start = [str(programs() / "pg_ctl"), "-D", str(self._cluster), "-w", "-t", "30"]
        run([*start, *command], self._user)
