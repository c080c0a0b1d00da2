"""A server killed in the middle of guides resumes every session at its last acknowledged answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from kb_assist.guides.database_store import DatabaseStore
from kb_assist.guides.library import load_folder
from kb_assist.guides.sessions import GuideSessions
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.upgrade import upgrade
from tests.guides.conftest import SAMPLE

ROOT = Path(__file__).parents[2]
PEOPLE = 20
ACKNOWLEDGED = 80

# Each person goes through one session, for ever correcting the first answer; what was committed
# is told on standard output.
_ANSWERS = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from kb_assist.guides.database_store import DatabaseStore
from kb_assist.guides.decide import Opening
from kb_assist.guides.library import load_folder
from kb_assist.guides.model import Channel
from kb_assist.guides.run import AnswerStep, Resume, Submission
from kb_assist.guides.sessions import GuideSessions
from kb_assist.storage.db import Database

database = Database(sys.argv[1])
guides = load_folder(Path(sys.argv[2])).guides

def by(command, seen):
    now = datetime.now(UTC)
    return Submission(command, seen, "Lena", Channel.AGENT, now, now.date())

def work(person):
    name = f"s{person}"
    with database.write() as connection:
        service = GuideSessions(DatabaseStore(connection), guides)
        seq = service.start("vpn_connect", Opening(name, "de", {}), by(Resume(), 0)).state.seq
    for turn in range(100000):
        answer = AnswerStep("device", f"NB-{turn}")
        with database.write() as connection:
            service = GuideSessions(DatabaseStore(connection), guides)
            seq = service.submit(name, by(answer, seq)).state.seq
        print(name, seq, turn, flush=True)

for person in range(int(sys.argv[3])):
    threading.Thread(target=work, args=(person,), daemon=True).start()
threading.Event().wait()
"""


def test_kill_9_during_twenty_guides_loses_and_doubles_nothing(tmp_path: Path) -> None:
    url = str(sqlite_url(tmp_path / "killed.db"))
    database = Database(url)
    upgrade(database)
    command = [sys.executable, "-c", _ANSWERS, url, str(SAMPLE), str(PEOPLE)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines = [running.stdout.readline() for _ in range(ACKNOWLEDGED)]
        os.kill(running.pid, signal.SIGKILL)
        lines += [line for line in running.stdout if line.endswith("\n")]
    told: dict[str, tuple[int, int]] = {}
    for line in lines:
        name, seq, turn = line.split()
        told[name] = (int(seq), int(turn))
    with database.read() as connection:
        service = GuideSessions(DatabaseStore(connection), load_folder(SAMPLE).guides)
        for name, (seq, turn) in told.items():
            events = DatabaseStore(connection).events(name)
            now = service.open(name)
            # The last answer may have been committed without having been told.
            assert now.state.answers["device"].value in (f"NB-{turn}", f"NB-{turn + 1}")
            assert now.state.seq >= seq
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert now.trace.current is not None
            assert now.trace.current.key == "internet"
    database.close()

    assert len(lines) >= ACKNOWLEDGED
