"""Why a probe failed: kept in English, and read back so that pages can say it otherwise."""

from __future__ import annotations

import re

from kb_assist.errors import N_, Phrase

TIMED_OUT = N_("timed out")
TEXT_MISSING = N_("the expected text is missing")
NOT_TRUSTED = N_("the certificate is not trusted")
EXPIRED = N_("the certificate has expired")
NOT_VALID_YET = N_("the certificate is not valid yet")
ANOTHER_NAME = N_("the certificate is for another name")
NO_HANDSHAKE = N_("the server refuses this kind of TLS connection")
NO_TLS = N_("the port does not speak TLS")
NO_CONNECTION = N_("no connection")
REFUSED = N_("the connection is refused")
UNKNOWN_NAME = N_("the name is not known")
TOO_MANY_REDIRECTS = N_("too many redirects")
NO_WEB_ADDRESS = N_("redirect to something that is no web address")
INTERNAL_ADDRESS = N_("redirect to an internal address, which is not allowed")
NO_SECRET = N_("the file with the authorization cannot be read")
BROKE_OFF = N_("the answer broke off")
UNREADABLE = N_("the answer cannot be read")
UNREACHABLE = N_("the host cannot be reached")
UNFIT_SECRET = N_("the authorization has line breaks or characters that cannot be sent")
FAILED = N_("the probe failed")


def status(code: int) -> Phrase:
    return N_("status %(code)s", code=code)


def resolves_to(addresses: str) -> Phrase:
    return N_("resolves to %(addresses)s", addresses=addresses)


def certificate_ends(days: int) -> Phrase:
    return N_("the certificate ends in %(days)s days", days=days)


_FIXED = {
    str(one): one
    for one in (
        TIMED_OUT,
        TEXT_MISSING,
        NOT_TRUSTED,
        EXPIRED,
        NOT_VALID_YET,
        ANOTHER_NAME,
        NO_HANDSHAKE,
        NO_TLS,
        NO_CONNECTION,
        REFUSED,
        UNKNOWN_NAME,
        TOO_MANY_REDIRECTS,
        NO_WEB_ADDRESS,
        INTERNAL_ADDRESS,
        NO_SECRET,
        BROKE_OFF,
        UNREADABLE,
        UNREACHABLE,
        UNFIT_SECRET,
        FAILED,
    )
}
_STATUS = re.compile(r"status (\d{3})")
_RESOLVES = re.compile(r"resolves to (.+)")
_CERTIFICATE = re.compile(r"the certificate ends in (-?\d+) days")


def read(kept: str) -> str:
    """What was kept, as a phrase where a probe of ours said it; anything else as it is."""
    if found := _STATUS.fullmatch(kept):
        return status(int(found[1]))
    if found := _RESOLVES.fullmatch(kept):
        return resolves_to(found[1])
    if found := _CERTIFICATE.fullmatch(kept):
        return certificate_ends(int(found[1]))
    return _FIXED.get(kept, kept)
