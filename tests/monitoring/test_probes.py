"""Probes against real sockets on loopback."""

from __future__ import annotations

import errno
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest
import requests
from urllib3.exceptions import MaxRetryError

from kb_assist.monitoring import reasons
from kb_assist.monitoring.failures import words
from kb_assist.monitoring.model import Expected, Follow, Kind, Tool
from kb_assist.monitoring.probes import probe
from kb_assist.monitoring.public_only import is_public
from kb_assist.translations import in_language
from tests.monitoring.conftest import Web, tool


def test_a_page_with_the_expected_text_is_good(web: Web) -> None:
    good = tool(kind=Kind.HTTP, target=web.address, expected=Expected(body="is well"))
    assert probe(good).ok


@pytest.mark.parametrize(
    ("path", "expected", "detail"),
    [
        ("/broken", Expected(), "status 500"),
        ("/", Expected(status=(204,)), "status 200"),
        ("/", Expected(body="welcome"), "the expected text is missing"),
    ],
)
def test_a_wrong_answer_is_named(web: Web, path: str, expected: Expected, detail: str) -> None:
    found = probe(tool(kind=Kind.HTTP, target=web.address + path, expected=expected, retries=0))
    assert (found.ok, found.detail) == (False, detail)


def test_a_failure_is_tried_again(web: Web) -> None:
    probe(tool(kind=Kind.HTTP, target=f"{web.address}/broken", retries=2))
    assert len(web.seen) == 3


def test_a_silent_server_costs_no_more_than_its_time(silent_port: int) -> None:
    begin = time.monotonic()
    slow = tool(
        kind=Kind.HTTP, target=f"http://127.0.0.1:{silent_port}", timeout_seconds=0.3, retries=1
    )
    found = probe(slow)
    assert (found.ok, found.detail) == (False, "timed out")
    assert time.monotonic() - begin < 2


def test_a_server_that_drips_costs_no_more_than_its_time(drip_port: int) -> None:
    """Every byte comes in time, the answer never does."""
    begin = time.monotonic()
    slow = tool(kind=Kind.HTTP, target=f"http://127.0.0.1:{drip_port}", timeout_seconds=0.3)
    found = probe(slow)
    assert (found.ok, found.detail) == (False, "timed out")
    assert time.monotonic() - begin < 2


def test_a_corrected_tool_is_asked_again_while_the_old_probe_hangs(
    drip_port: int, web: Web
) -> None:
    slow = tool(kind=Kind.HTTP, target=f"http://127.0.0.1:{drip_port}", timeout_seconds=0.3)
    assert probe(slow).detail == reasons.TIMED_OUT
    assert probe(replace(slow, target=web.address)).ok


def test_a_name_that_is_looked_up_for_ever_costs_no_more_than_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(10) and [])
    begin = time.monotonic()
    found = probe(tool("names", kind=Kind.DNS, target="nordwind.example", timeout_seconds=0.2))
    over.set()
    assert (found.ok, found.detail) == (False, "timed out")
    assert time.monotonic() - begin < 2


def secured(kind: Kind, port: int) -> Tool:
    """``localhost`` by TLS, or by the web over it."""
    target = f"https://localhost:{port}/" if kind is Kind.HTTP else f"localhost:{port}"
    return tool(kind=kind, target=target, retries=0)


@pytest.mark.parametrize("kind", [Kind.HTTP, Kind.TLS])
def test_the_web_and_tls_trust_an_authority_of_the_house(kind: Kind, secure_port: int) -> None:
    found = probe(secured(kind, secure_port))
    assert (found.ok, found.detail) == (True, "")


@pytest.mark.parametrize(("wanted", "ok"), [(10, True), (30, False)])
def test_a_certificate_must_be_valid_for_long_enough(
    secure_port: int, wanted: int, *, ok: bool
) -> None:
    expected = Expected(tls_days=wanted)
    found = probe(tool(kind=Kind.TLS, target=f"localhost:{secure_port}", expected=expected))
    assert (found.ok, found.certificate_days) == (ok, 19)
    assert found.detail == ("" if ok else "the certificate ends in 19 days")


