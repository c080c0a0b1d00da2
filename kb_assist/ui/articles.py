"""Browsing and reading articles, and reporting a problem with a paragraph."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import isfile

from flask import Blueprint, flash, redirect, render_template, request, send_from_directory, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from kb_assist.articles.markdown import IMAGE_ENDINGS, Rendered, render
from kb_assist.articles.model import Article, Audience
from kb_assist.articles.reports import ParagraphReport
from kb_assist.auth.model import Permission
from kb_assist.edge import current
from kb_assist.edge.guards import require
from kb_assist.errors import InputError, NotFoundError
from kb_assist.indexer.snapshot import Snapshot
from kb_assist.text import fold
from kb_assist.ui.shelves import PAGE_ROWS, Topic, page_of, shelves

blueprint = Blueprint("articles", __name__, url_prefix="/articles")

_MOST_REMARK_CHARACTERS = 2_000


@blueprint.get("")
@require(Permission.SEARCH)
def browse() -> str:
    """All readable articles by topic folder, narrowed by words of the title and what they declare.

    ``?topic=`` turns to the page on which a folder begins.
    """
    reader = current.audience()
    readable = [a for a in _snapshot().articles() if reader.may_read(a.audience)]
    chosen = {name: request.args.get(name, "") for name in ("language", "product", "audience")}
    typed = request.args.get("q", "").strip()
    shown = [a for a in readable if _fits(a, chosen) and _named(a, typed)]
    topics = shelves(shown, current.language())
    rows = sum(len(topic.rows) for topic in topics)
    start = _start(topics)
    return render_template(
        "articles/browse.html",
        topics=topics,
        page=page_of(topics, start),
        start=start,
        end=min(rows, start + PAGE_ROWS),
        page_rows=PAGE_ROWS,
        rows=rows,
        files=len(shown),
        typed=typed,
        chosen=chosen,
        kept={name: value or None for name, value in (chosen | {"q": typed}).items()},
        choices=_choices(readable),
    )


def _start(topics: Sequence[Topic]) -> int:
    """How many rows the page leaves out at the top."""
    begins = {topic.name: topic.first for topic in topics}
    asked = request.args.get("start", 0, type=int)
    start = begins.get(request.args.get("topic", ""), 0) or asked
    return start if 0 <= start < sum(len(topic.rows) for topic in topics) else 0


def _choices(readable: Sequence[Article]) -> dict[str, list[str]]:
    """What may be narrowed to, without what all articles have in common."""
    found = {
        "language": sorted({a.language for a in readable}),
        "product": sorted({a.product for a in readable if a.product}),
        "audience": [
            level.value for level in Audience if any(a.audience is level for a in readable)
        ],
    }
    return {name: values for name, values in found.items() if len(values) > 1}


def _named(article: Article, typed: str) -> bool:
    """Whether the title or the id holds every word."""
    said = fold(f"{article.title} {article.id}")
    return all(word in said for word in fold(typed).split())


@blueprint.get("/reports")
@require(Permission.REPORTS_READ)
def reports() -> str:
    """What readers reported about paragraphs, newest first, with whether the article changed."""
    snapshot = _snapshot()
    readable = {a.id: a for a in snapshot.articles() if current.audience().may_read(a.audience)}
    newest = reversed(current.services().reports.all())
    shown = [(told, readable[told.article_id]) for told in newest if told.article_id in readable]
    return render_template("articles/reports.html", reports=shown)


@blueprint.get("/files/<path:name>")
@require(Permission.SEARCH)
def picture(name: str) -> Response:
    """Pictures that an article of the reader shows; nothing else of the folder is served."""
    folder = current.services().settings.articles.resolve()
    hidden = any(part.startswith(".") for part in name.split("/"))
    # A link inside the folder may lead out of it.
    inside = "\0" not in name and (folder / name).resolve().is_relative_to(folder)
    shown_to = _snapshot().checked.pictures.get(name)
    allowed = shown_to is not None and current.audience().may_read(shown_to)
    if hidden or not inside or not allowed or not name.lower().endswith(IMAGE_ENDINGS):
        raise NotFoundError(_("There is no such picture."))
    response = send_from_directory(folder, name)
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


@blueprint.get("/<path:article_id>")
@require(Permission.SEARCH)
def read(article_id: str) -> str:
    snapshot = _snapshot()
    article = _readable(snapshot, article_id)
    reader = current.audience()
    versions = [a for a in snapshot.translations(article) if reader.may_read(a.audience)]
    return render_template(
        "articles/read.html",
        article=article,
        rendered=_rendered(snapshot, article),
        versions=sorted([article, *versions], key=lambda version: version.language),
    )


@blueprint.post("/<path:article_id>/reports")
@require(Permission.REMARK)
def report(article_id: str) -> tuple[str, int] | Response:
    """Keep a reader's remark for the content owner."""
    snapshot = _snapshot()
    article = _readable(snapshot, article_id)
    # Browsers count a line break as one character and send two.
    remark = request.form.get("remark", "").replace("\r\n", "\n").strip()
    if not 1 <= len(remark) <= _MOST_REMARK_CHARACTERS:
        raise InputError(_("Write what is wrong, in at most 2,000 characters."))
    passage = request.form.get("passage", "")
    excerpt = _rendered(snapshot, article).passages.get(passage, "")
    services = current.services()
    services.reports.add(
        ParagraphReport(
            at=services.clock.now().isoformat(timespec="seconds"),
            article_id=article.id,
            article_digest=article.digest,
            passage=passage if excerpt else "",
            excerpt=excerpt,
            remark=remark,
        )
    )
    if request.headers.get("X-Fragment"):
        return "", 204
    flash(_("Thank you. The article's owner will see your remark."))
    return redirect(url_for("articles.read", article_id=article.id))


def _snapshot() -> Snapshot:
    return current.services().engine.searcher().snapshot


def _readable(snapshot: Snapshot, article_id: str) -> Article:
    """Unknown and forbidden articles look the same."""
    try:
        article = snapshot.article(article_id)
    except NotFoundError:
        article = None
    if article is None or not current.audience().may_read(article.audience):
        raise NotFoundError(_("There is no article %(id)s.", id=article_id))
    return article


def _rendered(snapshot: Snapshot, article: Article) -> Rendered:
    return rendered(snapshot, article.body, title=article.title, path=article.path)


def rendered(snapshot: Snapshot, body: str, *, title: str, path: str) -> Rendered:
    """As the reader may see it; ``path`` is where links and pictures start from."""
    reader = current.audience()

    def link(named: str) -> str | None:
        try:
            if named.startswith("kb:"):
                target = snapshot.article(named.removeprefix("kb:"))
            else:
                target = snapshot.article_by_path(named)
        except NotFoundError:
            return None
        if not reader.may_read(target.audience):
            return None
        return url_for("articles.read", article_id=target.id)

    return render(body, title=title, path=path, link=link, image=_picture)


def _picture(named: str) -> str | None:
    # Unlike Path.is_file, this takes any text for a name, however long.
    if not isfile(current.services().settings.articles / named):
        return None
    return url_for("articles.picture", name=named)


def _fits(article: Article, chosen: dict[str, str]) -> bool:
    return all(not wanted or getattr(article, name) == wanted for name, wanted in chosen.items())
