"""Gives the guides of the demo eight weeks of use, as agents on the phone would have made it.

Every run goes through the same use cases as a real one; its answers are those of the guide's own
cases. What happens follows from the guide's name, so that every demo has the same history.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kb_assist.auth import store as accounts_store
from kb_assist.guides import database_store
from kb_assist.guides.bundle import compile_bundle
from kb_assist.guides.cases import Case, read_cases, run_case, stored_value
from kb_assist.guides.model import WITH_OPTIONS, Ask, Bundle, Guide, Kind, Outcome, Step
from kb_assist.guides.replay import step_at
from kb_assist.guides.run import AnswerStep, Command, Refusal, Stored
from kb_assist.guides.sessions import Current
from kb_assist.tickets import store
from kb_assist.tickets.demo.queue import SOURCE
from kb_assist.tickets.demo.words import GAVE_UP
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.guiding import Runs, note_abandoned
from kb_assist.tickets.model import Actor, ActorKind, Ticket

# How often each guide of the demo was used; nobody invents a history for the guides of others.
_USED = {
    "vpn_connect": 34,
    "outlook_mailbox": 26,
    "printer_silent": 24,
    "account_signin": 22,
    "network_drive": 16,
    "wifi_office": 14,
    "teams_audio": 14,
    "sap_logon": 12,
    "citrix_session": 11,
    "home_network": 8,
    "identity_check": 8,
    "mobile_mail": 8,
    "slow_pc": 8,
    "windows_start": 8,
    "windows_update": 8,
    "disk_recovery": 3,
}
# Where people are lost: a measurement by hand, while somebody waits on the phone.
LOSES = ("vpn_connect", "latency")
_LOST_THERE = 0.6
# Of all steps: somebody hangs up or finds out otherwise; the agent sees that it does not help.
_LEFT = 0.01
_GAVE_UP = 0.015
_CORRECTED = 0.05
_DAYS = 56
_AGENTS = ("lena.l1", "emil.l1", "lena.l1", "emil.l1", "omar.l2", "mia.l2")
# Tickets of the demo that a guide solved. Most people who ask on the phone get none.
_SOLVED = {
    "T-0028": "outlook_mailbox",
    "T-0035": "mobile_mail",
    "T-0041": "account_signin",
    "T-0046": "mobile_mail",
    "T-0055": "printer_silent",
    "T-0060": "teams_audio",
    "T-0064": "citrix_session",
    "T-0066": "account_signin",
    "T-0077": "vpn_connect",
}
_BEFORE_SOLVED = timedelta(minutes=25)
_ZONE = ZoneInfo("Europe/Berlin")
_OPENS, _OPEN_MINUTES = time(8), 9 * 60
# Cases cover every branch alike, but people mostly find the end that helps.
_SHARES = {
    Outcome.RESOLVED: 0.62,
    Outcome.ARTICLE: 0.2,
    Outcome.ESCALATE: 0.15,
    Outcome.CLOSED: 0.03,
}


@dataclass(frozen=True, slots=True)
class DemoGuides:
    """The published guides, and the texts of their case files by guide."""

    guides: Mapping[str, Guide]
    cases: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Planned:
    """A run that is to happen."""

    at: datetime
    guide: str
    chance: random.Random
    ticket: Ticket | None = None
    """The one that it solved."""


def load_demo_runs(desk: Desk, known: DemoGuides) -> int:
    """How many runs were added; none where a guide was run before, or without demo accounts."""
    people = _agents(desk)
    if not people or database_store.record(desk.connection):
        return 0
    planned = _at_tickets(desk, list(_plan(desk.now, known)))
    cases = {guide: _cases(known, guide) for guide in {run.guide for run in planned}}
    by_id = {person.user_id: person for person in people}
    for run in planned:
        bundle = compile_bundle(known.guides, run.guide)
        who = run.chance.choice(people)
        if run.ticket is not None:
            who = by_id.get(run.ticket.assignee_id, who)
        _Run(desk, known.guides, run, who).live(bundle, cases[run.guide])
        note_abandoned(replace(desk, now=run.at))
    note_abandoned(desk)
    return len(planned)


def _agents(desk: Desk) -> list[Actor]:
    """The first level answers most calls."""
    known = {user.login: user for user in accounts_store.all_users(desk.connection)}
    found = [known[login] for login in _AGENTS if login in known]
    return [Actor(ActorKind.USER, user.display_name, user.id) for user in found]


def _plan(now: datetime, known: DemoGuides) -> Iterator[_Planned]:
    today = now.astimezone(_ZONE).date()
    for guide in known.guides.keys() & known.cases.keys() & _USED.keys():
        # Repeatable on purpose: a demo is no secret.
        chance = random.Random(guide)  # noqa: S311
        for _ in range(_USED[guide]):
            day = _workday(today - timedelta(days=chance.randint(1, _DAYS)))
            opens = datetime.combine(day, _OPENS, _ZONE)
            at = opens + timedelta(minutes=chance.randrange(_OPEN_MINUTES))
            yield _Planned(at.astimezone(now.tzinfo), guide, random.Random(chance.random()))  # noqa: S311


def _at_tickets(desk: Desk, planned: list[_Planned]) -> list[_Planned]:
    """Some of the runs moved to the tickets that they solved, shortly before that."""
    for external_id, guide in _SOLVED.items():
        ticket = store.by_external_id(desk.connection, SOURCE, external_id)
        free = [n for n, run in enumerate(planned) if run.guide == guide and run.ticket is None]
        if ticket is not None and ticket.resolved_at is not None and free:
            at = max(ticket.created_at, ticket.resolved_at - _BEFORE_SOLVED)
            planned[free[0]] = replace(planned[free[0]], at=at, ticket=ticket)
    return sorted(planned, key=lambda run: (run.at, run.guide))


def _workday(day: date) -> date:
    """The day, or the Friday before it."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def _cases(known: DemoGuides, guide: str) -> list[tuple[Case, Outcome, float]]:
    """Cases that anybody may meet, how they end, and how likely they are."""
    bundle = compile_bundle(known.guides, guide)
    ends: dict[Outcome, list[Case]] = {}
    for case in read_cases(known.cases.get(guide, ""))[0]:
        run = run_case(bundle, case)
        if not run.fault and not case.context and run.trace.outcome is not None:
            end = Outcome(step_at(bundle, run.trace.outcome).type)
            ends.setdefault(end, []).append(case)
    return [(case, end, _SHARES[end] / len(cases)) for end, cases in ends.items() for case in cases]


