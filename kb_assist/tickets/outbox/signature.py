"""Signed webhooks: HMAC SHA-256 over time and body, and the window in which one counts."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from enum import StrEnum

SIGNATURE_HEADER = "X-KB-Assist-Signature"
KEY_HEADER = "Idempotency-Key"
# Longer than the clocks of two servers differ, shorter than a message is worth stealing.
WINDOW = timedelta(minutes=5)
# There is one spelling of each time and digest, so that a header can stand for its message: written
# otherwise, one that somebody overheard would be another message.
_FORM = re.compile(r"t=(0|[1-9][0-9]{0,11}),v1=([0-9a-f]{64})")


class Fault(StrEnum):
    MISSING = "missing"
    MALFORMED = "malformed"
    WRONG = "wrong"
    OUTSIDE_WINDOW = "outside_window"


def sign(secret: str, body: bytes, at: datetime) -> str:
    """The value of the header: ``t=<unix time>,v1=<hex>``."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_digest(secret, seconds, body)}"


def verify(secret: str, body: bytes, header: str | None, now: datetime) -> Fault | None:
    """None for a good signature within the window. Takes equally long for every wrong one.

    No two headers are good for the same time and body: the header tells a message from its repeat.
    """
    if not header:
        return Fault.MISSING
    found = _FORM.fullmatch(header)
    if found is None:
        return Fault.MALFORMED
    seconds = int(found.group(1))
    if not hmac.compare_digest(_digest(secret, seconds, body), found.group(2)):
        return Fault.WRONG
    # As numbers: twelve digits of seconds can be beyond the last year there is.
    age = abs(now.timestamp() - seconds)
    return Fault.OUTSIDE_WINDOW if age > WINDOW.total_seconds() else None


def _digest(secret: str, seconds: int, body: bytes) -> str:
    signed = f"{seconds}.".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