@pytest.mark.parametrize("kind", [Kind.HTTP, Kind.TLS])
def test_a_certificate_nobody_vouches_for_is_refused(
    kind: Kind, secure_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    found = probe(secured(kind, secure_port))
    assert (found.ok, found.detail) == (False, reasons.NOT_TRUSTED)


def test_the_web_trusts_nobody_whom_the_system_does_not(
    secure_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests has a list of authorities of its own, which must not count beside the system's."""
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "authority.pem"))
    monkeypatch.delenv("SSL_CERT_FILE")
    assert probe(secured(Kind.HTTP, secure_port)).detail == reasons.NOT_TRUSTED


def test_the_name_on_a_certificate_of_the_house_must_be_right(secure_port: int) -> None:
    elsewhere = tool(kind=Kind.HTTP, target=f"https://127.0.0.1:{secure_port}/", retries=0)
    assert probe(elsewhere).detail == reasons.ANOTHER_NAME


def test_a_redirect_is_not_followed_unless_allowed(web: Web) -> None:
    target = f"{web.address}/to?/"
    assert probe(tool(kind=Kind.HTTP, target=target, retries=0)).detail == "status 302"
    assert probe(tool(kind=Kind.HTTP, target=target, follow=Follow.PUBLIC)).ok


def test_a_redirect_into_the_house_is_refused(web: Web, silent_port: int) -> None:
    target = f"{web.address}/to?http://localhost:{silent_port}/"
    found = probe(tool(kind=Kind.HTTP, target=target, follow=Follow.PUBLIC, retries=0))
    assert found.detail == "redirect to an internal address, which is not allowed"


def test_a_name_that_changes_between_looking_up_and_connecting_does_not_lead_inside(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = socket.getaddrinfo
    answers = iter(["8.8.8.8"])

    def changing(host: str, *args: Any, **values: Any) -> Any:
        if host != "changing.example":
            return look_up(host, *args, **values)
        return look_up(next(answers, "127.0.0.1"), *args, **values)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    socket.getaddrinfo("changing.example", 80)
    inside = web.address.replace("127.0.0.1", "changing.example")
    target = f"{web.address}/to?{inside}/landed"
    found = probe(tool(kind=Kind.HTTP, target=target, follow=Follow.PUBLIC, retries=0))
    assert found.detail == "redirect to an internal address, which is not allowed"
    assert "/landed" not in [path for path, _ in web.seen]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        # Gateways carry these on to the IPv4 address within.
        ("64:ff9b::10.1.2.3", False),
        ("64:ff9b::8.8.8.8", True),
        ("2002:7f00:1::", False),
        ("64:ff9b:1::10.1.2.3", False),
        ("::127.0.0.1", False),
        ("fec0::1", False),
        ("224.0.0.1", False),
        ("ff02::1", False),
    ],
)
def test_which_addresses_are_public(address: str, *, public: bool) -> None:
    assert is_public(address) is public


def test_a_redirect_into_the_house_is_followed_where_anywhere_is_allowed(web: Web) -> None:
    inside = web.address.replace("127.0.0.1", "localhost")
    target = f"{web.address}/to?{inside}/"
    assert probe(tool(kind=Kind.HTTP, target=target, follow=Follow.ANYWHERE)).ok


