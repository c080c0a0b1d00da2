"""Rules G501 to G606: dossiers and exports, called guides, linked articles."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kb_assist.articles.model import Problem
from kb_assist.errors import N_
from kb_assist.guides.bundle import called_guides
from kb_assist.guides.model import Channel, Guide, Kind, Step, article_id
from kb_assist.guides.parse import ParsedGuide, ParsedOverlay
from kb_assist.guides.rules import Subject
from kb_assist.guides.rules_conditions import named_steps
from kb_assist.guides.rules_graph import find_circle


def dossier_problems(subject: Subject) -> Iterator[Problem]:
    """What is handed over was asked on every path; what is exported exists."""
    guide = subject.guide
    known = subject.known.at_steps(guide, with_skipped=True)
    named = named_steps(guide, subject.guides)
    for step in guide.outcomes:
        for name in step.settings.dossier:
            if name not in named:
                message = N_("dossier names unknown step '%(name)s'", name=name)
                yield subject.problem(step.line, "G502", message)
            elif name not in known.get(step.id, frozenset()):
                message = N_("dossier needs '%(name)s', but some paths do not ask it", name=name)
                yield subject.problem(step.line, "G501", message)
    for name in guide.front.exports:
        if name not in guide.steps:
            yield subject.problem(1, "G503", N_("exports unknown step '%(name)s'", name=name))


def call_problems(subject: Subject) -> Iterator[Problem]:
    for step in subject.guide.steps.values():
        if step.kind is Kind.CALL:
            called = subject.guides.get(step.type)
            if called is None:
                message = N_("called guide '%(called)s' does not exist", called=step.type)
                yield subject.problem(step.line, "G601", message)
            else:
                yield from _outcomes(subject, step, called)
                yield from _audience(subject, step, called)
    circle = _circle(subject)
    if circle:
        message = N_(
            "guides call each other in a circle: %(circle)s",
            circle=" → ".join([*circle, circle[0]]),
        )
        yield subject.problem(_call_line(subject.guide, circle), "G603", message)


def _outcomes(subject: Subject, step: Step, called: Guide) -> Iterator[Problem]:
    ends = called.outcomes
    for end in ends:
        is_handled = end.id in step.options or end.type in step.options or bool(step.rules)
        if not is_handled:
            message = N_(
                "outcome '%(end)s' (%(kind)s) of '%(called)s' is not handled",
                end=end.id,
                kind=end.type,
                called=called.id,
            )
            yield subject.problem(step.line, "G602", message)
    known = {end.id for end in ends} | {end.type for end in ends}
    for branch in step.branches:
        if branch.value is not None and branch.value not in known:
            message = N_(
                "option `%(option)s` is no outcome of '%(called)s'",
                option=branch.value,
                called=called.id,
            )
            yield subject.problem(branch.line, "G604", message)


def _audience(subject: Subject, step: Step, called: Guide) -> Iterator[Problem]:
    is_open = Channel.CUSTOMER in subject.guide.front.audience
    if is_open and Channel.CUSTOMER not in called.front.audience:
        message = N_(
            "customers may follow this guide, but not '%(called)s', which it calls",
            called=called.id,
        )
        yield subject.problem(step.line, "G605", message)


def _circle(subject: Subject) -> list[str]:
    """A circle this guide is part of, with itself first."""
    calls: dict[str, tuple[str, ...]] = {}
    waiting = [subject.guide.id]
    while waiting:
        name = waiting.pop()
        if name not in calls and name in subject.guides:
            calls[name] = tuple(called_guides(subject.guides[name]))
            waiting.extend(calls[name])
    circle = find_circle(calls)
    if subject.guide.id not in circle:
        return []
    at = circle.index(subject.guide.id)
    return circle[at:] + circle[:at]


def _call_line(guide: Guide, circle: list[str]) -> int:
    following = circle[1] if len(circle) > 1 else circle[0]
    return next((step.line for step in guide.steps.values() if step.type == following), 1)


def article_problems(subject: Subject, articles: Collection[str]) -> Iterator[Problem]:
    """Linked articles that are not among these ids, in the guide and its translations."""
    folder, guide = subject.folder, subject.guide
    links = [
        (guide.path, step.line, step.settings.kb) for step in guide.outcomes if step.settings.kb
    ]
    parsed: list[ParsedGuide | ParsedOverlay] = [folder.sources[guide.id]]
    parsed += folder.overlays.get(guide.id, {}).values()
    for file in parsed:
        for line, address in file.document.links:
            if address.startswith("kb:"):
                links.append((file.path, line, address.removeprefix("kb:").split("#", 1)[0]))
    for path, line, raw in links:
        if article_id(raw) not in articles:
            yield subject.problem(
                line, "G606", N_("article '%(raw)s' does not exist", raw=raw), path=path
            )
