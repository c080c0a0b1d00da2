"""Rules G203 to G211: each step for itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date

from kb_assist.articles.model import Problem
from kb_assist.errors import N_
from kb_assist.guides.answers import limit_day
from kb_assist.guides.model import BUILT_IN_OPTIONS, WITH_OPTIONS, Ask, Kind, Outcome, Step
from kb_assist.guides.rules import Subject

_ACTION_OPTIONS = frozenset({"ok", "failed", "blocked"})


def step_problems(subject: Subject) -> Iterator[Problem]:
    for step in subject.guide.steps.values():
        yield from _loop(subject, step)
        yield from _values(subject, step)
        yield from _twice(subject, step)
        match step.kind:
            case Kind.DO:
                yield from _action(subject, step)
            case Kind.ASK:
                yield from _question(subject, step)
            case Kind.END:
                yield from _outcome(subject, step)


def _loop(subject: Subject, step: Step) -> Iterator[Problem]:
    if (step.settings.repeat is None) != (step.settings.exhausted == ""):
        yield subject.problem(step.line, "G208", N_("repeat and exhausted go together"))


def _twice(subject: Subject, step: Step) -> Iterator[Problem]:
    for value, count in Counter(step.options).items():
        if count > 1:
            line = [b.line for b in step.branches if b.value == value][1]
            yield subject.problem(line, "G210", N_("option `%(value)s` stands twice", value=value))


def _action(subject: Subject, step: Step) -> Iterator[Problem]:
    if not subject.guide.source.steps[step.id].expected:
        yield subject.problem(
            step.line, "G203", N_("action '%(step)s' has no **Expected:**", step=step.id)
        )
    if not {"ok", "failed"} <= set(step.options) <= _ACTION_OPTIONS:
        message = N_(
            "action '%(step)s' needs the options `ok` and `failed`, and at most `blocked`",
            step=step.id,
        )
        yield subject.problem(step.line, "G204", message)


def _question(subject: Subject, step: Step) -> Iterator[Problem]:
    if step.type == Ask.YESNO and set(step.options) != {"yes", "no"}:
        yield subject.problem(
            step.line, "G205", N_("'%(step)s' needs `yes` and `no`", step=step.id)
        )
    if step.type not in WITH_OPTIONS:
        return
    labels = subject.guide.source.steps[step.id].labels
    for branch in step.branches:
        if branch.value is None:
            continue
        if branch.value not in labels and branch.value not in BUILT_IN_OPTIONS:
            yield subject.problem(
                branch.line, "G206", N_("option `%(option)s` has no text", option=branch.value)
            )
        if step.type == Ask.MULTI and branch.target:
            message = N_(
                "option `%(option)s` of a multiple choice cannot lead on; use rules",
                option=branch.value,
            )
            yield subject.problem(branch.line, "G209", message)


def _outcome(subject: Subject, step: Step) -> Iterator[Problem]:
    settings = step.settings
    needed: dict[str, object] = {}
    if step.type == Outcome.ESCALATE:
        needed = {"to": settings.to, "queue": settings.queue, "dossier": settings.dossier}
    elif step.type == Outcome.ARTICLE:
        needed = {"kb": settings.kb}
    missing = [key for key, value in needed.items() if not value]
    if missing:
        message = N_(
            "outcome '%(kind)s' needs %(settings)s", kind=step.type, settings=", ".join(missing)
        )
        yield subject.problem(step.line, "G207", message)


def _values(subject: Subject, step: Step) -> Iterator[Problem]:
    settings = step.settings
    faults = []
    if settings.pattern:
        try:
            matches = re.compile(settings.pattern).fullmatch(settings.example)
            if not matches:
                faults.append(N_("'example' must match 'pattern'"))
        except re.error as error:
            faults.append(N_("'pattern' is not a regular expression: %(error)s", error=error))
    for key, text in (("before", settings.before), ("after", settings.after)):
        if text and not _is_day(text):
            faults.append(N_("'%(key)s' is neither today nor a date such as 2026-01-31", key=key))
    if settings.min is not None and settings.max is not None and settings.min > settings.max:
        faults.append(N_("'min' is larger than 'max'"))
    if settings.prefill and not settings.prefill.startswith("ctx."):
        faults.append(N_("'prefill' names a ctx. value"))
    for fault in faults:
        yield subject.problem(step.line, "G211", fault)


def _is_day(text: str) -> bool:
    try:
        limit_day(text, date.min)
    except ValueError:
        return False
    return True
