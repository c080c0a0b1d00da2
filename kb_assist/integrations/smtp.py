"""Mails out: one connection for a batch of mails."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from kb_assist.errors import MailUnavailableError
from kb_assist.settings import Settings

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    security: str
    """``starttls``, ``tls`` or ``off``."""
    user: str = ""
    password: str = field(default="", repr=False)


def server_of(settings: Settings) -> Server | None:
    """None when no mail server is set."""
    if settings.smtp_host is None:
        return None
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
    return Server(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_user,
        password,
    )


class Mailer:
    """Connects at the first mail, so that nothing to send needs no server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._open: smtplib.SMTP | None = None

    def send(self, mail: EmailMessage) -> None:
        """Raises MailUnavailableError when the server does not take it."""
        try:
            if self._open is None:
                self._open = _connected(self._server)
            self._open.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            self.close()
            raise MailUnavailableError(
                f"{self._server.host} did not take the mail: {_told(error)}"
            ) from error

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


@contextmanager
def mailer(server: Server) -> Iterator[Mailer]:
    made = Mailer(server)
    try:
        yield made
    finally:
        made.close()


def _connected(server: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=_TIMEOUT_SECONDS, context=context
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_SECONDS)
    try:
        if server.security == "starttls":
            connection.starttls(context=context)
        if server.user:
            connection.login(server.user, server.password)
    except (OSError, smtplib.SMTPException):
        connection.close()
        raise
    return connection


def _told(error: Exception) -> str:
    """What a server answered, without addresses of people."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "the recipient was refused"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code}"
    return type(error).__name__
