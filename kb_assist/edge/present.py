"""Answers and articles as plain JSON values, the same for the API and the command line."""

from __future__ import annotations

from typing import Any

from kb_assist.articles.model import Article
from kb_assist.retrieval.model import Answer, Query, Strength, Suggestion

# Steps that help when nothing fits; the pages translate them.
NEXT_STEPS = ("add_exact_message", "add_product_and_version", "search_other_words")


def article_json(article: Article) -> dict[str, Any]:
    due = article.review_due()
    return {
        "id": article.id,
        "path": article.path,
        "title": article.title,
        "language": article.language,
        "audience": article.audience.value,
        "product": article.product,
        "tags": list(article.tags),
        "owner": article.owner,
        "confidence": article.confidence.value,
        "reviewed": article.reviewed.isoformat() if article.reviewed else None,
        "review_due": due.isoformat() if due else None,
        "translation_of": article.translation_of or None,
        "environment": list(article.environment),
    }


def suggestion_json(suggestion: Suggestion) -> dict[str, Any]:
    passage = suggestion.passage
    return {
        "rank": suggestion.rank,
        "strength": suggestion.strength.value,
        "score": round(suggestion.score, 4),
        "article": article_json(suggestion.article),
        "passage": {
            "anchor": passage.anchor,
            "heading_path": list(passage.heading_path),
            "text": passage.text,
            "runs": [{"text": run.text, "hit": run.hit} for run in passage.runs],
        },
        "why": {
            "identifiers": list(suggestion.shared_identifiers),
            "terms": list(suggestion.shared_terms),
            "by_meaning": suggestion.by_meaning,
        },
        "alternatives": [article_json(article) for article in suggestion.alternatives],
    }


def query_json(query: Query) -> dict[str, Any]:
    return {
        "text": query.text,
        "language": query.language,
        "identifiers": [{"kind": i.kind, "text": i.text} for i in query.identifiers],
        "removed": list(query.removed),
    }


def answer_json(answer: Answer) -> dict[str, Any]:
    none = answer.strength is Strength.NONE
    times = answer.timings
    return {
        "strength": answer.strength.value,
        "chance_first": round(answer.chance_first, 4),
        "chance_any": round(answer.chance_any, 4),
        "mode": answer.mode.value,
        "notice": answer.notice or None,
        "next_steps": list(NEXT_STEPS) if none else [],
        "query": query_json(answer.query),
        "suggestions": [suggestion_json(suggestion) for suggestion in answer.suggestions],
        "index": answer.generation,
        "milliseconds": {
            "clean": round(times.clean, 2),
            "embed": round(times.embed, 2),
            "search": round(times.search, 2),
            "explain": round(times.explain, 2),
            "total": round(times.total, 2),
        },
    }
