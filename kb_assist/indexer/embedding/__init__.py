"""Text to vectors.

``embedder`` does it in this process (``bundled`` makes the model that ships with the package
loadable), ``remote`` asks a service; ``chosen`` is the one that the settings name. ``batching``
lets callers share a call.
"""