class _Run:
    """One run from its start to its end, or to where somebody left it."""

    def __init__(
        self, desk: Desk, guides: Mapping[str, Guide], planned: _Planned, who: Actor
    ) -> None:
        self._desk = replace(desk, actor=who)
        self._guides = guides
        self._guide = planned.guide
        self._chance = planned.chance
        self._at = planned.at
        self._day = planned.at.astimezone(_ZONE).date()
        self._lang = self._chance.choice(("de", "de", "en"))
        self._ticket = planned.ticket
        self._until = desk.now
        if planned.ticket is not None:
            self._lang = "de" if planned.ticket.language == "de" else "en"
            self._until = planned.ticket.resolved_at or desk.now

    def live(self, bundle: Bundle, cases: list[tuple[Case, Outcome, float]]) -> None:
        if self._ticket is not None:
            cases = [each for each in cases if each[1] is Outcome.RESOLVED] or cases
        weights = [weight for _, _, weight in cases]
        (case,) = self._chance.choices([case for case, _, _ in cases], weights)
        now: Current | Refusal | None = self._runs().start(
            self._guide, lang=self._lang, ticket_id=self._ticket.id if self._ticket else None
        )
        while isinstance(now, Current) and now.trace.current is not None:
            place = now.trace.current
            step = step_at(bundle, place)
            if place.key not in case.answers or self._leaves(step):
                return
            if not self._ticket and self._chance.random() < _GAVE_UP and now.trace.path:
                self._give_up(now)
                return
            now = self._answer(now, step, self._value(step, case.answers[place.key], case))
        if isinstance(now, Current):
            self._later(20)
            self._runs().finish(now.state.session, now.state.seq, lang=self._lang)

    def _runs(self) -> Runs:
        return Runs(replace(self._desk, now=self._at), self._guides, self._day)

    def _leaves(self, step: Step) -> bool:
        if self._ticket is not None:
            return False
        is_lost = (self._guide, step.id) == LOSES and self._chance.random() < _LOST_THERE
        return is_lost or self._chance.random() < _LEFT

    def _give_up(self, now: Current) -> None:
        self._later(90)
        state = now.state
        self._runs().give_up(state.session, state.seq, note=GAVE_UP[self._lang], lang=self._lang)

    def _answer(self, now: Current, step: Step, value: Stored) -> Current | None:
        """Now and then the wrong option first; None when the engine refuses it."""
        assert now.trace.current is not None
        key = now.trace.current.key
        others = [option for option in step.options if option != value]
        is_choice = step.type in WITH_OPTIONS - {Ask.MULTI} and bool(others)
        if is_choice and self._chance.random() < _CORRECTED:
            now = self._send(now, AnswerStep(key, self._chance.choice(others)), 15) or now
        busy = 60 * (step.settings.minutes or 0) if step.kind is Kind.DO else 0
        return self._send(now, AnswerStep(key, value), busy + self._chance.randint(12, 90))

    def _send(self, now: Current, command: Command, seconds: int) -> Current | None:
        self._later(seconds)
        after = self._runs().send(now.state.session, command, now.state.seq)
        return after if isinstance(after, Current) else None

    def _later(self, seconds: int) -> None:
        """Time passes, but not beyond today, or the ticket's solution."""
        self._at = min(self._at + timedelta(seconds=seconds), self._until)

    def _value(self, step: Step, raw: str | list[str], case: Case) -> Stored:
        """The case's answer; its days move along with the day of the run."""
        value = stored_value(step, raw)
        if step.type == Ask.DATE and isinstance(value, str):
            return str(date.fromisoformat(value) + (self._day - case.today))
        return value
