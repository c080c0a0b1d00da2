"""An article drafted from what solved a gap's tickets; pure.

It is refused while the tickets are too thin: at least two of cause, diagnosis, fix and check must
be known, from the tickets or from somebody's answers. Nothing of one firm or person goes in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from kb_assist.errors import N_, Phrase
from kb_assist.gaps.model import Stocked
from kb_assist.gaps.roles import Role, roles
from kb_assist.text import fold, words
from kb_assist.translations import in_language

ENOUGH_ROLES = 2
# The longest part of a file's name that people still read.
_LONGEST_SLUG = 60
_MOST = {Role.CAUSE: 3, Role.DIAGNOSED: 3, Role.FIX: 6, Role.VERIFIED: 2}
_QUESTIONS = 3
# Two sentences that share so many of their words say the same.
_SAME_WORDS = 0.6


@dataclass(frozen=True, slots=True)
class Material:
    """What a draft is made of, already without anything of one firm or person."""

    title: str
    tickets: tuple[Stocked, ...]
    products: tuple[str, ...] = ()
    topic: str = ""
    """Folder below the articles folder."""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """An article to be reviewed by a person; nothing is published by itself."""

    title: str
    language: str
    topic: str
    slug: str
    text: str
    """The whole file."""
    known: tuple[Role, ...]
    missing: tuple[Role, ...]

    @property
    def path(self) -> str:
        """Below the articles folder."""
        return f"{self.topic}/{self.slug}.md"

    @property
    def body(self) -> str:
        """The text without its front matter."""
        return self.text.split("\n---\n", 1)[1]

    @property
    def article_id(self) -> str:
        """As the index will name it, because the draft declares none."""
        return f"{self.topic}/{self.slug}"


@dataclass(frozen=True, slots=True)
class TooThin:
    """The tickets say too little; these questions would help."""

    language: str
    questions: Mapping[Role, str]
    known: tuple[Role, ...]


QUESTIONS: Mapping[Role, Phrase] = {
    Role.CAUSE: N_("What caused the problem?"),
    Role.DIAGNOSED: N_("How can somebody tell that this is the cause?"),
    Role.FIX: N_("What exactly has to be done, step by step?"),
    Role.VERIFIED: N_("How can somebody check that it worked?"),
}
# Sections of an article, as authors are asked to call them.
_HEADINGS: Mapping[str, Mapping[Role | str, str]] = {
    "en": {
        "issue": "Issue",
        "environment": "Environment",
        Role.CAUSE: "Cause",
        Role.DIAGNOSED: "Diagnosis",
        Role.FIX: "Resolution",
        Role.VERIFIED: "Verification",
    },
    "de": {
        "issue": "Problem",
        "environment": "Umgebung",
        Role.CAUSE: "Ursache",
        Role.DIAGNOSED: "Diagnose",
        Role.FIX: "Lösung",
        Role.VERIFIED: "Überprüfung",
    },
}
_ANSWERED = N_("from an answer of the author")
_OTHER = N_("From tickets in another language:")


@dataclass(frozen=True, slots=True)
class _Told:
    """Sentences of one role."""

    sentences: tuple[str, ...]
    foreign: tuple[str, ...]
    """Of tickets in another language."""
    tickets: int
    answer: str


def compose(material: Material, answers: Mapping[Role, str]) -> Draft | TooThin:
    """``answers`` count like what the tickets tell, and come first."""
    language = _majority(material.tickets)
    told = {role: _told(material.tickets, role, language, answers) for role in Role}
    known = tuple(role for role in Role if told[role].answer or told[role].tickets)
    missing = tuple(role for role in Role if role not in known)
    if len(known) < ENOUGH_ROLES:
        questions = {role: in_language(QUESTIONS[role], language) for role in missing}
        return TooThin(language, questions, known)
    return Draft(
        title=material.title,
        language=language,
        topic=slug_of(material.topic) or "new",
        slug=slug_of(material.title) or "gap",
        text=_front_matter(material, language) + _body(material, told, language),
        known=known,
        missing=missing,
    )


def slug_of(text: str) -> str:
    """A name for files and branches: lower-case words with hyphens, ASCII only."""
    cleaned = re.sub(r"[^a-z0-9]+", "-", fold(re.sub(r"\[\w+\]", " ", text))).strip("-")
    if len(cleaned) <= _LONGEST_SLUG:
        return cleaned
    return cleaned[: _LONGEST_SLUG + 1].rsplit("-", 1)[0][:_LONGEST_SLUG]


def _majority(tickets: Sequence[Stocked]) -> str:
    german = sum(ticket.language == "de" for ticket in tickets)
    return "de" if german * 2 >= len(tickets) and german else "en"


def _told(
    tickets: Sequence[Stocked], role: Role, language: str, answers: Mapping[Role, str]
) -> _Told:
    own: list[str] = []
    foreign: list[str] = []
    tellers = 0
    for ticket in tickets:
        sentences = roles(ticket.resolution).get(role, [])
        tellers += bool(sentences)
        (own if ticket.language == language else foreign).extend(sentences)
    most = _MOST[role]
    answer = answers.get(role, "").strip()
    return _Told(_distinct(own, most), _distinct(foreign, most), tellers, answer)


def _distinct(sentences: Sequence[str], most: int) -> tuple[str, ...]:
    """Those that others agree with first; of two that say the same only one."""
    bags = [frozenset(fold(word) for word in words(sentence)) for sentence in sentences]
    # The share, not the count: else the longest, with what only it says, would agree most.
    agreed = [sum(_shared(bag, other) for other in bags if other is not bag) for bag in bags]
    kept: list[int] = []
    for at in sorted(range(len(sentences)), key=lambda at: (-agreed[at], at)):
        if all(_shared(bags[at], bags[one]) < _SAME_WORDS for one in kept):
            kept.append(at)
    return tuple(sentences[at] for at in sorted(kept[:most]))


def _shared(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def _front_matter(material: Material, language: str) -> str:
    values = {
        "title": material.title,
        "language": language,
        "audience": "l1",
        "product": material.products[0] if material.products else "",
        "owner": material.owner,
        "confidence": "wip",
    }
    kept = {name: value for name, value in values.items() if value}
    dumped = yaml.safe_dump(kept, allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{dumped}---\n"


def _body(material: Material, told: Mapping[Role, _Told], language: str) -> str:
    headings = _HEADINGS[language]
    solved = sum(bool(ticket.resolution) for ticket in material.tickets)
    parts = [f"## {headings['issue']}", *_issue(material.tickets, language)]
    if material.products:
        parts += [f"## {headings['environment']}", ", ".join(material.products)]
    for role in Role:
        parts += [f"## {headings[role]}", *_section(told[role], role, language, solved)]
    return "\n\n".join(parts) + "\n"


def _issue(tickets: Sequence[Stocked], language: str) -> list[str]:
    asked = [t for t in tickets if t.language == language] or list(tickets)
    lines = _distinct([" ".join(t.subject.split()) for t in asked if t.subject], _QUESTIONS)
    quotes = list(dict.fromkeys(_comment(" ".join(t.question.split())[:500]) for t in asked))
    return ["\n".join(f"- {_plain(line)}" for line in lines), *quotes[:_QUESTIONS]]


def _section(told: _Told, role: Role, language: str, solved: int) -> list[str]:
    if not (told.answer or told.tickets):
        missing = N_("Missing: %(question)s", question=in_language(QUESTIONS[role], language))
        return [_comment(in_language(missing, language))]
    parts = []
    if told.answer:
        parts += [told.answer, _comment(in_language(_ANSWERED, language))]
    if told.sentences:
        parts.append("\n".join(f"- {_plain(sentence)}" for sentence in told.sentences))
    if told.tickets:
        told_by = N_("told by %(some)s of %(all)s solved tickets", some=told.tickets, all=solved)
        parts.append(_comment(in_language(told_by, language)))
    if told.foreign:
        parts.append(_comment("\n".join([in_language(_OTHER, language), *told.foreign])))
    return parts


def _comment(text: str) -> str:
    """What cannot end the comment early."""
    return f"<!-- {re.sub(r'-{2,}', '-', text).replace('>', '›')} -->"


def _plain(text: str) -> str:
    """A sentence of a ticket in Markdown; what looks like HTML is shown, not used."""
    return text.replace("<", "&lt;")
