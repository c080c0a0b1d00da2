"""Signed webhooks: HMAC SHA-256 over time and body, and the window in which one counts."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum

SIGNATURE_HEADER = "X-KB-Assist-Signature"
KEY_HEADER = "Idempotency-Key"
# Longer than the clocks of two servers differ, shorter than a message is worth stealing.
WINDOW = timedelta(minutes=5)
_FORM = re.compile(r"^t=(\d{1,12}),v1=([0-9a-f]{64})$")


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
    """None for a good signature within the window. Takes equally long for every wrong one."""
    if not header:
        return Fault.MISSING
    found = _FORM.match(header.strip())
    if found is None:
        return Fault.MALFORMED
    seconds = int(found.group(1))
    if not hmac.compare_digest(_digest(secret, seconds, body), found.group(2)):
        return Fault.WRONG
    age = abs(now - datetime.fromtimestamp(seconds, UTC))
    return Fault.OUTSIDE_WINDOW if age > WINDOW else None


def _digest(secret: str, seconds: int, body: bytes) -> str:
    signed = f"{seconds}.".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
