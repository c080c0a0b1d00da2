"""Puts a draft where its author goes on writing: a new file, or a branch of its own in git.

The checked-out files are never touched by a branch: it is written straight into the repository.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from kb_assist.errors import N_, InputError
from kb_assist.gaps.draft import Draft

_SECONDS = 20
_AUTHOR = "kb-assist <kb-assist@localhost>"


class Target(StrEnum):
    AUTO = "auto"
    """A branch where the articles are in git, a file elsewhere."""
    FILE = "file"
    BRANCH = "branch"


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a draft is now."""

    kind: Target
    """``file`` or ``branch``."""
    path: str
    """Below the articles folder."""
    branch: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """Nothing was written: there is a file or a branch of this name already."""

    name: str


def save(draft: Draft, articles: Path, target: Target, now: datetime) -> Saved | Taken:
    """Never overwrites.

    Raises InputError when it cannot be written, or a branch is wanted and there is no repository.
    """
    repository = _Repository.around(articles) if target is not Target.FILE else None
    if repository is not None:
        return repository.commit(draft, now)
    if target is Target.BRANCH:
        raise InputError(
            N_("The folder %(articles)s is in no git repository.", articles=articles),
            remedy=N_("Save it as a file."),
        )
    return _as_file(draft, articles)


def _as_file(draft: Draft, articles: Path) -> Saved | Taken:
    path = articles / draft.path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Exclusive, so that of two people who draft at once the second hears of it.
        with path.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(draft.text)
    except FileExistsError:
        return Taken(draft.path)
    except OSError as error:
        raise InputError(
            N_("%(path)s cannot be written: %(strerror)s.", path=path, strerror=error.strerror),
            remedy=N_("Print it with --dry-run."),
        ) from error
    return Saved(Target.FILE, draft.path)


@dataclass(frozen=True, slots=True)
class _Repository:
    git: str
    root: Path
    prefix: str
    """The articles folder as seen from the root: empty or with a slash at the end."""

    @classmethod
    def around(cls, folder: Path) -> _Repository | None:
        """The repository the folder is checked out in; None without git, or without one."""
        git = shutil.which("git")
        if git is None or not folder.is_dir():
            return None
        told = _run(git, folder, "rev-parse", "--show-toplevel", "--show-prefix")
        lines = told.stdout.decode(errors="replace").split("\n")
        if told.returncode or len(lines) < 2:
            return None
        return cls(git, Path(lines[0]), lines[1])

    def commit(self, draft: Draft, now: datetime) -> Saved | Taken:
        branch = f"gap/{draft.slug}"
        path = f"{self.prefix}{draft.path}"
        if not self._ask("show-ref", "--verify", "--quiet", f"refs/heads/{branch}").returncode:
            return Taken(branch)
        if not self._ask("cat-file", "-e", f"HEAD:{path}").returncode:
            return Taken(draft.path)
        head = self._ask("rev-parse", "--verify", "--quiet", "HEAD").stdout.decode().strip()
        done = _run(
            self.git,
            self.root,
            "fast-import",
            "--quiet",
            stdin=_stream(draft, branch, path, head=head, now=now),
        )
        if done.returncode:
            told = done.stderr.decode(errors="replace").strip().split("\n")[0]
            raise InputError(
                N_("git cannot write the branch %(branch)s: %(told)s", branch=branch, told=told)
            )
        return Saved(Target.BRANCH, draft.path, branch)

    def _ask(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        return _run(self.git, self.root, *arguments)


def _stream(draft: Draft, branch: str, path: str, *, head: str, now: datetime) -> bytes:
    """What ``git fast-import`` reads: one commit that adds one file."""
    text = draft.text.encode()
    message = f"Draft: {draft.title}\n".encode()
    quoted = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    lines = [
        f"commit refs/heads/{branch}\n".encode(),
        f"committer {_AUTHOR} {int(now.timestamp())} +0000\n".encode(),
        b"data %d\n" % len(message) + message,
        f"from {head}\n".encode() if head else b"",
        f'M 100644 inline "{quoted}"\n'.encode(),
        b"data %d\n" % len(text) + text,
        b"\n",
    ]
    return b"".join(lines)


def _run(
    git: str, folder: Path, *arguments: str, stdin: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Raises InputError when git hangs or cannot be started."""
    try:
        return subprocess.run(  # noqa: S603 - git from PATH, no shell
            [git, "-C", str(folder), *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InputError(N_("git does not answer: %(error)s", error=error)) from error