def test_a_secret_comes_from_its_file_and_stays_with_the_host(web: Web, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("Bearer hush\n", encoding="utf-8")
    inside = web.address.replace("127.0.0.1", "localhost")
    target = f"{web.address}/to?{inside}/landed"
    probe(
        tool(
            kind=Kind.HTTP,
            target=target,
            follow=Follow.ANYWHERE,
            authorization_file=str(secret),
        )
    )
    assert [given for _, given in web.seen] == ["Bearer hush", ""]


@pytest.mark.parametrize("upwards", [True, False])
def test_a_redirect_to_the_same_host_is_followed_but_not_by_the_secret(
    web: Web, secure_web: Web, tmp_path: Path, *, upwards: bool
) -> None:
    """From http to https, as most tools do, and back: both are another port."""
    secret = tmp_path / "secret"
    secret.write_text("Bearer hush\n", encoding="utf-8")
    plain = web.address.replace("127.0.0.1", "localhost")
    first, second = (plain, secure_web.address) if upwards else (secure_web.address, plain)
    target = f"{first}/to?{second}/landed"
    moved = tool(kind=Kind.HTTP, target=target, follow=Follow.PUBLIC, retries=0)
    found = probe(replace(moved, authorization_file=str(secret)))
    assert (found.ok, found.detail) == (True, "")
    assert web.seen == [(target.removeprefix(first), "Bearer hush"), ("/landed", "")]


def test_endless_redirects_end(web: Web) -> None:
    target = f"{web.address}/to?" + "/to?" * 8 + "/"
    found = probe(tool(kind=Kind.HTTP, target=target, follow=Follow.PUBLIC, retries=0))
    assert found.detail == "too many redirects"


def test_a_missing_secret_fails_the_probe_without_a_word_of_it(web: Web, tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    found = probe(tool(kind=Kind.HTTP, target=web.address, authorization_file=missing, retries=0))
    assert (found.ok, found.detail) == (False, reasons.NO_SECRET)
    assert web.seen == []


def test_an_open_port_is_good_and_a_closed_one_is_not(silent_port: int) -> None:
    assert probe(tool(target=f"127.0.0.1:{silent_port}")).ok
    assert probe(tool(target="127.0.0.1:1", retries=0)).detail == reasons.REFUSED


def test_a_name_must_lead_to_an_expected_address() -> None:
    right = Expected(addresses=("127.0.0.1", "::1"))
    assert probe(tool(kind=Kind.DNS, target="localhost", expected=right)).ok
    wrong = Expected(addresses=("192.0.2.1",))
    found = probe(tool(kind=Kind.DNS, target="localhost", expected=wrong, retries=0))
    assert found.detail.startswith("resolves to")


def test_addresses_are_compared_however_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::a%eth0", 0, 0, 0))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    right = Expected(addresses=("2001:0DB8:0:0::000A",))
    assert probe(tool(kind=Kind.DNS, target="nordwind.example", expected=right, retries=0)).ok


def test_a_name_that_cannot_be_one_is_not_known() -> None:
    found = probe(tool(kind=Kind.DNS, target="nordwind..example", retries=0))
    assert found.detail == reasons.UNKNOWN_NAME


def test_a_port_without_tls_has_no_certificate(web: Web) -> None:
    plain = tool(kind=Kind.TLS, target=web.address.removeprefix("http://"), retries=0)
    assert probe(plain).detail == reasons.NO_TLS


def test_the_web_over_tls_tells_a_plain_port_from_a_certificate(web: Web) -> None:
    plain = tool(kind=Kind.HTTP, target=web.address.replace("http:", "https:"), retries=0)
    assert probe(plain).detail == reasons.NO_TLS


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (9, reasons.NOT_VALID_YET),
        (10, reasons.EXPIRED),
        (18, reasons.NOT_TRUSTED),
        (62, reasons.ANOTHER_NAME),
    ],
)
def test_what_is_wrong_with_a_certificate_is_told(code: int, reason: str) -> None:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    assert words(requests.exceptions.SSLError(MaxRetryError(Mock(), "/", error))) == reason


