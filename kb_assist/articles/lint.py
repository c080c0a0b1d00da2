"""All rules for a knowledge base in one run: what a content owner should mend, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from kb_assist.articles.library import Library
from kb_assist.articles.lint_content import content_problems
from kb_assist.articles.lint_duplicates import duplicate_problems
from kb_assist.articles.lint_links import link_problems
from kb_assist.articles.lint_source import LintSource
from kb_assist.articles.lint_translations import translation_problems
from kb_assist.articles.model import Problem


def lint(
    library: Library,
    *,
    today: date,
    similar: Mapping[str, Sequence[tuple[str, float]]] | None = None,
) -> list[Problem]:
    """Everything that is wrong with the articles, in path and line order.

    ``similar`` names pairs that mean the same in other words: article id to other ids, each with
    a similarity from 0 to 1. Every pair in it is reported, so the caller sets the bar. Nothing is
    read from disk but whether a linked picture or guide exists.
    """
    source = LintSource(library)
    return sorted(
        [
            *library.problems,
            *link_problems(source),
            *content_problems(source, today),
            *translation_problems(source),
            *duplicate_problems(source, similar or {}),
        ]
    )
