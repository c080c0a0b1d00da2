"""The values of the retrieval area: queries, suggestions, answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kb_assist.articles.model import Article
from kb_assist.text import Identifier


class Strength(StrEnum):
    """How sure a suggestion is; shown instead of a number."""

    STRONG = "strong"
    POSSIBLE = "possible"
    NONE = "none"


class Mode(StrEnum):
    """Which sides of the index answered."""

    HYBRID = "hybrid"
    LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Query:
    """A ticket's or a person's words, ready to be searched with."""

    text: str
    """Without greetings, signatures, quotes and legal footers."""
    language: str
    """``de``, ``en`` or ``und``."""
    german: float
    """Probability that the text is German rather than English, 0 to 1."""
    identifiers: tuple[Identifier, ...]
    removed: tuple[str, ...] = ()
    """What cleaning took away: ``greeting``, ``signature``, ``quote``, ``footer``, ``length``."""

    def same_language(self, language: str) -> float:
        """Probability that the query is written in ``language``."""
        if language == "de":
            return self.german
        if language == "en":
            return 1.0 - self.german
        return 0.5


@dataclass(frozen=True, slots=True)
class Marked:
    """A run of text; ``hit`` when it is what the query asked for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """The part of an article that answers best."""

    anchor: str
    heading_path: tuple[str, ...]
    runs: tuple[Marked, ...]

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One article, with why it is suggested."""

    rank: int
    article: Article
    strength: Strength
    passage: Passage
    shared_identifiers: tuple[str, ...]
    shared_terms: tuple[str, ...]
    by_meaning: bool
    """Whether the meaning of the texts (not only common words) supports it."""
    score: float
    """Only comparable within one answer."""
    alternatives: tuple[Article, ...] = ()
    """Translations and near-identical articles that were folded into this one."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Milliseconds per phase."""

    clean: float = 0.0
    embed: float = 0.0
    search: float = 0.0
    explain: float = 0.0

    @property
    def total(self) -> float:
        return self.clean + self.embed + self.search + self.explain


@dataclass(frozen=True, slots=True)
class Answer:
    """What the knowledge base has for a query, best first."""

    query: Query
    strength: Strength
    """Of the first suggestion; ``none`` means that no article fits well enough."""
    chance_first: float
    """Calibrated probability that the first suggestion is right."""
    chance_any: float
    """Calibrated probability that one of the first five is right."""
    suggestions: tuple[Suggestion, ...]
    mode: Mode
    generation: str
    notice: str = ""
    """Why the answer is worse than usual: ``model_unavailable`` or empty."""
    timings: Timings = field(default_factory=Timings)