def test_a_handshake_that_fails_is_no_port_without_tls() -> None:
    error = ssl.SSLError(1, "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert")
    error.reason = "TLSV1_ALERT_PROTOCOL_VERSION"
    assert words(error) == reasons.NO_HANDSHAKE


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", reasons.BROKE_OFF),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nwel", reasons.BROKE_OFF),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\nwell", reasons.UNREADABLE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3, 4\r\n\r\nwell", reasons.UNREADABLE),
        (b"220 mail.nordwind.example ready\r\n", reasons.UNREADABLE),
        (b"HTTP/1.1 302 Found\r\nLocation: http://a.example:b/\r\n\r\n", reasons.NO_WEB_ADDRESS),
        (b"HTTP/1.1 302 Found\r\nLocation: http://[a/\r\n\r\n", reasons.NO_WEB_ADDRESS),
        # Whoever connects ends the host at the backslash, others at the at sign.
        (
            b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:1\\@127.0.0.1/\r\n\r\n",
            reasons.NO_WEB_ADDRESS,
        ),
        (
            b"HTTP/1.1 302 Found\r\nLocation: //127.0.0.2:1\\@127.0.0.1/\r\n\r\n",
            reasons.NO_WEB_ADDRESS,
        ),
        (b"HTTP/1.1 302 Found\r\nLocation: http://a..b/\r\n\r\n", reasons.UNKNOWN_NAME),
    ],
)
def test_a_spoilt_answer_is_named_in_words_for_people(
    answering: Callable[[bytes], str], answer: bytes, reason: str
) -> None:
    spoilt = tool(kind=Kind.HTTP, target=answering(answer), expected=Expected(body="well"))
    found = probe(replace(spoilt, follow=Follow.ANYWHERE, retries=0))
    assert (found.ok, found.detail) == (False, reason)


@pytest.mark.parametrize(
    ("answer", "ok"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nwell", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"w" * 65_536, True),
        (b"HTTP/1.1 200 OK\r\nServer: we", False),
        (b"HTTP/1.1 200 OK\r\nServer: well\r\n", False),
        (b"HTTP/1.0 200 OK\r\nServer: well\r\n\r\n", True),
    ],
)
def test_an_answer_that_breaks_off_is_bad_without_an_expected_text_too(
    answering: Callable[[bytes], str], answer: bytes, *, ok: bool
) -> None:
    found = probe(tool(kind=Kind.HTTP, target=answering(answer), retries=0))
    assert (found.ok, found.detail) == (ok, "" if ok else reasons.BROKE_OFF)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(errno.EHOSTUNREACH, "No route to host"), reasons.UNREACHABLE),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
        (ValueError("invalid literal for int()"), reasons.FAILED),
    ],
)
def test_an_error_without_a_reason_of_its_own_is_put_in_words(
    monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    monkeypatch.setattr(socket, "create_connection", Mock(side_effect=error))
    assert probe(tool(retries=0)).detail == reason


@pytest.mark.parametrize("written", ["Bearer \u201chush\u201d", "Bearer\nhush"])
def test_a_secret_that_cannot_be_sent_fails_the_probe_without_a_word_of_it(
    web: Web, tmp_path: Path, written: str
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(written, encoding="utf-8")
    found = probe(
        tool(kind=Kind.HTTP, target=web.address, authorization_file=str(secret), retries=0)
    )
    assert (found.detail, web.seen) == (reasons.UNFIT_SECRET, [])


def test_a_proxy_of_the_machine_is_not_asked(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert probe(tool(kind=Kind.HTTP, target=web.address, retries=0)).ok


@pytest.mark.parametrize(
    "kept",
    [reasons.TIMED_OUT, reasons.BROKE_OFF, reasons.status(503), reasons.certificate_ends(-2)],
)
def test_what_was_kept_of_a_failure_is_said_in_german(kept: str) -> None:
    read = reasons.read(str(kept))
    assert in_language(read, "en") == kept
    assert in_language(read, "de") not in (kept, "")


def test_the_words_of_other_monitors_stay_as_they_came() -> None:
    assert (
        in_language(reasons.read("status page says: HTTP 500"), "de")
        == "status page says: HTTP 500"
    )
