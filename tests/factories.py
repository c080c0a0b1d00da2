"""Small knowledge bases for tests."""

from __future__ import annotations

from pathlib import Path

ARTICLES = {
    "email/mailbox-full.md": (
        "id: KB-1\ntitle: Mailbox is full\nlanguage: en\naudience: l1\nproduct: Outlook\n"
        "reviewed: 2026-01-01\nreview_every: 90d",
        "## Issue\n\nThe mailbox is full and mail with 5.2.2 is returned.\n\n"
        "## Cause\n\nThe quota is reached.\n\n## Resolution\n\nEmpty the deleted items folder.\n",
    ),
    "email/mailbox-full.de.md": (
        "id: KB-2\ntitle: Postfach ist voll\nlanguage: de\naudience: l1\ntranslation_of: KB-1",
        "## Problem\n\nDas Postfach ist voll, Mails mit 5.2.2 kommen zurück.\n\n"
        "## Ursache\n\nDie Grenze ist erreicht.\n\n## Lösung\n\nDen Ordner Gelöschte leeren.\n",
    ),
    "vpn/error-809.md": (
        "id: KB-3\ntitle: VPN error 809\nlanguage: en\naudience: l1",
        "## Issue\n\nThe VPN shows error 809 and no connection.\n\n"
        "## Cause\n\nUDP 4500 is blocked.\n\n"
        "## Resolution\n\n"
        "```powershell\nSet-ItemProperty -Name AssumeUDPEncapsulation -Value 2\n```\n",
    ),
    "printing/queue.md": (
        "id: KB-4\ntitle: Druckauftrag hängt in der Warteschlange\nlanguage: de\naudience: l1",
        "## Problem\n\nDer Drucker druckt nicht, die Druckerwarteschlange steht.\n\n"
        "## Ursache\n\nDer Spooler ist hängen geblieben.\n\n## Lösung\n\nDen Dienst neu starten.\n",
    ),
    "accounts/locked.md": (
        "id: KB-5\ntitle: Account is locked out\nlanguage: en\naudience: l2",
        "## Issue\n\nThe password is right but event 4740 locks the account.\n\n"
        "## Cause\n\nAn old password is stored.\n\n## Resolution\n\nFind the source on the DC.\n",
    ),
    "customer/phishing.md": (
        "id: KB-6\ntitle: Report a suspicious mail\nlanguage: en\naudience: customer",
        "## Issue\n\nA mail asks for your password.\n\n## Resolution\n\nUse the report button.\n",
    ),
    "old/archived.md": (
        "id: KB-7\ntitle: Windows 7 activation\nlanguage: en\nconfidence: archived",
        "## Issue\n\nWindows 7 cannot be activated.\n\n## Resolution\n\nReplace the computer.\n",
    ),
}


def write_article(root: Path, path: str, front_matter: str, body: str) -> Path:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"---\n{front_matter}\n---\n{body}", encoding="utf-8")
    return target


def write_articles(root: Path) -> Path:
    """The seven articles above; returns ``root``."""
    for path, (front_matter, body) in ARTICLES.items():
        write_article(root, path, front_matter, body)
    return root
