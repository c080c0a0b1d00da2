"""Loads the invented tickets so that the queue looks like a Tuesday: dates near today, all states.

Everything goes through the same use cases as real work, so that the audit, clocks, hand-overs and
signals are there too. Loading twice changes nothing; what happens to a ticket follows from its id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kb_assist.auth import store as accounts_store
from kb_assist.auth.model import SupportLevel
from kb_assist.tickets import store
from kb_assist.tickets.comments import Words, comment
from kb_assist.tickets.demo.words import ANSWERS, HAND_OVER_NOTES, WORDS
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.feedback import tell
from kb_assist.tickets.feedback_model import Signal, SignalKind, SubjectKind
from kb_assist.tickets.handover.escalate import accept, answer_item, hand_over
from kb_assist.tickets.handover.model import Request
from kb_assist.tickets.intake import create
from kb_assist.tickets.lifecycle import Command, Verb
from kb_assist.tickets.links import link_ci, link_ticket
from kb_assist.tickets.model import (
    SYSTEM,
    Actor,
    ActorKind,
    Channel,
    CommentKind,
    Draft,
    PendingReason,
    RecordRole,
    ResolutionCode,
    Ticket,
    TicketRelation,
)
from kb_assist.tickets.records import store as records_store
from kb_assist.tickets.records.importing import apply_import, plan_import
from kb_assist.tickets.work import move

SOURCE = "demo"
_ZONE = ZoneInfo("Europe/Berlin")
_DONE = frozenset({"resolved", "closed"})
# Tickets that went on to L3, with the group and whether it has accepted them.
_TO_L3 = {
    "T-0083": ("SAP Basis L3", True),
    "T-0084": ("Server und Identität L3", False),
    "T-0015": ("Netzwerk L3", True),
    "T-0043": ("Netzwerk L3", True),
}


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """The texts of ``demo/clients.csv`` and ``demo/cis.csv``, the lines of ``tickets.jsonl``."""

    clients: str
    cis: str
    tickets: Sequence[Mapping[str, Any]]
    article_ids: Mapping[str, str]
    """Path of an article to its id."""


@dataclass(frozen=True, slots=True)
class Loaded:
    tickets: int
    clients: int
    cis: int
    runs: int = 0
    """Of guides; see ``demo_runs``."""


@dataclass(frozen=True, slots=True)
class _Team:
    """Ids by name of group and login of person; people may be missing."""

    groups: Mapping[str, int]
    people: Mapping[str, Actor]

    def person(self, logins: Sequence[str], chance: int) -> Actor:
        known = [self.people[login] for login in logins if login in self.people]
        return known[chance % len(known)] if known else SYSTEM


def load_demo(desk: Desk, files: DemoFiles) -> Loaded:
    """Everything that is not there yet, in the caller's transaction; counts what was added."""
    clients = plan_import(desk, "clients", files.clients)
    apply_import(desk, clients)
    cis = plan_import(desk, "cis", files.cis)
    apply_import(desk, cis)
    team = _team(desk)
    outage: list[int] = []
    loaded = 0
    for line in files.tickets:
        if store.by_external_id(desk.connection, SOURCE, line["id"]) is not None:
            continue
        ticket_id = _Life(desk, line, team, files.article_ids).live()
        loaded += 1
        if line.get("outage"):
            outage.append(ticket_id)
    for child in outage[1:]:
        link_ticket(desk, child, outage[0], TicketRelation.CHILD_OF)
    return Loaded(loaded, len(clients.created), len(cis.created))


def _team(desk: Desk) -> _Team:
    wanted = {
        "Service Desk": SupportLevel.L1,
        "Second Level": SupportLevel.L2,
        **{name: SupportLevel.L3 for name, _ in _TO_L3.values()},
    }
    groups = {
        name: accounts_store.ensure_group(desk.connection, name, level)
        for name, level in wanted.items()
    }
    people = {
        user.login: Actor(ActorKind.USER, user.display_name, user.id)
        for user in accounts_store.all_users(desk.connection)
    }
    return _Team({name: group.id for name, group in groups.items()}, people)


