"""All rules for a knowledge base in one run: what a content owner should mend, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from kb_assist.articles.library import Library
from kb_assist.articles.lint_content import content_problems, review_problems
from kb_assist.articles.lint_duplicates import duplicate_problems
from kb_assist.articles.lint_links import link_problems
from kb_assist.articles.lint_source import LintSource
from kb_assist.articles.lint_translations import translation_problems
from kb_assist.articles.model import Problem


def lint(library: Library, *, today: date) -> list[Problem]:
    """Everything that is wrong with the files, in path and line order."""
    source = LintSource(library)
    reviews = review_problems(library.articles, today)
    return sorted([*library.problems, *reviews, *lasting_problems(source)])


def lasting_problems(
    source: LintSource,
    similar: Mapping[str, Sequence[tuple[str, float]]] | None = None,
    *,
    duplicates: bool = True,
) -> list[Problem]:
    """What is wrong with the texts, whatever the day, in path and line order.

    ``similar`` names pairs that mean the same in other words: article id to other ids, each with
    a similarity from 0 to 1. Every pair in it is reported, so the caller sets the bar. Without
    ``duplicates`` no text is compared with another one. Nothing is read from disk but whether a
    linked picture or guide exists.
    """
    return sorted(
        [
            *link_problems(source),
            *content_problems(source),
            *translation_problems(source),
            *(duplicate_problems(source, similar or {}) if duplicates else ()),
        ]
    )
