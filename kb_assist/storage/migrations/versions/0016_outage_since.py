"""When an outage began as its source says, beside when we heard of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.types import UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("outages", sa.Column("external_since", UtcDateTime(), nullable=True))
