"""Markdown of guides as HTML, with links to the articles the reader may open."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from flask import url_for
from markupsafe import Markup, escape

from kb_assist.articles.markdown import render
from kb_assist.articles.model import Article, Audience
from kb_assist.edge import current
from kb_assist.errors import KbError, NotFoundError
from kb_assist.guides.model import article_id
from kb_assist.text import LANGUAGES

_PARAGRAPH = re.compile(r"<p[^>]*>(.*)</p>", re.DOTALL)
_PLAIN = re.compile(r"[\w\s.,:;?!'’“”„–()/%+-]*")
_LINK = re.compile(r"\]\(kb:([^)#\s]+)")

Link = Callable[[str], str | None]


def block(markdown: str, *, for_customer: bool = False) -> Markup:
    """Paragraphs, lists and code. Customers get no links to articles: they cannot open them."""
    if not markdown.strip():
        return Markup()
    return Markup(_html(markdown, _no_link if for_customer else _article_link))  # noqa: S704 sanitised


def inline(markdown: str) -> Markup:
    """A question or an option: one line, without links to articles."""
    if _PLAIN.fullmatch(markdown) and "://" not in markdown:
        return escape(markdown)
    return _inline(markdown)


@lru_cache(maxsize=4096)
def _inline(markdown: str) -> Markup:
    html = _html(markdown, _no_link).strip()
    found = _PARAGRAPH.fullmatch(html)
    return Markup(found.group(1) if found else html)  # noqa: S704 sanitised


def body(article: Article) -> Markup:
    """An article's text, to be read beside a step."""
    return _body(article.digest, current.audience(), article)


@lru_cache(maxsize=128)
def _body(digest: str, reader: Audience, article: Article) -> Markup:
    """``digest`` and ``reader`` decide what it looks like."""
    shown = render(
        article.body, title=article.title, path=article.path, link=_article_link, image=_picture
    )
    return Markup(shown.html)  # noqa: S704 sanitised


def _html(markdown: str, link: Link) -> str:
    return render(markdown, title="", path="guides/x.md", link=link, image=_picture).html


def _picture(named: str) -> str:
    """Whether it is there or not: what is kept here must not forget one that comes later."""
    return url_for("articles.picture", name=named)


def _no_link(named: str) -> str | None:
    return None


def _article_link(named: str) -> str | None:
    found = readable(article_id(named.removeprefix("kb:"))) if named.startswith("kb:") else None
    return url_for("articles.read", article_id=found.id) if found else None


def readable(wanted: str) -> Article | None:
    """The article when the reader may see it, in the reader's language where there is one."""
    try:
        snapshot = current.services().engine.searcher().snapshot
        article = snapshot.article(wanted)
    except (NotFoundError, KbError):
        return None
    if not current.audience().may_read(article.audience):
        return None
    lang = current.language()
    versions = [article, *snapshot.translations(article)] if lang in LANGUAGES else [article]
    fitting = [
        v for v in versions if v.language == lang and current.audience().may_read(v.audience)
    ]
    return fitting[0] if fitting else article


def linked_articles(*texts: str) -> list[str]:
    """Ids of articles that texts of a guide mention, in order."""
    found = [article_id(raw) for text in texts for raw in _LINK.findall(text)]
    return list(dict.fromkeys(found))
