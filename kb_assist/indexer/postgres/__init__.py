"""Published indexes in PostgreSQL, for several nodes.

``store`` keeps them, ``vectors`` holds and searches their vectors with pgvector, ``cache`` the
vectors that any node computed.
"""
