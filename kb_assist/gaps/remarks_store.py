"""The queries of readers' remarks, and the file that held them in earlier versions."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, insert, select

from kb_assist.articles.reports import ParagraphReport
from kb_assist.storage.db import Database
from kb_assist.storage.tables.remarks import remarks


class ReportLog:
    """Remarks of readers in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, report: ParagraphReport) -> None:
        with self._database.write() as connection:
            _add(connection, [report])

    def all(self) -> list[ParagraphReport]:
        """Oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(remarks).order_by(remarks.c.at, remarks.c.id)).all()
        return [
            ParagraphReport(
                row.at.isoformat(timespec="seconds"),
                row.article_id,
                row.article_digest,
                row.passage,
                row.excerpt,
                row.remark,
            )
            for row in rows
        ]


def take_over(database: Database, file: Path) -> int:
    """Move the remarks of a file of lines into the database; how many.

    Of two processes at it, one fails to rename the file and takes its rows back. A line cut short
    by a crash is left out.
    """
    if not file.is_file():
        return 0
    try:
        with database.write() as connection:
            found = _read(file)
            _add(connection, found)
            file.rename(file.with_suffix(".taken-over"))
    except FileNotFoundError:
        return 0
    return len(found)


def _read(file: Path) -> list[ParagraphReport]:
    reports = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            report = ParagraphReport(**json.loads(line))
            datetime.fromisoformat(report.at)
        except (ValueError, TypeError):
            continue
        reports.append(report)
    return reports


def _add(connection: Connection, reports: list[ParagraphReport]) -> None:
    rows = [asdict(report) | {"at": datetime.fromisoformat(report.at)} for report in reports]
    if rows:
        connection.execute(insert(remarks), rows)
