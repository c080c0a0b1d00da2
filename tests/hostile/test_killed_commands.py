"""A command that is killed in mid-work and run again ends where an undisturbed one ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, inspect, select, text

from kb_assist.storage.db import Database, sqlite_url
from tests.factories import write_articles

ROOT = Path(__file__).parents[2]
Command = Callable[..., "subprocess.Popen[bytes]"]

pytestmark = pytest.mark.model


def _start(var: Path, *arguments: str) -> subprocess.Popen[bytes]:
    settings = {"KB_ASSIST_VAR": str(var), "KB_ASSIST_ARTICLES": str(var / "articles")}
    command = [sys.executable, "-m", "kb_assist", *arguments]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, **quiet)


def _run(var: Path, *arguments: str) -> float:
    """Seconds until the end."""
    began = time.monotonic()
    assert _start(var, *arguments).wait(300) == 0, arguments
    return time.monotonic() - began


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with articles, an index, and the demo's tickets."""
    var = tmp_path_factory.mktemp("prepared")
    write_articles(var / "articles")
    _run(var, "index")
    _run(var, "tickets", "demo")
    return var


def _copy(prepared: Path, to: Path) -> Path:
    shutil.copytree(prepared, to, ignore=shutil.ignore_patterns("models"))
    # The model is only read, and large.
    (to / "models").symlink_to(prepared / "models")
    return to


def _rows(var: Path) -> dict[str, int]:
    """The number of rows of each table."""
    database = Database(sqlite_url(var / "kb-assist.db"))
    with database.read() as connection:
        names = inspect(connection).get_table_names()
        count = select(func.count())
        found = {
            name: connection.execute(count.select_from(text(name))).scalar_one() for name in names
        }
    database.close()
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        ("gaps", "detect", "--days", "400"),
        ("tickets", "surges"),
        ("db", "backup"),
    ],
    ids=" ".join,
)
def test_killed_and_run_again_it_ends_the_same(
    prepared: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    whole = _copy(prepared, tmp_path / "whole")
    seconds = _run(whole, *arguments)
    killed = _copy(prepared, tmp_path / "killed")
    # Most of the time goes into loading; the work is at the end.
    in_work = 0
    for share in (0.5, 0.75, 0.95):
        running = _start(killed, *arguments)
        time.sleep(seconds * share)
        in_work += running.poll() is None
        running.kill()
        running.wait(60)
    _run(killed, *arguments)

    assert in_work, "every run had ended before it was killed"
    assert _rows(killed) == _rows(whole)
    _run(killed, "db", "check")
