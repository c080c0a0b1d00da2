"""Tools that answer on loopback, and rounds over both databases."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kb_assist.monitoring.model import Kind, Probed, Tool


def tool(key: str = "mail", **fields: Any) -> Tool:
    """A tool of TCP port 1; keyword arguments replace fields."""
    usual = Tool(key, key.title(), key.title(), "Netzwerk", Kind.TCP, "127.0.0.1:1")
    return replace(usual, **fields)


class FakeProbe:
    """Answers as told, by the tool's key; good by default."""

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.asked: list[str] = []

    def __call__(self, wanted: Tool) -> Probed:
        self.asked.append(wanted.key)
        if wanted.key in self.broken:
            return Probed(False, 5, "no connection")
        return Probed(True, 3)


class _Pages(BaseHTTPRequestHandler):
    seen: list[tuple[str, str]] = []  # noqa: RUF012 - cleared by the fixtures

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers.get("Authorization", "")))
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
            return
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()
        self.wfile.write(b"all is well")

    def log_message(self, *_: Any) -> None:
        """Silent."""


class Web:
    """A web server on loopback."""

    def __init__(self, address: str, seen: list[tuple[str, str]]) -> None:
        self.address = address
        self.seen = seen


@pytest.fixture
def web() -> Iterator[Web]:
    with _pages() as port:
        yield Web(f"http://127.0.0.1:{port}", _Pages.seen)


@pytest.fixture
def secure_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Web pages over TLS. The certificate for localhost is of an authority that only
    SSL_CERT_FILE vouches for, and valid for 19 days and a half."""
    authority, server = tmp_path / "authority.pem", tmp_path / "localhost.pem"
    _issue(authority, server)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    with _pages(context) as port:
        yield Web(f"https://localhost:{port}", _Pages.seen)


@pytest.fixture
def secure_port(secure_web: Web) -> int:
    return int(secure_web.address.rpartition(":")[2])


@contextmanager
def _pages(context: ssl.SSLContext | None = None) -> Iterator[int]:
    _Pages.seen.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], str]]:
    """A web address that answers with these bytes, whatever it is asked, and hangs up."""
    with ExitStack() as stack:

        def serve(answer: bytes) -> str:
            def send(connection: socket.socket) -> None:
                with connection, suppress(OSError):
                    connection.recv(65_536)
                    connection.sendall(answer)

            port = stack.enter_context(contextmanager(_serving)(send))
            return f"http://127.0.0.1:{port}/"

        yield serve


@pytest.fixture
def drip_port() -> Iterator[int]:
    """Sends one byte of an endless header every 0.05 seconds."""
    over = Event()

    def drip(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not over.wait(0.05):
                connection.sendall(b"x")

    yield from _serving(drip)
    over.set()


def _issue(authority: Path, server: Path) -> None:
    """Writes an authority's certificate, and one for localhost with its key."""
    signing, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root, localhost = (
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        for name in ("Nordwind", "localhost")
    )
    begin = datetime.now(UTC) - timedelta(days=1)
    end = begin + timedelta(days=20, hours=12)
    signs = x509.KeyUsage(*(part == 5 for part in range(9)))
    issuer = x509.SubjectKeyIdentifier.from_public_key(signing.public_key())
    top = _certificate(root, root, signing, begin, end)
    top = top.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    top = top.add_extension(signs, critical=True).add_extension(issuer, critical=False)
    authority.write_bytes(_pem(top.sign(signing, hashes.SHA256())))
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    known_by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer)
    leaf = _certificate(localhost, root, own, begin, end).add_extension(names, critical=False)
    leaf = leaf.add_extension(known_by, critical=False)
    private = own.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    server.write_bytes(private + _pem(leaf.sign(signing, hashes.SHA256())))


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    begin: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    number = x509.random_serial_number()
    return x509.CertificateBuilder(issuer, subject, key.public_key(), number, begin, end)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _serving(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """One thread for each connection to a port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    Thread(target=answer, args=(listening.accept()[0],), daemon=True).start()

        Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
