"""Problems that readers report about a paragraph, kept for the content owner."""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ParagraphReport:
    """One reader's remark; ``passage`` is the ``data-passage`` key of the paragraph."""

    at: str
    article_id: str
    article_digest: str
    passage: str
    excerpt: str
    remark: str


class ReportLog:
    """An append-only file, one JSON object a line, on disk before ``add`` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def add(self, report: ParagraphReport) -> None:
        line = json.dumps(asdict(report), ensure_ascii=False) + "\n"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._lock, self._path.open("ab") as stream:
            stream.write(line.encode())
            stream.flush()
            os.fsync(stream.fileno())

    def all(self) -> list[ParagraphReport]:
        """Oldest first; a line cut short by a crash is left out."""
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        reports: list[ParagraphReport] = []
        for line in lines:
            try:
                reports.append(ParagraphReport(**json.loads(line)))
            except (ValueError, TypeError):
                continue
        return reports
