"""Alembic's environment and the migrations, ``versions/NNNN_topic.py``, one file a revision."""
