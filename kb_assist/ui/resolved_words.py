"""What was resolved with an outage, in words."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import ngettext

from kb_assist.correlation.outages import Resolved


def resolved_words(done: Resolved) -> str:
    """In the reader's language."""
    told: str = _("The outage is over.")
    if done.tickets:
        told += " " + ngettext(
            "%(num)s ticket is resolved with it.",
            "%(num)s tickets are resolved with it.",
            len(done.tickets),
        )
    if done.left:
        told += " " + _("Still open: %(numbers)s.", numbers=", ".join(f"T-{n}" for n in done.left))
    return told
