"""What is wrong with the texts of an index, whoever uses them: checked once, when it is built."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from kb_assist.articles.contradict import Contradiction, contradictions
from kb_assist.articles.library import Library
from kb_assist.articles.linked import pictures, referred
from kb_assist.articles.lint import lasting_problems
from kb_assist.articles.lint_source import LintSource
from kb_assist.articles.model import Audience
from kb_assist.errors import N_, Phrase

# Chosen by reading pairs; see docs/performance.md.
ABOUT_THE_SAME = 0.45
MEANS_THE_SAME = 0.75
# Comparing all with all grows with the square: 20,000 take half a minute.
MOST_COMPARED = 20_000

Near = tuple[str, str, float]
"""Ids of two articles of one language and how alike they are, from ``ABOUT_THE_SAME`` on."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What the texts of one index show on any day."""

    problems: Mapping[str, Sequence[tuple[str, Phrase]]] = field(default_factory=dict)
    """Rule of ``articles/lint`` and message, by path."""
    contradictions: tuple[Contradiction, ...] = ()
    referred: frozenset[str] = frozenset()
    """Ids of articles that another article links to."""
    pictures: Mapping[str, Audience] = field(default_factory=dict)
    """Paths of pictures that articles show, each with the widest audience that may see it."""
    files: Mapping[str, bool] = field(default_factory=dict)
    """Linked files below the articles folder, and whether each was there."""


def check(library: Library, near: Sequence[Near]) -> Checked:
    """``near`` without duplicates; of huge libraries no text is compared with another one."""
    source = LintSource(library)
    similar: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for one, other, likeness in near:
        if likeness >= MEANS_THE_SAME:
            similar[one].append((other, likeness))
    compared = len(library.articles) <= MOST_COMPARED
    problems: defaultdict[str, list[tuple[str, Phrase]]] = defaultdict(list)
    for problem in lasting_problems(source, similar, duplicates=compared):
        assert isinstance(problem.message, Phrase), "rules give phrases"
        problems[problem.path].append((problem.rule, problem.message))
    pairs = frozenset(frozenset((one, other)) for one, other, _ in near)
    return Checked(
        problems=problems,
        contradictions=tuple(contradictions(source, pairs)) if compared else (),
        referred=referred(source),
        pictures=pictures(source),
        files=source.files,
    )


def write_checked(path: Path, checked: Checked) -> None:
    """As JSON; messages keep their pattern, so that every reader gets them in her language."""
    told = {
        "problems": {
            where: [[rule, message.pattern, _plain(message.values)] for rule, message in found]
            for where, found in checked.problems.items()
        },
        "contradictions": [asdict(one) for one in checked.contradictions],
        "referred": sorted(checked.referred),
        "pictures": dict(checked.pictures),
        "files": dict(checked.files),
    }
    path.write_text(json.dumps(told), encoding="ascii")


def read_checked(path: Path) -> Checked:
    """Raises OSError, ValueError or KeyError for a file that ``write_checked`` did not write."""
    told = json.loads(path.read_text(encoding="ascii"))
    return Checked(
        problems={
            where: [(rule, N_(pattern, **values)) for rule, pattern, values in found]
            for where, found in told["problems"].items()
        },
        contradictions=tuple(map(_contradiction, told["contradictions"])),
        referred=frozenset(told["referred"]),
        pictures={name: Audience(audience) for name, audience in told["pictures"].items()},
        files=told["files"],
    )


def _plain(values: Mapping[str, object]) -> dict[str, Any]:
    """Days as texts, which read the same."""
    days = {name: str(value) for name, value in values.items() if isinstance(value, date)}
    return {**values, **days}


def _contradiction(told: dict[str, Any]) -> Contradiction:
    facts: Iterable[Sequence[str]] = told.pop("facts")
    return Contradiction(**told, facts=tuple((here, there) for here, there in facts))
