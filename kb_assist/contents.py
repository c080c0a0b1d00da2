"""Contents of attachments by the hash that names them, in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Protocol

from kb_assist.errors import N_, FilesUnavailableError, NotFoundError
from kb_assist.files import write_atomically


class Contents(Protocol):
    """A folder, or a bucket; see ``bucket``. Every method may raise FilesUnavailableError."""

    def has(self, name: str) -> bool: ...

    def put(self, name: str, content: bytes) -> None:
        """It survives a crash before this returns."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Raises NotFoundError."""
        ...

    def remove(self, name: str) -> None:
        """One that is not there is no fault."""
        ...

    def names(self) -> Iterator[str]: ...


class FolderContents:
    """One file each, spread over 256 folders; the folder may be shared by several nodes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        return self.folder / name[:2] / name

    def has(self, name: str) -> bool:
        return self.path(name).is_file()

    def put(self, name: str, content: bytes) -> None:
        """See Contents."""
        path = self.path(name)
        try:
            write_atomically(path, lambda stream: stream.write(content))
            _sync_folder(path.parent)
        except OSError as error:
            raise FilesUnavailableError(
                N_("A file cannot be stored: %(reason)s.", reason=error.strerror),
                remedy=N_("Check free space and rights of the folder of attachments."),
            ) from error

    def open(self, name: str) -> IO[bytes]:
        """See Contents."""
        try:
            return self.path(name).open("rb")
        except FileNotFoundError as error:
            raise NotFoundError(N_("The content of this attachment is missing.")) from error

    def remove(self, name: str) -> None:
        """See Contents."""
        self.path(name).unlink(missing_ok=True)

    def names(self) -> Iterator[str]:
        """Without files that are being written."""
        for path in sorted(self.folder.glob("??/[!.]*")):
            yield path.name


def _sync_folder(folder: Path) -> None:
    """Without it a power cut may take the name of a file whose content is on disk."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
