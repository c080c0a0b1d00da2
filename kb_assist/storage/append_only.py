"""Tables that keep what was written: the database itself refuses to change or delete rows."""

from __future__ import annotations

_SQLITE = """\
CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""

_FUNCTION = """\
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"""

_POSTGRESQL = """\
CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table}
FOR EACH ROW EXECUTE FUNCTION refuse_change()"""


def append_only(table: str, dialect: str) -> list[str]:
    """The statements that make ``table`` append-only; a migration executes them in order.

    For a migration: ``for statement in append_only("x_events", op.get_bind().dialect.name):
    op.execute(statement)``. ``table`` is a name of ours, never input.
    """
    shape = _SQLITE if dialect == "sqlite" else _POSTGRESQL
    triggers = [
        shape.format(table=table, verb=verb, VERB=verb.upper()) for verb in ("update", "delete")
    ]
    return triggers if dialect == "sqlite" else [_FUNCTION, *triggers]
