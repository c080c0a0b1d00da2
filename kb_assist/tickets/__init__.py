"""Tickets from intake to close.

``model`` holds the values and ``lifecycle``, ``priority``, ``targets`` the pure rules; ``store``
and the other ``*_store`` files hold the only queries; every other file is a use case named after
its verb. ``handover/`` is the way to a higher level.

A use case takes a ``Desk``: the open transaction, who acts, when, and by which rules.
"""
