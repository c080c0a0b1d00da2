"""Asks a tool whether it works; every way of failing is an answer, never an exception."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from kb_assist.monitoring import failures, reasons
from kb_assist.monitoring.definition import host_and_port
from kb_assist.monitoring.model import Follow, Kind, Probed, Tool
from kb_assist.monitoring.public_only import InternalAddressError, PublicOnly, refuse_internal
from kb_assist.monitoring.web import WebAdapter, trusting

_MOST_REDIRECTS = 4
_MOST_BODY_BYTES = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PAUSE_SECONDS = 0.2
_SECONDS_PER_DAY = 86_400


class _FailedError(Exception):
    """The tool answers, but not as it should."""


class _ExpiresError(Exception):
    """The certificate is valid, but not for long enough."""

    def __init__(self, days: int) -> None:
        super().__init__(reasons.certificate_ends(days))
        self.days = days


# A probe that still hangs, by tool as it is defined: what drips for hours must not gather a thread
# a minute, and what was corrected is asked again.
_hanging: dict[Tool, Thread] = {}
# What a thread may need beyond the time-outs of its sockets.
_GRACE_SECONDS = 0.3


def probe(tool: Tool) -> Probed:
    """One answer; a failure counts after the retries. Takes ``(retries + 1) * timeout`` and a
    little more at most, whatever the tool or the resolver of names does."""
    for attempt in range(tool.retries + 1):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        result = _in_time(tool)
        if result.ok:
            break
    return result


def _in_time(tool: Tool) -> Probed:
    """A socket's time-out begins anew with every byte, and looking up a name has none."""
    late = Probed(False, int(tool.timeout_seconds * 1000), reasons.TIMED_OUT)
    for one in [one for one, thread in list(_hanging.items()) if not thread.is_alive()]:
        _hanging.pop(one, None)
    if tool in _hanging:
        return late
    found: list[Probed] = []
    thread = Thread(target=lambda: found.append(_once(tool)), name="probe", daemon=True)
    thread.start()
    thread.join(tool.timeout_seconds + _GRACE_SECONDS)
    if found:
        return found[0]
    _hanging[tool] = thread
    return late


def _once(tool: Tool) -> Probed:
    begin = time.monotonic()
    days: int | None = None
    failure = ""
    try:
        days = _PROBES[tool.kind](tool, begin + tool.timeout_seconds)
    except _ExpiresError as error:
        days, failure = error.days, str(error)
    except InternalAddressError:
        failure = reasons.INTERNAL_ADDRESS
    except _FailedError as error:
        failure = str(error)
    except failures.ERRORS as error:
        failure = failures.words(error)
    spent = int((time.monotonic() - begin) * 1000)
    return Probed(not failure, spent, failure[:300], days)


def _http(tool: Tool, deadline: float) -> int | None:
    address = tool.target
    for _ in range(_MOST_REDIRECTS + 1):
        with _ask(address, tool, deadline) as answer:
            onwards = answer.headers.get("Location", "")
            if answer.status_code in _REDIRECTS and tool.follow is not Follow.NEVER and onwards:
                address = _led(address, onwards)
                continue
            _check(tool, answer, deadline)
            break
    else:
        raise _FailedError(reasons.TOO_MANY_REDIRECTS)
    parsed = urlsplit(address)
    if not tool.expected.tls_days or parsed.scheme != "https":
        return None
    host, port = parsed.hostname or "", parsed.port or 443
    return _check_certificate(host, port, tool, deadline, public=_public_only(address, tool))


@contextmanager
def _ask(address: str, tool: Tool, deadline: float) -> Iterator[requests.Response]:
    """The answer to one request; its body is not read."""
    adapter = PublicOnly() if _public_only(address, tool) else WebAdapter()
    headers = {**requests.utils.default_headers(), **_headers(tool, address)}
    request = requests.Request("GET", address, headers=headers).prepare()
    # Without a session, which would look for proxies and .netrc of this machine (what is probed is
    # what is configured) and read the whole body of a redirect.
    with (
        closing(adapter),
        adapter.send(request, stream=True, timeout=_left(deadline)) as answer,
    ):
        yield answer


