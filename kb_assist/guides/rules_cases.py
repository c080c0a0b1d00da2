"""Rules G901 to G905: the cases of a guide pass, and go everywhere."""

from __future__ import annotations

from collections.abc import Iterator

from kb_assist.articles.model import Problem
from kb_assist.errors import N_
from kb_assist.guides.cases import read_cases, run_case
from kb_assist.guides.cover import Coverage, cover, edge_text, edges_of
from kb_assist.guides.library import CASES_SUFFIX
from kb_assist.guides.rules import Subject, located

LONGEST_PATH = 25
"""Steps; nobody on the phone follows more."""


def case_problems(subject: Subject) -> Iterator[Problem]:
    guide = subject.guide
    content = subject.folder.cases.get(guide.id)
    if content is None:
        message = N_(
            "there is no %(path)s; %(count)s branches are untested",
            path=f"{guide.id}{CASES_SUFFIX}",
            count=len(edges_of(guide)),
        )
        yield subject.problem(1, "G901", message)
        return
    path = f"{guide.id}{CASES_SUFFIX}"
    cases, findings = read_cases(content)
    yield from (located(path, finding) for finding in findings)
    bundle = subject.folder.bundle(guide.id)
    runs = [run_case(bundle, case) for case in cases]
    for run in runs:
        if run.fault:
            message = N_("case '%(case)s' %(fault)s", case=run.case.name, fault=run.fault)
            yield subject.problem(run.case.line, "G904", message, path=path)
        if len(run.trace.path) > LONGEST_PATH:
            message = N_(
                "case '%(case)s' has %(count)s steps, more than %(most)s",
                case=run.case.name,
                count=len(run.trace.path),
                most=LONGEST_PATH,
            )
            yield subject.problem(run.case.line, "G903", message, path=path)
    if not findings and not any(run.fault for run in runs):
        yield from _gaps(subject, cover(bundle, runs))


def _gaps(subject: Subject, coverage: Coverage) -> Iterator[Problem]:
    guide = subject.guide
    for edge in coverage.missing_edges:
        step = guide.steps[edge[0]]
        line = step.branches[edge[1]].line if edge[1] >= 0 else step.line
        message = N_("no case covers %(branch)s", branch=edge_text(guide, edge))
        yield subject.problem(line, "G901", message)
    for step_id, compare, kind in coverage.missing_sides:
        message = N_(
            "no case on both sides of `%(compare)s`: it is never %(kind)s",
            compare=compare,
            kind=kind,
        )
        if kind == "exact":
            message = N_(
                "no case on both sides of `%(compare)s`: none has exactly the limit",
                compare=compare,
            )
        yield subject.problem(guide.steps[step_id].line, "G902", message)
