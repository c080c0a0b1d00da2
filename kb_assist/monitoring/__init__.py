"""Watching the tools, and saying when one has failed.

Pure: ``model`` and ``outage_model`` (values), ``outages`` (single probes to outages), ``surges``
(many tickets alike in a short time), ``maintenance`` (windows that count for nothing),
``definition`` and ``alerts`` (what a file of tools, or another system, says), with ``plain``.

Probing: ``probes`` over ``web`` and ``public_only``; why one failed say ``reasons``, and
``failures`` of errors.

Use cases: ``watch`` (one round over ``probes``), ``configure`` (tools kept on the pages),
``intake`` (outages that other systems notice). ``store``, ``outages_store`` and
``checklist_store`` hold the queries.
"""
