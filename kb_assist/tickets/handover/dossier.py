"""The hand-over dossier: what a resolver group needs to know, what is known, what is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kb_assist.errors import N_, Phrase
from kb_assist.text import identifiers
from kb_assist.tickets.handover import words as dossier_words
from kb_assist.tickets.handover.since import since_when
from kb_assist.tickets.handover.words import Words, happened
from kb_assist.tickets.model import Ticket
from kb_assist.translations import in_language


class Weight(StrEnum):
    REQUIRED = "required"
    USEFUL = "useful"


# A useful fact counts a third of a required one in the completeness.
_SHARE = {Weight.REQUIRED: 3, Weight.USEFUL: 1}


@dataclass(frozen=True, slots=True)
class Item:
    """One fact that a template asks for."""

    key: str
    """Names the source in ``SOURCES``; any other key is answered by people or guides."""
    weight: Weight
    label: Words
    question: Words


@dataclass(frozen=True, slots=True)
class Template:
    """What one resolver group wants to know. ``group_id`` None: for groups without their own."""

    group_id: int | None
    name: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    at: datetime
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known about a ticket; ``None`` and empty mean "not known"."""

    ticket: Ticket
    client: Mapping[str, str] = field(default_factory=dict)
    """``name``, ``organisation``, ``email``, ``phone``, ``site``, ``vip`` …"""
    primary_ci: Mapping[str, str] = field(default_factory=dict)
    affected_cis: tuple[Mapping[str, str], ...] = ()
    articles: tuple[tuple[str, str], ...] = ()
    """Article id and what came of it: ``tried``, ``linked``, ``did_not_help`` …"""
    conversation: tuple[TimelineEntry, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    attachments: tuple[str, ...] = ()
    guide_answers: Mapping[str, str] = field(default_factory=dict)
    tool_status: Mapping[str, str] = field(default_factory=dict)
    steps_tried: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    """What agents typed in answer to a missing item; wins over every other source."""


@dataclass(frozen=True, slots=True)
class Filled:
    """An item with its value; empty means that it is missing."""

    item: Item
    value: str
    source: str
    """``ticket``, ``client``, ``ci``, ``articles``, ``guide``, ``status``, ``agent`` or empty."""


@dataclass(frozen=True, slots=True)
class Dossier:
    ticket_id: int
    number: str
    subject: str
    template: str
    filled: tuple[Filled, ...]
    articles: tuple[tuple[str, str], ...]
    attachments: tuple[str, ...]
    guide_answers: Mapping[str, str]
    tool_status: Mapping[str, str]
    timeline: tuple[TimelineEntry, ...]

    @property
    def completeness(self) -> int:
        """Per cent of the weight of all items; 100 only when nothing at all is missing."""
        total = sum(_SHARE[f.item.weight] for f in self.filled)
        known = sum(_SHARE[f.item.weight] for f in self.filled if f.value)
        return 100 if total == 0 else known * 100 // total

    @property
    def missing(self) -> tuple[Item, ...]:
        """Required items first."""
        gaps = [f.item for f in self.filled if not f.value]
        return tuple(sorted(gaps, key=lambda item: item.weight is Weight.USEFUL))

    @property
    def missing_required(self) -> tuple[Item, ...]:
        return tuple(item for item in self.missing if item.weight is Weight.REQUIRED)

    @property
    def is_complete(self) -> bool:
        """Whether a hand-over needs no override."""
        return not self.missing_required


def compose(facts: Facts, template: Template) -> Dossier:
    """The dossier of a ticket as of now."""
    return Dossier(
        ticket_id=facts.ticket.id,
        number=facts.ticket.number,
        subject=facts.ticket.subject,
        template=template.name,
        filled=tuple(_fill(item, facts) for item in template.items),
        articles=facts.articles,
        attachments=facts.attachments,
        guide_answers=dict(facts.guide_answers),
        tool_status=dict(facts.tool_status),
        timeline=facts.timeline,
    )


def _fill(item: Item, facts: Facts) -> Filled:
    """An agent's answer wins, then what a guide asked, then what the ticket's records say."""
    for source, known in (("agent", facts.answers), ("guide", facts.guide_answers)):
        if known.get(item.key, "").strip():
            return Filled(item, known[item.key].strip(), source)
    found = SOURCES.get(item.key)
    value = found[1](facts).strip() if found else ""
    return Filled(item, value, found[0] if found and value else "")


def _errors(facts: Facts) -> str:
    """Error codes and the like from everything that the requester wrote."""
    kinds = {"error_code", "update", "patch", "status_code"}
    found = [i.text for i in identifiers("\n".join(_said(facts))) if i.kind in kinds]
    # Devices are named like patches; those of the family of the ticket's own are no errors.
    named = (facts.primary_ci, *facts.affected_cis)
    families = tuple(f"{ci['name'].split('-')[0]}-" for ci in named if "-" in ci.get("name", ""))
    return ", ".join(text for text in found if not text.startswith(families))


def _said(facts: Facts) -> list[str]:
    """Everything that the requester wrote."""
    return [facts.ticket.subject, facts.ticket.body, *(entry.text for entry in facts.conversation)]


def _contact(facts: Facts) -> str:
    name = facts.client.get("name") or facts.ticket.requester_name
    reach = [facts.client.get("phone", ""), facts.client.get("email", facts.ticket.requester_email)]
    return ", ".join(part for part in (name, *reach) if part)


def _language(facts: Facts) -> str:
    """The ticket's: it is the language that requester and groups have in common."""
    return "de" if facts.ticket.language == "de" else "en"


def _record(facts: Facts, item: Mapping[str, str]) -> str:
    return dossier_words.record(item, _language(facts))


def _impact(facts: Facts) -> str:
    ticket = facts.ticket
    said = dossier_words.impact(ticket.impact, ticket.urgency, _language(facts))
    return f"P{ticket.priority.value}: {said}"


def _articles(facts: Facts) -> str:
    language = _language(facts)
    return ", ".join(
        f"{key} ({dossier_words.article(what, language)})" for key, what in facts.articles
    )


SOURCES: Mapping[str, tuple[str, Callable[[Facts], str]]] = {
    "what_happens": ("ticket", lambda facts: facts.ticket.body),
    "since_when": ("ticket", lambda facts: since_when(_said(facts))),
    "error_message": ("ticket", _errors),
    "product": ("ticket", lambda facts: facts.ticket.product),
    "impact": ("ticket", _impact),
    "contact": ("client", _contact),
    "site": ("client", lambda facts: facts.client.get("site", "")),
    "primary_ci": ("ci", lambda facts: _record(facts, facts.primary_ci)),
    "affected_cis": ("ci", lambda facts: "; ".join(_record(facts, c) for c in facts.affected_cis)),
    "articles_tried": ("articles", _articles),
    "steps_tried": ("guide", lambda facts: "\n".join(facts.steps_tried)),
    "evidence": ("ticket", lambda facts: ", ".join(facts.attachments)),
    "tool_status": (
        "status",
        lambda facts: ", ".join(f"{name}: {state}" for name, state in facts.tool_status.items()),
    ),
}


def as_json(dossier: Dossier) -> dict[str, Any]:
    """Plain values; ``from_json`` of the store reads them back for a stored snapshot."""
    return {
        "ticket_id": dossier.ticket_id,
        "number": dossier.number,
        "subject": dossier.subject,
        "template": dossier.template,
        "completeness": dossier.completeness,
        "complete": dossier.is_complete,
        "items": [
            {
                "key": filled.item.key,
                "weight": filled.item.weight.value,
                "label": dict(filled.item.label),
                "question": dict(filled.item.question),
                "value": filled.value,
                "source": filled.source,
            }
            for filled in dossier.filled
        ],
        "articles": [{"id": key, "outcome": what} for key, what in dossier.articles],
        "attachments": list(dossier.attachments),
        "guide_answers": dict(dossier.guide_answers),
        "tool_status": dict(dossier.tool_status),
        "timeline": [
            {"at": entry.at.isoformat(), "who": entry.who, "text": entry.text}
            for entry in dossier.timeline
        ],
    }


def from_json(stored: Mapping[str, Any]) -> Dossier:
    """The inverse of ``as_json``."""
    return Dossier(
        ticket_id=stored["ticket_id"],
        number=stored["number"],
        subject=stored["subject"],
        template=stored["template"],
        filled=tuple(
            Filled(item_from_json(item), item["value"], item["source"]) for item in stored["items"]
        ),
        articles=tuple((article["id"], article["outcome"]) for article in stored["articles"]),
        attachments=tuple(stored["attachments"]),
        guide_answers=stored["guide_answers"],
        tool_status=stored["tool_status"],
        timeline=tuple(
            TimelineEntry(datetime.fromisoformat(entry["at"]), entry["who"], entry["text"])
            for entry in stored["timeline"]
        ),
    )


def item_from_json(stored: Mapping[str, Any]) -> Item:
    return Item(stored["key"], Weight(stored["weight"]), stored["label"], stored["question"])


def as_markdown(dossier: Dossier, language: str = "en") -> str:
    """For a note in another helpdesk or a printed page."""
    lines = [
        f"# {dossier.number}: {dossier.subject}",
        "",
        f"{dossier.template}: {dossier.completeness} % {in_language(N_('complete'), language)}",
    ]
    for filled in dossier.filled:
        if filled.value:
            lines += ["", f"## {filled.item.label[language]}", "", filled.value]
    lines += _section(
        N_("Still missing"), [i.question[language] for i in dossier.missing], language
    )
    answers = [f"{key}: {value}" for key, value in dossier.guide_answers.items()]
    lines += _section(N_("Answers in guides"), answers, language)
    states = [f"{key}: {value}" for key, value in dossier.tool_status.items()]
    lines += _section(N_("Tools"), states, language)
    entries = [
        f"{e.at:%Y-%m-%d %H:%M} UTC, {e.who}: {happened(e.text, language)}"
        for e in dossier.timeline
    ]
    lines += _section(N_("What happened"), entries, language)
    return "\n".join(lines) + "\n"


def _section(heading: Phrase, entries: Sequence[str], language: str) -> list[str]:
    if not entries:
        return []
    return ["", f"## {in_language(heading, language)}", "", *(f"- {entry}" for entry in entries)]
