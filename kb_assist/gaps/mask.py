"""Takes everything out of a draft that belongs to one firm or person; pure.

Stricter than the redaction of reports: an article outlives its tickets and may be read by
customers, so device names, addresses, companies and ticket numbers go, too. What an article is
about stays: error codes, updates, versions, commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kb_assist.redaction import Personal, redact
from kb_assist.text import identifiers

_TICKET = re.compile(
    r"\b(?:T-\d+|(?:INC|REQ|RITM|CHG|TASK|PRB)-?\d{4,})\b|(?<!\w)#\d{3,}\b"
    r"|\b(?:Ticket|Vorgang|Incident)(?:nummer| number| no\.?| Nr\.?)?:? ?[#A-Z-]*\d{3,}\b",
    re.IGNORECASE,
)
# Names that people give to devices: letters, then groups with at least one digit.
_DEVICE = re.compile(r"\b[A-Z]{2,6}(?:[-_][A-Z0-9]{1,12})*[-_][A-Z]*\d[A-Z0-9]*\b")
# Prefixes of what every firm has: updates, standards, errors, protocols.
_PUBLIC = frozenset(
    "KB CVE MS ORA ISO IEC RFC UTF TCP UDP USB AES SHA RSA HTTP HTTPS TLS SSL WPA EAP IEEE DIN EN"
    " WIN ID SQL SAP TNS SMB NTLM DHCP DNS VLAN IPV COM LPT ERROR CODE EVENT HRESULT EC MD ECC"
    " WPA2 WPA3 MAPI OAUTH ACSD DP HDMI".split()
)
_WORD_FOR = {
    "host_name": "[host]",
    "ip_address": "[ip]",
    "url": "[address]",
    "unc_path": "[share]",
    "email": "[email]",
}
_SHORTEST_NAME = 4
# These are part of what drafts say; a company of this name would empty the text.
_TOO_USUAL = frozenset("company gmbh group service support windows office internal intern".split())


@dataclass(frozen=True, slots=True)
class Known:
    """Names that belong to a gap's tickets."""

    people: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    devices: frozenset[str] = frozenset()
    """Keys of configuration items, folded to lower case."""


def masked(text: str, known: Known) -> str:
    """``text`` with placeholders such as ``[device]``."""
    text = _TICKET.sub("[ticket]", text)
    for identifier in identifiers(text):
        word = _WORD_FOR.get(identifier.kind)
        if word is not None:
            text = text.replace(identifier.text, word)
    text = _DEVICE.sub(_device, text)
    if known.devices:
        text = _devices(text, known.devices)
    text = _companies(text, known.companies)
    return redact(text, kinds=frozenset(Personal), names=known.people).text


def _device(match: re.Match[str]) -> str:
    prefix = re.split(r"[-_]", match.group())[0]
    return match.group() if prefix in _PUBLIC else "[device]"


def _devices(text: str, keys: frozenset[str]) -> str:
    """Word by word, because a firm may have a hundred thousand items."""
    return re.sub(
        r"[\w][\w.-]*\w",
        lambda match: "[device]" if match.group().casefold() in keys else match.group(),
        text,
    )


def _companies(text: str, companies: Iterable[str]) -> str:
    for name in sorted({c.strip() for c in companies}, key=len, reverse=True):
        if len(name) >= _SHORTEST_NAME and name.casefold() not in _TOO_USUAL:
            text = re.sub(rf"\b{re.escape(name)}\b", "[company]", text, flags=re.IGNORECASE)
    return text
