"""What articles lead their readers to: other articles, and pictures they show."""

from __future__ import annotations

from collections.abc import Mapping

from kb_assist.articles.lint_links import is_shown
from kb_assist.articles.lint_source import LintSource
from kb_assist.articles.markdown import is_internal, link_target
from kb_assist.articles.model import Audience


def referred(source: LintSource) -> frozenset[str]:
    """Ids that an article other than themselves links to."""
    by_path = source.library.by_path
    found: set[str] = set()
    for article in source.articles:
        for reference in source.references(article):
            if not is_internal(reference.target):
                continue
            named, _ = link_target(reference.target, article.path)
            if named.startswith("kb:"):
                found |= {named.removeprefix("kb:")} - {article.id}
            elif named in by_path:
                found |= {by_path[named].id} - {article.id}
    return frozenset(found)


def pictures(source: LintSource) -> Mapping[str, Audience]:
    """Paths of pictures that articles show, each with the widest audience that may see it."""
    shown: dict[str, Audience] = {}
    for article in source.articles:
        for reference in source.references(article):
            if reference.is_image and is_shown(reference.target):
                path, _ = link_target(reference.target, article.path)
                held = shown.get(path, article.audience)
                shown[path] = min(held, article.audience, key=lambda audience: audience.rank)
    return shown
