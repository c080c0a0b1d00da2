"""Rules G801 to G804: what changed since an earlier state of the folder, and review dates."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from datetime import date

from kb_assist.articles.model import Problem
from kb_assist.errors import N_
from kb_assist.guides.model import Guide
from kb_assist.guides.rules import Subject
from kb_assist.text import fold, words

REWRITTEN_BELOW = 0.4
"""Share of equal words under which a question is taken for another one; typos stay far above."""


def review_problems(subject: Subject, today: date) -> Iterator[Problem]:
    due = subject.guide.front.review_by
    if due is not None and due < today:
        yield subject.problem(1, "G804", N_("review_by %(due)s has passed", due=due))


def version_problems(
    subject: Subject, before: Guide | None, standing: Mapping[tuple[str, str], int]
) -> Iterator[Problem]:
    """Against the same guide as it was; ``standing`` counts open sessions by guide and step."""
    if before is None:
        return
    guide = subject.guide
    is_changed = guide.structure_digest != before.structure_digest
    if is_changed and guide.version <= before.version:
        message = N_(
            "structure changed, but version is still %(version)s; raise it", version=guide.version
        )
        yield subject.problem(1, "G801", message)
    for key in before.steps:
        sessions = standing.get((guide.id, key), 0)
        if key not in guide.steps and sessions:
            message = N_(
                "step '%(key)s' was removed while %(sessions)s open sessions stand on it",
                key=key,
                sessions=sessions,
            )
            yield subject.problem(1, "G802", message)
    for key, step in guide.steps.items():
        if key in before.steps and before.lang == guide.lang:
            old, new = before.source.steps[key].question, guide.source.steps[key].question
            if _likeness(old, new) < REWRITTEN_BELOW:
                message = N_(
                    "question of '%(key)s' was rewritten; a new meaning needs a new id", key=key
                )
                yield subject.problem(step.line, "G803", message)


def _likeness(old: str, new: str) -> float:
    first, second = ([fold(word) for word in words(text)] for text in (old, new))
    return difflib.SequenceMatcher(None, first, second, autojunk=False).ratio()
