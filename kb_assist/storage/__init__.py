"""The database and nothing else.

``db`` opens it and owns transactions, ``types`` holds column types that behave alike on SQLite and
PostgreSQL, ``tables/`` describes the tables (one file per aggregate), ``schema`` gathers them,
``migrations/`` brings older databases up to them, ``upgrade`` runs the migrations, and
``append_only`` makes a table refuse changes to what it holds.
"""
