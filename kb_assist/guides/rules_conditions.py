"""Rules G401 to G407: conditions and placeholders mean something wherever they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from kb_assist.articles.model import Problem
from kb_assist.errors import N_, Phrase
from kb_assist.guides.conditions import (
    ORDERING,
    Compare,
    Condition,
    ConditionError,
    Literal,
    Name,
    Operand,
    Today,
    comparisons,
    known_if,
    names,
    parse_condition,
    unguarded,
)
from kb_assist.guides.model import WITH_OPTIONS, Ask, Branch, Guide, Kind, Outcome, Step, StepText
from kb_assist.guides.rules import Subject
from kb_assist.guides.winners import losers

PLACEHOLDER = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
_CONTEXT = "ctx."
_OUTCOMES = frozenset(Outcome)
_KINDS = {"number": N_("number"), "date": N_("date"), "text": N_("text")}


def condition_problems(subject: Subject) -> Iterator[Problem]:
    """Readable, then known names, then everything that needs both."""
    unread = list(_unreadable(subject))
    yield from unread
    if unread:
        return
    steps = named_steps(subject.guide, subject.guides)
    unknown = [*_unknown(subject, steps), *_unknown_placeholders(subject, steps)]
    yield from unknown
    if not unknown:
        yield from _unanswered(subject)
        yield from _mistyped(subject, steps)
        for branch in losers(subject.guide, steps):
            message = N_("rule `%(condition)s` can never win", condition=branch.condition)
            yield subject.problem(branch.line, "G405", message)


def named_steps(guide: Guide, guides: Mapping[str, Guide]) -> dict[str, Step]:
    """Every name of a guide, exports of called guides included, to the step behind it."""
    named = dict(guide.steps)
    for step in guide.steps.values():
        called = guides.get(step.type) if step.kind is Kind.CALL else None
        for export in called.front.exports if called else ():
            if called and export in called.steps:
                named[f"{step.id}.{export}"] = called.steps[export]
    return named


def rules_of(guide: Guide) -> Iterator[tuple[Step, Branch, Condition]]:
    """Every rule with a condition, which must be readable."""
    for step in guide.steps.values():
        for branch in step.rules:
            if branch.condition is not None:
                yield step, branch, parse_condition(branch.condition)


def _unreadable(subject: Subject) -> Iterator[Problem]:
    for step in subject.guide.steps.values():
        for branch in step.rules:
            try:
                if branch.condition is not None:
                    parse_condition(branch.condition)
            except ConditionError as error:
                message = N_(
                    "cannot read condition `%(condition)s`: %(error)s",
                    condition=branch.condition,
                    error=error.reason,
                )
                yield subject.problem(branch.line, "G401", message)


def _is_unknown(subject: Subject, name: str, steps: Mapping[str, Step]) -> bool:
    if name.startswith(_CONTEXT):
        return name.removeprefix(_CONTEXT) not in subject.guide.front.context
    owner = subject.guide.steps.get(name.split(".")[0])
    if "." in name and owner and owner.kind is Kind.CALL and owner.type not in subject.guides:
        return False  # the missing guide is reported by G601
    return name not in steps


def _unknown(subject: Subject, steps: Mapping[str, Step]) -> Iterator[Problem]:
    for _, branch, condition in rules_of(subject.guide):
        for name in dict.fromkeys(names(condition)):
            if _is_unknown(subject, name, steps):
                yield subject.problem(
                    branch.line, "G402", N_("unknown step or context '%(name)s'", name=name)
                )
    for step in subject.guide.steps.values():
        if step.settings.prefill and _is_unknown(subject, step.settings.prefill, steps):
            message = N_("unknown step or context '%(name)s'", name=step.settings.prefill)
            yield subject.problem(step.line, "G402", message)


def placeholders(text: StepText) -> list[str]:
    """Names in double braces, in reading order, with repetitions."""
    parts = [text.question, *(b.markdown for b in text.blocks), text.expected]
    parts += text.labels.values()
    return [name for part in parts for name in PLACEHOLDER.findall(part)]


def _unknown_placeholders(subject: Subject, steps: Mapping[str, Step]) -> Iterator[Problem]:
    source = subject.guide.source
    for name in PLACEHOLDER.findall(f"{source.title}\n{source.intro}"):
        if not name.startswith(_CONTEXT) or _is_unknown(subject, name, steps):
            yield subject.problem(
                1, "G404", N_("{{%(name)s}} is empty in title and introduction", name=name)
            )
    for step in subject.guide.steps.values():
        for name in dict.fromkeys(placeholders(source.steps[step.id])):
            if _is_unknown(subject, name, steps):
                yield subject.problem(
                    step.line, "G402", N_("unknown step or context '%(name)s'", name=name)
                )


def _unanswered(subject: Subject) -> Iterator[Problem]:
    guide = subject.guide
    known = subject.known.at_steps(guide)
    for step in guide.steps.values():
        here = known.get(step.id, frozenset())
        for name in dict.fromkeys(placeholders(guide.source.steps[step.id])):
            if name not in here and not name.startswith(_CONTEXT):
                yield subject.problem(
                    step.line, "G404", N_("{{%(name)s}} may be empty here", name=name)
                )
        yield from _unguarded(subject, step, here)


def _unguarded(subject: Subject, step: Step, known: frozenset[str]) -> Iterator[Problem]:
    from_call = frozenset(_call_names(subject, step))
    known |= from_call | (frozenset() if step.settings.optional else frozenset({step.id}))
    for branch in step.rules:
        if branch.condition is None:
            return
        condition = parse_condition(branch.condition)
        for name in dict.fromkeys(unguarded(condition, known)):
            if not name.startswith(_CONTEXT):
                message = N_(
                    "'%(name)s' may not be answered yet here; write answered(%(name)s) and …",
                    name=name,
                )
                yield subject.problem(branch.line, "G403", message)
        known |= known_if(condition, true=False)


def _call_names(subject: Subject, step: Step) -> Iterator[str]:
    called = subject.guides.get(step.type) if step.kind is Kind.CALL else None
    if called is None:
        return
    inner = subject.known.at_steps(called)
    for export in called.front.exports:
        if all(export in inner[end.id] for end in called.outcomes if end.id in inner):
            yield f"{step.id}.{export}"


def _mistyped(subject: Subject, steps: Mapping[str, Step]) -> Iterator[Problem]:
    for _, branch, condition in rules_of(subject.guide):
        for compare in comparisons(condition):
            step = steps.get(compare.name)
            if step is None:
                continue
            fault = _fault(compare, step, steps)
            if fault:
                yield subject.problem(branch.line, *fault)


def _fault(compare: Compare, step: Step, steps: Mapping[str, Step]) -> tuple[str, Phrase] | None:
    left, right = _type(step), _operand_type(compare.right, steps)
    if step.type == Ask.MULTI and compare.operator not in ("in", "not in"):
        return "G406", N_(
            "'%(name)s' takes several values; compare with in [\"…\"]", name=compare.name
        )
    if right and left != right:
        return "G406", N_(
            "'%(name)s' is a %(kind)s, %(other)s is not",
            name=compare.name,
            kind=_KINDS[left],
            other=_shown(compare.right),
        )
    if compare.operator in ORDERING and left == "text":
        return "G406", N_("'%(name)s' is a text, which has no order", name=compare.name)
    if (step.type in WITH_OPTIONS or step.kind in (Kind.DO, Kind.CALL)) and isinstance(
        compare.right, Literal
    ):
        value = compare.right.value
        for item in value if isinstance(value, tuple) else (value,):
            # A call without a fitting option has the kind of the end that was reached.
            if item not in step.options and not (step.kind is Kind.CALL and item in _OUTCOMES):
                return "G407", N_(
                    "'%(item)s' is not an option of '%(name)s'", item=item, name=compare.name
                )
    return None


def _type(step: Step) -> str:
    if step.kind is Kind.ASK and step.type in (Ask.NUMBER, Ask.DATE):
        return step.type
    return "text"


def _operand_type(operand: Operand, steps: Mapping[str, Step]) -> str:
    """Empty when it cannot be told."""
    match operand:
        case Today():
            return "date"
        case Name(text):
            return _type(steps[text]) if text in steps else ""
        case Literal(value):
            kinds = {
                _literal_type(item) for item in (value if isinstance(value, tuple) else (value,))
            }
            return kinds.pop() if len(kinds) == 1 else "mixture"


def _literal_type(value: object) -> str:
    if isinstance(value, date):
        return "date"
    return "number" if isinstance(value, float) else "text"


def _shown(operand: Operand) -> str:
    match operand:
        case Today():
            return "today"
        case Name(text):
            return f"'{text}'"
        case Literal(value):
            return str(value)
