"""The title of an outage in German, beside the one it has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column(
        "outages", sa.Column("title_de", sa.String(300), nullable=False, server_default="")
    )
