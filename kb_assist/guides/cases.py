"""The cases of a guide: answers and the end they must lead to, run as tests."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kb_assist.errors import N_
from kb_assist.guides.answers import value_fault
from kb_assist.guides.grammar import Finding
from kb_assist.guides.model import Ask, Bundle, Kind, Step
from kb_assist.guides.replay import locate, replay, step_at
from kb_assist.guides.run import Answer, Stored, Trace
from kb_assist.guides.step_settings import YAML_LOADER
from kb_assist.guides.wrong_value import wrong_value

SKIPPED = ""
"""What stands for a skipped answer in a cases file."""


class CaseFile(BaseModel):
    """One entry of a cases file, every scalar still text."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case: str = Field(min_length=1)
    today: date
    answers: dict[str, str | list[str]]
    ends: str
    context: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Case:
    """A case with its line."""

    line: int
    name: str
    today: date
    answers: Mapping[str, str | list[str]]
    ends: str
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """A case that was walked; ``fault`` is empty when it ended where it should."""

    case: Case
    trace: Trace
    fault: str


def read_cases(content: str) -> tuple[list[Case], list[Finding]]:
    """Cases and G905 for every entry that cannot be used."""
    try:
        loaded = yaml.load(content, Loader=YAML_LOADER)  # noqa: S506 - texts only, no objects
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        return [], [
            Finding(mark.line + 1 if mark else 1, "G905", N_("the file is not readable YAML"))
        ]
    if not isinstance(loaded, list):
        return [], [Finding(1, "G905", N_("the file is not a list of cases"))]
    lines = [n for n, row in enumerate(content.split("\n"), 1) if re.match(r"-(\s|$)", row)]
    lines += [1] * len(loaded)
    cases: list[Case] = []
    findings: list[Finding] = []
    for entry, line in zip(loaded, lines, strict=False):
        case = _case(entry, line)
        if isinstance(case, Case):
            cases.append(case)
        else:
            findings.append(case)
    return cases, findings


def _case(entry: Any, line: int) -> Case | Finding:
    try:
        read = CaseFile.model_validate(entry)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "entry"
        return Finding(
            line, "G905", N_("key '%(key)s': %(fault)s", key=where, fault=wrong_value(first))
        )
    return Case(line, read.case, read.today, read.answers, read.ends, read.context)


def run_case(bundle: Bundle, case: Case) -> Run:
    """Walk a case. Every answer must fit its step and be asked, or the case proves nothing."""
    answers: dict[str, Answer] = {}
    fault = ""
    for key, raw in case.answers.items():
        place = locate(bundle, key)
        step = step_at(bundle, place) if place else None
        value = stored_value(step, raw) if step else None
        if step is None or step.kind in (Kind.CALL, Kind.END):
            fault = fault or N_("'%(key)s' is no step that is answered", key=key)
        elif (wrong := value_fault(step, value, case.today)) is not None:
            fault = fault or N_(
                "'%(raw)s' cannot be the answer to '%(key)s' (%(code)s)",
                raw=raw,
                key=key,
                code=wrong.code,
            )
        else:
            answers[key] = Answer(value, case.today)
    trace = replay(bundle, answers, case.context)
    return Run(case, trace, fault or _fault(case, trace))


def _fault(case: Case, trace: Trace) -> str:
    if trace.outcome is None:
        waiting = trace.current.key if trace.current else "?"
        return N_("stops at '%(key)s', which has no answer", key=waiting)
    if trace.outcome.step != case.ends:
        return N_(
            "ends at '%(end)s', not at '%(wanted)s'", end=trace.outcome.step, wanted=case.ends
        )
    unasked = [key for key in case.answers if key not in trace.keys]
    return N_("never asks '%(key)s'", key=unasked[0]) if unasked else ""


def stored_value(step: Step, raw: str | list[str]) -> Stored:
    """Text of a file to a stored answer; not yet checked against the step."""
    if isinstance(raw, list):
        return tuple(raw)
    if raw == SKIPPED:
        return None
    if step.kind is Kind.ASK and step.type == Ask.MULTI:
        return (raw,)
    if step.kind is Kind.ASK and step.type == Ask.NUMBER:
        try:
            return float(raw)
        except ValueError:
            return raw
    return raw
