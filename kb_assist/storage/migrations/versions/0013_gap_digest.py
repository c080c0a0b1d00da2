"""Who gets the weekly digest of gaps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from kb_assist.storage.types import Key

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "gap_readers",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("sent_week", sa.String(8), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("user_id", name="pk_gap_readers"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_gap_readers_user_id_users", ondelete="CASCADE"
        ),
    )
