"""Articles to a published index.

``embedding/`` turns text into vectors, ``space`` makes them comparable, starting from ``typical``
tickets. ``vectors`` and ``lexical`` are the two sides of the index (``analysis`` makes its terms),
``texts`` its rows, ``snapshot`` the folder they live in. ``reindex`` is the use case: ``build`` and
``assemble`` make a snapshot, ``cache`` and ``query_cache`` save them work, ``publish`` says which
one is served. ``checked`` is what is wrong with its texts, ``likeness`` which of them are alike.

``store`` is where published indexes are kept and ``chosen_store`` opens the one that the settings
name: a folder, or ``postgres/``. ``vector_store`` is what ranking asks of either.
"""
