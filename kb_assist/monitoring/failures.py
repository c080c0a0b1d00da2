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
    ((ssl.SSLCertVerificationError,), reasons.NOT_TRUSTED),
    ((ssl.SSLError,), reasons.NO_TLS),
    ((requests.exceptions.SSLError,), reasons.NOT_TRUSTED),
    ((ConnectionRefusedError,), reasons.REFUSED),
    ((ConnectionError, IncompleteRead), reasons.BROKE_OFF),
    (_UNREADABLE, reasons.UNREADABLE),
)
_UNREACHABLE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})


def words(error: Exception) -> str:
    """Short and without addresses, which libraries repeat several times."""
    wrapped = list(_wrapped(error))
    for kinds, known in _KNOWN:
        if any(isinstance(one, kinds) for one in wrapped):
            return known
    if any(isinstance(one, OSError) and one.errno in _UNREACHABLE for one in wrapped):
        return reasons.UNREACHABLE
    if isinstance(error, requests.ConnectionError):
        return reasons.NO_CONNECTION
    # The system's own words, such as of too many open files, help whoever runs the watch.
    return getattr(error, "strerror", None) or reasons.FAILED


def _wrapped(error: BaseException) -> Iterator[BaseException]:
    """The error, and those it was made of."""
    yield error
    for one in (*error.args, getattr(error, "reason", None), error.__cause__):
        if isinstance(one, BaseException):
            yield from _wrapped(one)
