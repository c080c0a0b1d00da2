"""Articles to a published index.

``embedder`` turns text into vectors (``bundled`` makes the model that ships with the package
loadable), ``vectors`` and ``lexical`` are the two sides of the index, ``snapshot`` is the folder
they live in, ``build`` makes one, ``cache`` saves it work, ``publish`` says which one is served.
"""
