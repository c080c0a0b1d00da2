"""Articles to a published index.

``embedder`` turns text into vectors (``bundled`` makes the model that ships with the package
loadable, ``remote`` asks a service, ``models`` chooses, ``batching`` lets callers share a call),
``space`` makes vectors comparable, starting from ``typical`` tickets. ``vectors`` and ``lexical``
are the two sides of the index (``analysis`` makes its terms), ``texts`` its rows, ``snapshot`` the
folder they live in. ``reindex`` is the use case: ``build`` and ``assemble`` make a snapshot,
``cache`` and ``query_cache`` save them work, ``publish`` says which one is served.

``store`` is where published indexes are kept and ``stores`` chooses it: a folder, or ``postgres/``.
``vector_store`` is what ranking asks of either.
"""
