"""The file of a backup: a zip whose manifest names every part with its SHA-256."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from kb_assist.errors import BackupDamagedError, NotFoundError
from kb_assist.files import write_atomically

MANIFEST = "manifest.json"
SQLITE_PART = "database.sqlite"
ROWS_FOLDER = "rows/"
FILES_FOLDER = "files/"
_FORMAT = 1
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """``content`` is ``sqlite`` (one database file) or ``rows`` (lines that any database takes)."""

    content: str
    revision: str
    made_at: str
    rows: dict[str, int]
    parts: dict[str, str] = field(default_factory=dict)
    """Part to SHA-256."""
    format: int = _FORMAT


class ArchiveWriter:
    """Adds parts; their digests are computed while they are written."""

    def __init__(self, package: zipfile.ZipFile) -> None:
        self._package = package
        self.parts: dict[str, str] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[_Counted]:
        """A stream for one part."""
        with self._package.open(name, "w", force_zip64=True) as stream:
            counted = _Counted(stream)
            yield counted
        self.parts[name] = counted.digest.hexdigest()

    def add_file(self, name: str, open_it: Callable[[], IO[bytes]]) -> None:
        """A file that was deleted meanwhile, as an erased person's attachments are, is left out."""
        try:
            source = open_it()
        except (FileNotFoundError, NotFoundError):
            return
        with source, self.part(name) as stream:
            while block := source.read(_BLOCK_BYTES):
                stream.write(block)


class _Counted:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.digest = hashlib.sha256()

    def write(self, block: bytes) -> None:
        self.digest.update(block)
        self._stream.write(block)


@contextmanager
def writing(target: Path) -> Iterator[ArchiveWriter]:
    """Write an archive beside ``target`` and put it into place when the block has ended well.

    The block ends with ``writer.finish(manifest)``. Only the owner may read the file: it holds
    hashes of passwords.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_name(f".{target.name}.part")
    try:
        descriptor = os.open(staged, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w+b") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
                yield ArchiveWriter(package)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(staged, target)
    finally:
        staged.unlink(missing_ok=True)


def finish(writer: ArchiveWriter, manifest: Manifest) -> None:
    """Write the manifest, the last part."""
    described = asdict(manifest) | {"parts": dict(writer.parts)}
    with writer.part(MANIFEST) as stream:
        stream.write(json.dumps(described, indent=2).encode())


def verify(path: Path) -> Manifest:
    """Read every part and compare it; raises BackupDamagedError for whatever does not fit."""
    with opened(path) as (package, manifest):
        found = set(package.namelist()) - {MANIFEST}
        if found != set(manifest.parts):
            odd = ", ".join(sorted(found ^ set(manifest.parts))[:3])
            raise damaged(path, f"the manifest and the content differ: {odd}")
        for name, expected in manifest.parts.items():
            if _digest(package, name) != expected:
                raise damaged(path, f"{name} was altered")
        return manifest


@contextmanager
def opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, Manifest]]:
    """The parts and the manifest; the parts are not compared with it."""
    try:
        with zipfile.ZipFile(path) as package:
            yield package, _manifest(path, package)
    except (zipfile.BadZipFile, EOFError) as error:
        raise damaged(path, str(error)) from error


def extract(package: zipfile.ZipFile, name: str, target: Path) -> None:
    """Write one part to a file, atomically."""

    def copy(stream: Any) -> None:
        with package.open(name) as source:
            while block := source.read(_BLOCK_BYTES):
                stream.write(block)

    write_atomically(target, copy)


def damaged(path: Path, reason: str) -> BackupDamagedError:
    return BackupDamagedError(
        f"The backup {path} cannot be used: {reason}.", remedy="Take another backup."
    )


def _manifest(path: Path, package: zipfile.ZipFile) -> Manifest:
    try:
        manifest = Manifest(**json.loads(package.read(MANIFEST)))
    except (KeyError, ValueError, TypeError) as error:
        raise damaged(path, "it has no readable manifest") from error
    if manifest.format != _FORMAT:
        raise damaged(path, f"its format {manifest.format} is not known to this version")
    return manifest


def _digest(package: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with package.open(name) as source:
        while block := source.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
