"""The database and nothing else.

``db`` opens it and owns transactions, ``types`` holds column types that behave alike on SQLite and
PostgreSQL, ``tables/`` describes the tables (one file per aggregate), ``schema`` gathers them,
``migrations/`` brings older databases up to them, ``upgrade`` runs the migrations,
``append_only`` makes a table refuse changes to what it holds, ``upsert`` inserts or updates.
``archive`` is the file of a backup, ``rows`` tables as portable lines, ``backup`` and ``restore``
the two ways through them, ``check`` whether a database is healthy. ``copying`` carries everything
into another database and ``checksums`` compares both; ``full_text`` searches tickets.
"""
