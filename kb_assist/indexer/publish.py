"""Which index is served: one pointer, swapped atomically; old indexes kept for rollback."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from kb_assist.errors import N_, BuildBusyError, IndexUnavailableError, KbError
from kb_assist.indexer.snapshot import Layout, Snapshot, open_snapshot, read_manifest

_POINTER = "current"
STAGING_PREFIX = ".building-"


def current_generation(index_dir: Path) -> str | None:
    """The name of the published index, None before the first one."""
    try:
        name = (index_dir / _POINTER).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return name or None


def open_current(index_dir: Path) -> Snapshot:
    """Open the published index; raises IndexUnavailableError when there is none."""
    name = current_generation(index_dir)
    if name is None:
        raise IndexUnavailableError(
            N_("There is no index yet."), remedy=N_("Run 'kb-assist index' to build it.")
        )
    return open_snapshot(index_dir / name)


def generations(index_dir: Path) -> list[str]:
    """Published indexes that are still there, oldest first."""
    if not index_dir.is_dir():
        return []
    return sorted(
        entry.name
        for entry in index_dir.iterdir()
        if entry.is_dir() and not entry.name.startswith(".") and Layout(entry).manifest.is_file()
    )


@contextmanager
def build_lock(index_dir: Path, *, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold the right to build; released by the operating system when the process dies.

    Raises BuildBusyError when another process holds it for longer than ``wait_seconds``.
    """
    index_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(index_dir / ".lock")
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout:
        raise BuildBusyError(
            N_("Another process is building the index."),
            remedy=N_("Wait for it to finish, or give --wait SECONDS."),
        ) from None
    try:
        yield
    finally:
        lock.release()


def new_staging(index_dir: Path, generation: str) -> Path:
    """An empty folder to build in; leftovers of killed builds are removed. Needs the lock."""
    for leftover in index_dir.glob(f"{STAGING_PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    folder = index_dir / f"{STAGING_PREFIX}{generation}"
    folder.mkdir(parents=True)
    return folder


def publish(staging: Path, index_dir: Path, generation: str, *, keep: int) -> Snapshot:
    """Verify a finished folder, make it the served index and forget the oldest ones.

    When verification fails nothing is changed. Needs the lock.
    """
    open_snapshot(staging)
    _sync(staging)
    target = index_dir / generation
    os.replace(staging, target)
    _point_to(index_dir, generation)
    _forget_old(index_dir, keep)
    return open_snapshot(target)


def rollback(index_dir: Path) -> str:
    """Serve the index before the current one again; returns its name.

    Raises IndexUnavailableError when there is no older one that can be opened.
    """
    current = current_generation(index_dir)
    older = [name for name in generations(index_dir) if current is None or name < current]
    for name in reversed(older):
        try:
            open_snapshot(index_dir / name)
        except KbError:
            continue
        _point_to(index_dir, name)
        return name
    raise IndexUnavailableError(
        N_("There is no older index to go back to."),
        remedy=N_("KB_ASSIST_KEEP_INDEXES says how many are kept."),
    )


def created(index_dir: Path, generation: str) -> str:
    """When an index was built, ISO 8601."""
    return read_manifest(Layout(index_dir / generation)).created


def _point_to(index_dir: Path, generation: str) -> None:
    staged = index_dir / f".{_POINTER}-{os.getpid()}"
    with staged.open("w", encoding="utf-8") as stream:
        stream.write(generation + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(staged, index_dir / _POINTER)
    _sync_folder(index_dir)


def _forget_old(index_dir: Path, keep: int) -> None:
    current = current_generation(index_dir)
    names = [name for name in generations(index_dir) if name != current]
    surplus = len(names) - (keep - 1)
    for name in names[: max(0, surplus)]:
        # Readers keep what they have opened; the files go when the last one lets go.
        shutil.rmtree(index_dir / name, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Everything on disk before the pointer moves, or a power cut could publish holes."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as stream:
                os.fsync(stream.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
