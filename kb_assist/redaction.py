"""Personal data out of texts before they are compared, reported, drafted or exported.

Technical identifiers stay: an error code, an update number or a version is what a text is about.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from kb_assist.text import identifiers


class Personal(StrEnum):
    """Kinds of personal data; the value is also the placeholder's word."""

    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    PHONE = "phone"
    NAME = "name"
    USER_FOLDER = "user"
    IP = "ip"
    MAC = "mac"


DEFAULT_KINDS = frozenset(Personal) - {Personal.IP, Personal.MAC}


@dataclass(frozen=True, slots=True)
class Redacted:
    text: str
    counts: Mapping[Personal, int]
    """How many of each kind were replaced."""


# These kinds of identifiers are what support texts are about. "number", "email" and "ip_address"
# are not among them: a phone number consists of numbers.
_PROTECTED = frozenset(
    {"error_code", "update", "patch", "status_code", "version", "url", "asset", "dotted_name"}
)
_DATE_OR_TIME = re.compile(
    r"\b\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})\b(?:,? ?\d{1,2}[:.]\d{2})?|\b\d{4}-\d{2}-\d{2}\b"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_CARD = re.compile(r"(?<![\w-])[3-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])")
_PHONE = re.compile(
    r"(?<![\w.,/-])(?<!\d )(?:\+\d{1,3}|00[1-9]\d|\(?0[1-9]\d{0,4}\)?)"
    r"(?:[ ./()-]{0,3}\d){5,12}(?!\w)"
)
_IP = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w.]*\d)")
_MAC = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")
_USER_FOLDER = re.compile(r"(?<=[\\/]Users[\\/])[^\\/\s:*?\"<>|]+|(?<=/home/)[^/\s]+")
_ADDRESSED = re.compile(
    r"\b(?:Herrn?|Frau|Hr\.|Fr\.|Mr\.?|Mrs\.?|Ms\.?)(?: (?:Dr|Prof)\.)* "
    r"((?:von |van |de )?[A-ZÄÖÜ][\w'’-]+(?: [A-ZÄÖÜ][\w'’-]+)?)"
)
_CLOSING = re.compile(
    r"^[ \t]*(?:mit (?:freundlichen|besten|lieben|herzlichen) gr[üu](?:ß|ss)en"
    r"|(?:freundliche|viele|beste|liebe|schöne|herzliche) gr[üu](?:ß|ss)e|gr[üu](?:ß|ss)e?|mfg"
    r"|vg|lg"
    r"|(?:kind|best|warm|with kind|with best) regards|regards|best wishes|cheers|sincerely"
    r"|(?:many )?thanks|thank you|(?:vielen |besten )?dank|danke)"
    r"(?: (?:im voraus|in advance))?[ \t,.!]*\n+",
    re.IGNORECASE | re.MULTILINE,
)
_NAME_LINE = re.compile(
    r"[ \t]*((?:i\. ?[AV]\. )?[A-ZÄÖÜ][\w'’.-]*"
    r"(?: (?:von|van|der|de|zu|[A-ZÄÖÜ][\w'’.-]*)){0,4})[ \t]*$",
    re.MULTILINE,
)
# A shorter name is a word of every second text.
_SHORTEST_NAME = 4

Span = tuple[int, int]


def redact(
    text: str, *, kinds: Iterable[Personal] = DEFAULT_KINDS, names: Iterable[str] = ()
) -> Redacted:
    """``text`` with placeholders such as ``[email]``.

    ``names`` are people known to belong to the text (the requester); each is replaced wherever it
    stands, as a whole and by surname.
    """
    counts: Counter[Personal] = Counter()
    wanted = frozenset(kinds)
    # The order matters: an IBAN's digits would pass as a phone number.
    for kind in Personal:
        if kind in wanted:
            text = _replace(text, _spans(kind, text, names), kind, counts)
    return Redacted(text, MappingProxyType(dict(counts)))


def _replace(text: str, spans: Iterable[Span], kind: Personal, counts: Counter[Personal]) -> str:
    pieces: list[str] = []
    at = 0
    for begin, end in sorted(spans):
        if begin < at:
            continue
        pieces += [text[at:begin], f"[{kind.value}]"]
        counts[kind] += 1
        at = end
    return "".join([*pieces, text[at:]])


def _spans(kind: Personal, text: str, names: Iterable[str]) -> Iterator[Span]:
    if kind is Personal.NAME:
        yield from _names(text, names)
        return
    pattern, check = _FINDERS[kind]
    matches = list(pattern.finditer(text))
    # Looking for identifiers takes longest, and most texts hold nothing that looks like a number.
    kept = _protected(text) if matches and kind in (Personal.PHONE, Personal.CARD) else ()
    for match in matches:
        begin, end = match.start(), match.start() + check(match.group())
        if end > begin and not any(a < end and begin < b for a, b in kept):
            yield begin, end


def _protected(text: str) -> tuple[Span, ...]:
    found = [match.span() for match in _DATE_OR_TIME.finditer(text)]
    for identifier in identifiers(text):
        if identifier.kind in _PROTECTED:
            found += [m.span() for m in re.finditer(re.escape(identifier.text), text)]
    return tuple(found)


def _whole(text: str) -> int:
    return len(text)


def _iban_length(text: str) -> int:
    """Characters that form an IBAN with a right checksum; the pattern may take a word more."""
    for end in range(len(text), 14, -1):
        compact = text[:end].replace(" ", "")
        if text[end - 1] != " " and len(compact) >= 15 and _iban_checks(compact):
            return end
    return 0


def _iban_checks(compact: str) -> bool:
    digits = "".join(str(int(c, 36)) for c in compact[4:] + compact[:4])
    return int(digits) % 97 == 1


def _card_length(text: str) -> int:
    """All of it when the Luhn checksum is right."""
    digits = [int(c) for c in text if c.isdigit()]
    total = sum(
        digit if at % 2 == 0 else sum(divmod(digit * 2, 10))
        for at, digit in enumerate(reversed(digits))
    )
    return len(text) if total % 10 == 0 else 0


def _phone_length(text: str) -> int:
    """Unseparated digits are a phone number only from nine on; shorter ones count something."""
    digits = sum(c.isdigit() for c in text)
    separated = any(not c.isdigit() for c in text)
    return len(text) if digits >= (7 if separated else 9) else 0


def _ip_length(text: str) -> int:
    return len(text) if all(int(part) <= 255 for part in text.split(".")) else 0


_FINDERS: Mapping[Personal, tuple[re.Pattern[str], Callable[[str], int]]] = {
    Personal.EMAIL: (_EMAIL, _whole),
    Personal.IBAN: (_IBAN, _iban_length),
    Personal.CARD: (_CARD, _card_length),
    Personal.PHONE: (_PHONE, _phone_length),
    Personal.USER_FOLDER: (_USER_FOLDER, _whole),
    Personal.IP: (_IP, _ip_length),
    Personal.MAC: (_MAC, _whole),
}


def _names(text: str, known: Iterable[str]) -> Iterator[Span]:
    for match in _ADDRESSED.finditer(text):
        yield match.span(1)
    for closing in _CLOSING.finditer(text):
        line = _NAME_LINE.match(text, closing.end())
        if line:
            yield line.span(1)
    for name in known:
        yield from _known_name(text, name)


def _known_name(text: str, name: str) -> Iterator[Span]:
    parts = name.split()
    forms = [name.strip(), parts[-1] if len(parts) > 1 else ""]
    for form in forms:
        if len(form) >= _SHORTEST_NAME:
            for match in re.finditer(rf"\b{re.escape(form)}\b", text, re.IGNORECASE):
                yield match.span()
