"""The dossier templates that come with kb-assist; a group may keep its own."""

from __future__ import annotations

from kb_assist.tickets.handover.dossier import Item, Template, Weight

_R, _U = Weight.REQUIRED, Weight.USEFUL


def _item(key: str, weight: Weight, labels: tuple[str, str], questions: tuple[str, str]) -> Item:
    """Both pairs: German, English."""
    return Item(
        key,
        weight,
        {"de": labels[0], "en": labels[1]},
        {"de": questions[0], "en": questions[1]},
    )


WHAT_HAPPENS = _item(
    "what_happens",
    _R,
    ("Was passiert", "What happens"),
    ("Was genau passiert, und was sollte passieren?", "What happens, and what should happen?"),
)
SINCE_WHEN = _item(
    "since_when",
    _R,
    ("Seit wann", "Since when"),
    ("Seit wann tritt es auf, und wann zuletzt?", "Since when, and when did it happen last?"),
)
CHANGED_BEFORE = _item(
    "changed_before",
    _U,
    ("Was vorher geändert wurde", "What changed before"),
    ("Was wurde kurz davor geändert?", "What was changed shortly before?"),
)
ERROR_MESSAGE = _item(
    "error_message",
    _R,
    ("Fehlermeldung", "Error message"),
    ("Wie lautet die Fehlermeldung, Wort für Wort?", "What does the error say, word for word?"),
)
CONTACT = _item(
    "contact",
    _R,
    ("Ansprechpartner", "Contact"),
    ("Wen können wir wie erreichen?", "Whom can we reach, and how?"),
)
IMPACT = _item(
    "impact",
    _R,
    ("Auswirkung", "Impact"),
    ("Wie viele sind betroffen, steht die Arbeit still?", "How many are hit, does work stop?"),
)
PRIMARY_CI = _item(
    "primary_ci",
    _R,
    ("Betroffenes CI", "Affected item"),
    ("Welches Gerät, welcher Server oder Dienst?", "Which device, server or service?"),
)
STEPS_TRIED = _item(
    "steps_tried",
    _R,
    ("Bereits versucht", "Already tried"),
    ("Was wurde versucht, und was kam heraus?", "What was tried, and what came of it?"),
)
ARTICLES_TRIED = _item(
    "articles_tried",
    _U,
    ("Artikel", "Articles"),
    ("Welche Artikel passten oder halfen nicht?", "Which articles fitted or did not help?"),
)
EVIDENCE = _item(
    "evidence",
    _U,
    ("Belege", "Evidence"),
    ("Gibt es Protokolle oder Bildschirmfotos?", "Are there logs or screenshots?"),
)
TOOL_STATUS = _item(
    "tool_status",
    _U,
    ("Zustand der Werkzeuge", "Tool status"),
    ("Gab es zur selben Zeit eine Störung?", "Was there an outage at the same time?"),
)
WORKAROUND = _item(
    "workaround",
    _U,
    ("Behelfslösung", "Workaround"),
    ("Wie arbeitet die Person inzwischen weiter?", "How does the person work meanwhile?"),
)
REPRODUCIBLE = _item(
    "reproducible",
    _U,
    ("Nachstellbar", "Reproducible"),
    ("Lässt es sich nachstellen, und wie?", "Can it be reproduced, and how?"),
)
SITE = _item(
    "site",
    _R,
    ("Standort und Anschluss", "Site and connection"),
    ("Wo tritt es auf: Standort, WLAN, Kabel, VPN?", "Where: site, Wi-Fi, cable, VPN?"),
)
ADDRESSES = _item(
    "addresses",
    _R,
    ("Namen und Adressen", "Names and addresses"),
    (
        "Welche Quelle und welches Ziel (Rechnername, IP-Adresse, Port)?",
        "Which source and which target (host name, IP address, port)?",
    ),
)
MAILBOX = _item(
    "mailbox",
    _R,
    ("Postfach und Gegenstelle", "Mailbox and other side"),
    ("Welches Postfach, welcher Absender oder Empfänger?", "Which mailbox, which other side?"),
)
MESSAGE_SAMPLE = _item(
    "message_sample",
    _U,
    ("Beispielnachricht", "Sample message"),
    ("Zeit und Nachrichten-ID eines Beispiels?", "Time and message id of one example?"),
)

DEFAULT = Template(
    None,
    "L3",
    (
        WHAT_HAPPENS,
        SINCE_WHEN,
        ERROR_MESSAGE,
        IMPACT,
        CONTACT,
        PRIMARY_CI,
        STEPS_TRIED,
        ARTICLES_TRIED,
        REPRODUCIBLE,
        CHANGED_BEFORE,
        WORKAROUND,
        EVIDENCE,
        TOOL_STATUS,
    ),
)
NETWORK = Template(
    None,
    "Network",
    (
        WHAT_HAPPENS,
        SINCE_WHEN,
        IMPACT,
        CONTACT,
        SITE,
        ADDRESSES,
        PRIMARY_CI,
        STEPS_TRIED,
        ARTICLES_TRIED,
        CHANGED_BEFORE,
        EVIDENCE,
        TOOL_STATUS,
    ),
)
MESSAGING = Template(
    None,
    "Messaging",
    (
        WHAT_HAPPENS,
        SINCE_WHEN,
        ERROR_MESSAGE,
        IMPACT,
        CONTACT,
        MAILBOX,
        STEPS_TRIED,
        MESSAGE_SAMPLE,
        ARTICLES_TRIED,
        EVIDENCE,
        TOOL_STATUS,
    ),
)

# Words in a group's name that choose a template while the group has none of its own.
_BY_NAME = (
    (("netz", "network", "wlan", "wi-fi", "firewall"), NETWORK),
    (("mail", "messaging", "exchange", "kommunikation"), MESSAGING),
)


def known_items() -> tuple[Item, ...]:
    """Every item that a template of ours asks for, each once."""
    found: dict[str, Item] = {}
    for template in (DEFAULT, NETWORK, MESSAGING):
        for item in template.items:
            found.setdefault(item.key, item)
    return tuple(found.values())


def built_in(group_name: str) -> Template:
    """The template that fits a group's name best."""
    folded = group_name.casefold()
    for marks, template in _BY_NAME:
        if any(mark in folded for mark in marks):
            return template
    return DEFAULT
