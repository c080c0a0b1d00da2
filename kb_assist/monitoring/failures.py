"""What an error of the libraries means, in the words of reasons.py."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from http.client import HTTPException, IncompleteRead

import requests
from urllib3.exceptions import HTTPError, LocationParseError, ReadTimeoutError

from kb_assist.monitoring import reasons

# All that a probe may raise because of what it meets.
ERRORS = (OSError, ValueError, HTTPException, HTTPError)

_NO_NAME = (
    socket.gaierror,
    UnicodeError,
    LocationParseError,
    requests.exceptions.InvalidURL,
)
_UNREADABLE = (
    HTTPException,
    requests.exceptions.ContentDecodingError,
    requests.exceptions.InvalidHeader,
)

# The first that fits decides, however deep it is wrapped: what the system says comes before what
# the libraries make of it.
_KNOWN: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((requests.Timeout, ReadTimeoutError, TimeoutError), reasons.TIMED_OUT),
    (_NO_NAME, reasons.UNKNOWN_NAME),
    ((requests.exceptions.SSLError,), reasons.NOT_TRUSTED),
    ((ConnectionRefusedError,), reasons.REFUSED),
    ((ConnectionError, IncompleteRead), reasons.BROKE_OFF),
    (_UNREADABLE, reasons.UNREADABLE),
)
# Of OpenSSL (X509_V_ERR_…, SSL_R_…).
_CERTIFICATE = {9: reasons.NOT_VALID_YET, 10: reasons.EXPIRED, 62: reasons.ANOTHER_NAME}
_CERTIFICATE |= {64: reasons.ANOTHER_NAME}
_OTHER_PROTOCOL = frozenset(
    {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNEXPECTED_EOF_WHILE_READING"}
)
_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})


def words(error: Exception) -> str:
    """Short and without addresses, which libraries repeat several times."""
    wrapped = list(_wrapped(error))
    for one in wrapped:
        if isinstance(one, ssl.SSLError) and not isinstance(one, TimeoutError):
            return _of_tls(one)
    for kinds, known in _KNOWN:
        if any(isinstance(one, kinds) for one in wrapped):
            return known
    if any(isinstance(one, OSError) and one.errno in _UNREACHABLE for one in wrapped):
        return reasons.UNREACHABLE
    if isinstance(error, requests.ConnectionError):
        return reasons.NO_CONNECTION
    # The system's own words, such as of too many open files, help whoever runs the watch.
    return getattr(error, "strerror", None) or reasons.FAILED


def _of_tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATE.get(error.verify_code, reasons.NOT_TRUSTED)
    return reasons.NO_TLS if error.reason in _OTHER_PROTOCOL else reasons.NO_HANDSHAKE


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    """The error, and those it was made of."""
    yield error
    for one in (*error.args, getattr(error, "reason", None), error.__cause__):
        if isinstance(one, BaseException):
            yield from _wrapped(one)