class _Life:
    """One ticket from its arrival to the state that its line names."""

    def __init__(
        self, desk: Desk, line: Mapping[str, Any], team: _Team, article_ids: Mapping[str, str]
    ) -> None:
        self._desk = desk
        self._line = line
        self._team = team
        self._articles = [article_ids.get(path, path) for path in line["relevant"]]
        self._chance = int.from_bytes(hashlib.sha256(line["id"].encode()).digest()[:4], "big")
        self._end = desk.now
        self._at = self._arrival()

    def live(self) -> int:
        """The new ticket's id."""
        ticket = self._arrive()
        state = self._line["state"]
        if state == "new":
            return ticket.id
        first = self._team.person(("lena.l1", "emil.l1"), self._chance)
        self._later(minutes=4 + self._chance % 50)
        self._move(SYSTEM, ticket, Command(Verb.ASSIGN, group_id=self._team.groups["Service Desk"]))
        self._move(first, ticket, Command(Verb.ASSIGN, assignee_id=first.user_id))
        if state != "assigned":
            self._work(ticket, self._escalated(ticket, first))
        return ticket.id

    def _arrival(self) -> datetime:
        """The line's time of day, so many days ago; never in the future."""
        day = self._desk.now.astimezone(_ZONE).date() - timedelta(days=self._line["days_ago"])
        at = datetime.combine(day, time.fromisoformat(self._line["time"]), _ZONE).astimezone(UTC)
        return min(at, self._end - timedelta(minutes=20 + self._chance % 60))

    def _later(self, *, minutes: int) -> None:
        """Time passes, but not beyond today."""
        self._at = min(self._at + timedelta(minutes=minutes), self._end)

    def _as(self, actor: Actor) -> Desk:
        return replace(self._desk, actor=actor, now=self._at)

    def _move(self, actor: Actor, ticket: Ticket, command: Command) -> None:
        # Without demo accounts nobody can be named; the ticket then stays with its group.
        if command.verb is Verb.ASSIGN and command.assignee_id is command.group_id is None:
            return
        move(self._as(actor), ticket.id, command)

    def _arrive(self) -> Ticket:
        line = self._line
        requester = line["requester"]
        draft = Draft(
            subject=line["subject"],
            body=line["body"],
            language=line["language"],
            channel=Channel(line["channel"]),
            impact=line["impact"],
            urgency=line["urgency"],
            source=SOURCE,
            external_id=line["id"],
            requester_name=requester["name"],
            requester_email=requester["email"],
            product=line.get("product") or "",
            created_at=self._at,
        )
        ticket = create(self._as(SYSTEM), draft).ticket
        asset = line.get("asset")
        found = records_store.ci_by_key(self._desk.connection, asset) if asset else None
        if found is not None:
            link_ci(self._as(SYSTEM), ticket.id, found.id, RecordRole.PRIMARY)
        return ticket

    def _escalated(self, ticket: Ticket, first: Actor) -> Actor:
        """L1 cannot solve what has no article, nor every fifth of the rest; who works on it."""
        self._later(minutes=10 + self._chance % 40)
        self._move(first, ticket, Command(Verb.START))
        self._say(first, ticket, "first")
        if not (self._line.get("missing") or self._chance % 5 == 0 or self._line["id"] in _TO_L3):
            return first
        self._tried(ticket, first)
        self._later(minutes=25 + self._chance % 90)
        note = HAND_OVER_NOTES[self._line["language"]][self._chance % 2]
        request = Request(self._team.groups["Second Level"], note=note)
        hand_over(self._as(first), ticket.id, request)
        second = self._team.person(("omar.l2", "mia.l2"), self._chance // 7)
        if second.user_id is None or self._line["id"] == "T-0085":
            return second
        self._later(minutes=15 + self._chance % 120)
        accept(self._as(second), ticket.id)
        return self._to_l3(ticket, second)

    def _tried(self, ticket: Ticket, first: Actor) -> None:
        """Before escalating: an article that failed, one that was seen only, or none at all."""
        for article in self._articles[:1]:
            if self._chance % 3 == 2:
                break
            self._signal(first, ticket, SignalKind.IMPRESSION, article, rank=1)
            if self._chance % 3 == 0:
                self._signal(first, ticket, SignalKind.OPEN, article, rank=1)
                self._signal(first, ticket, SignalKind.DID_NOT_HELP, article, rank=1)
        self._signal(first, ticket, SignalKind.NONE_OF_THESE, "")

    def _to_l3(self, ticket: Ticket, second: Actor) -> Actor:
        if self._line["id"] not in _TO_L3:
            return second
        name, accepted = _TO_L3[self._line["id"]]
        self._later(minutes=60)
        for key, value in ANSWERS[self._line["language"]].items():
            answer_item(self._as(second), ticket.id, key, value)
        reason = WORDS[self._line["language"]]["override"][0]
        request = Request(self._team.groups[name], override_reason=reason)
        hand_over(self._as(second), ticket.id, request)
        third = self._team.person(("ines.l3", "jonas.l3"), self._chance)
        if accepted and third.user_id is not None:
            self._later(minutes=30)
            accept(self._as(third), ticket.id)
            return third
        return second

    def _work(self, ticket: Ticket, actor: Actor) -> None:
        state = self._line["state"]
        if state == "pending":
            self._later(minutes=30)
            self._say(actor, ticket, "question")
            reason = PendingReason.VENDOR if self._chance % 3 == 0 else PendingReason.CUSTOMER
            self._move(actor, ticket, Command(Verb.WAIT, pending_reason=reason))
        elif state in _DONE:
            self._resolve(ticket, actor)
        else:
            for article in self._articles[:1]:
                self._signal(actor, ticket, SignalKind.OPEN, article)

    def _resolve(self, ticket: Ticket, actor: Actor) -> None:
        # Most within the day, every seventh too late.
        self._later(minutes=40 + self._chance % 400 + (4_000 if self._chance % 7 == 0 else 0))
        for rank, article in enumerate(self._articles[:1], start=1):
            self._signal(actor, ticket, SignalKind.OPEN, article, rank=rank)
            self._signal(actor, ticket, SignalKind.SOLVED, article, rank=rank)
        code = ResolutionCode.OUTAGE if self._line.get("outage") else ResolutionCode.FIXED
        text = self._line["resolution"]
        self._move(
            actor,
            ticket,
            Command(Verb.RESOLVE, resolution_code=code, resolution_text=text),
        )
        if self._line["state"] == "closed":
            quiet = timedelta(days=7)
            self._at = min(self._at + quiet, self._end - timedelta(hours=1))
            self._move(SYSTEM, ticket, Command(Verb.CLOSE))

    def _say(self, actor: Actor, ticket: Ticket, what: str) -> None:
        texts = WORDS[self._line["language"]][what]
        words = Words(CommentKind.AGENT, texts[self._chance % len(texts)])
        comment(self._as(actor), ticket.id, words)

    def _signal(
        self,
        actor: Actor,
        ticket: Ticket,
        kind: SignalKind,
        article: str,
        *,
        rank: int | None = None,
    ) -> None:
        about = SubjectKind.ARTICLE if article else SubjectKind.NOTHING
        tell(self._as(actor), ticket.id, Signal(kind, about, subject_id=article, rank=rank))
