"""One HTTP request, and whether trying again would help."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

from kb_assist.errors import N_
from kb_assist.tickets.outbox.deliver import Delivery

_TIMEOUT_SECONDS = 10.0
# Refusals that pass: timed out, in conflict, too early, too many.
_PASSING = frozenset({408, 409, 425, 429})


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect could lead a signed message, or a token, to somebody else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Delivery:
    """Send ``body``; any 2xx is a delivery."""
    if not url.startswith(("http://", "https://")):
        return Delivery(delivered=False, error=N_("Not an HTTP address."), permanent=True)
    request = urllib.request.Request(url, data=body, headers=dict(headers), method="POST")  # noqa: S310
    opener = urllib.request.build_opener(_NoRedirects)
    try:
        with opener.open(request, timeout=_TIMEOUT_SECONDS):
            return Delivery(delivered=True)
    except urllib.error.HTTPError as error:
        with error:
            permanent = error.code < 500 and error.code not in _PASSING
            return Delivery(False, f"HTTP {error.code} {error.reason}", permanent)
    except (OSError, http.client.HTTPException, ValueError) as error:
        # Unreachable, timed out, no certificate, nonsense for an answer.
        return Delivery(delivered=False, error=f"{type(error).__name__}: {error}")
