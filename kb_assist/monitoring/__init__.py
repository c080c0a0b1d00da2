"""Watching the tools: ``model`` holds the values, ``outages`` and ``surges`` are the pure rules.

``outages`` turns single probes into outages, ``surges`` finds many tickets alike in a short time.
"""
