"""Ticket text to suggestions.

``query`` cleans the text, ``candidates`` asks the index, ``fusion`` ranks, ``confidence`` says how
sure that is, ``explain`` says why, ``search`` is the one entry point over all of them,
``evaluate`` measures it on labelled ``tickets`` and ``fitting`` learns its few ``parameters``;
``centre`` learns where queries lie. ``model`` holds the values.
"""
