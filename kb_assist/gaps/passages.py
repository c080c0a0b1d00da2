"""Which passage of an article somebody had on the screen with a ticket."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from kb_assist.storage.tables.feedback import suggestion_signals
from kb_assist.tickets.feedback_model import SubjectKind

_s = suggestion_signals.c


def passages_shown(connection: Connection, ticket_ids: Sequence[int]) -> dict[tuple[int, str], str]:
    """Anchors by ticket and article, the last one that was shown."""
    statement = (
        select(_s.ticket_id, _s.subject_id, _s.passage)
        .where(
            _s.ticket_id.in_(ticket_ids),
            _s.subject_kind == SubjectKind.ARTICLE.value,
            _s.passage != "",
        )
        .order_by(_s.id)
    )
    return {
        (int(row.ticket_id), row.subject_id): row.passage for row in connection.execute(statement)
    }