def _headers(tool: Tool, address: str) -> dict[str, str]:
    headers = {"User-Agent": "kb-assist watch"}
    # A secret goes to the configured origin only: not to another port of its host, and not
    # without TLS where it was configured with it.
    if tool.authorization_file and _origin(address) == _origin(tool.target):
        headers["Authorization"] = _secret(Path(tool.authorization_file))
    return headers


def _led(address: str, onwards: str) -> str:
    """Where a redirect leads, from the address that sent it."""
    try:
        led = urljoin(address, onwards)
        parsed = urlsplit(led)
        # Reading the port raises as well.
        is_whole = bool(parsed.hostname) and parsed.port != 0
        # Whoever connects must read the same host: they part ways at a backslash, for one.
        is_whole = is_whole and (parse_url(led).host or "").strip("[]") == parsed.hostname
    except (ValueError, LocationParseError):
        is_whole = False
    if not is_whole or parsed.scheme not in ("http", "https"):
        raise _FailedError(reasons.NO_WEB_ADDRESS)
    return led


def _secret(path: Path) -> str:
    try:
        secret = path.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise _FailedError(reasons.NO_SECRET) from error
    # A header is one line of the characters of Latin-1.
    if not re.fullmatch(r"[\t\x20-\x7e\xa0-\xff]*", secret):
        raise _FailedError(reasons.UNFIT_SECRET)
    return secret


def _public_only(address: str, tool: Tool) -> bool:
    """The configured host may be internal; where it sends us only if that was allowed."""
    is_same_host = urlsplit(address).hostname == urlsplit(tool.target).hostname
    return tool.follow is not Follow.ANYWHERE and not is_same_host


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parsed = urlsplit(address)
    return parsed.scheme, parsed.hostname, parsed.port


def _check(tool: Tool, answer: requests.Response, deadline: float) -> None:
    if answer.status_code not in tool.expected.status:
        raise _FailedError(reasons.status(answer.status_code))
    wanted = tool.expected.body.encode()
    # Without a text only an answer that says how long it is can be seen to break off; what is
    # sent for ever, such as events, is good once it begins.
    if not wanted and "Content-Length" not in answer.headers:
        return
    body = b""
    for part in answer.iter_content(4_096):
        body += part
        # Compared as it grows: a slow stream ends with the text or with the time.
        if wanted and wanted in body:
            return
        if len(body) >= _MOST_BODY_BYTES:
            break
        _left(deadline)
    if wanted:
        raise _FailedError(reasons.TEXT_MISSING)


def _tcp(tool: Tool, deadline: float) -> int | None:
    socket.create_connection(host_and_port(tool.target), timeout=_left(deadline)).close()
    return None


def _dns(tool: Tool, _: float) -> int | None:
    found = {str(one[4][0]) for one in socket.getaddrinfo(tool.target, None)}
    wanted = {_same(one) for one in tool.expected.addresses}
    if wanted and wanted.isdisjoint(map(_same, found)):
        raise _FailedError(reasons.resolves_to(", ".join(sorted(found))))
    return None


def _same(address: str) -> str:
    """One way of writing it: IPv6 has several, and the system adds the interface to some."""
    try:
        return str(ip_address(address.partition("%")[0]))
    except ValueError:
        return address


def _tls(tool: Tool, deadline: float) -> int | None:
    host, port = host_and_port(tool.target, 443)
    return _check_certificate(host, port, tool, deadline)


def _check_certificate(
    host: str, port: int, tool: Tool, deadline: float, *, public: bool = False
) -> int:
    """How many days it is valid. Raises when it is not trusted, or not for long enough."""
    with (
        socket.create_connection((host, port), timeout=_left(deadline)) as plain,
        trusting().wrap_socket(
            refuse_internal(plain) if public else plain, server_hostname=host
        ) as secured,
    ):
        certificate = secured.getpeercert() or {}
    expiry = ssl.cert_time_to_seconds(str(certificate.get("notAfter", "")))
    days = int((expiry - time.time()) // _SECONDS_PER_DAY)
    if days < tool.expected.tls_days:
        raise _ExpiresError(days)
    return days


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise _FailedError(reasons.TIMED_OUT)
    return left


_PROBES: dict[Kind, Callable[[Tool, float], int | None]] = {
    Kind.HTTP: _http,
    Kind.TCP: _tcp,
    Kind.DNS: _dns,
    Kind.TLS: _tls,
}
