"""What the JSON interface takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kb_assist.retrieval.search import DEFAULT_LIMIT, MAX_LIMIT

MAX_QUERY_CHARACTERS = 1_000
# Long mails with quoted threads are usual; beyond this something else was pasted.
MAX_TICKET_CHARACTERS = 5_000_000

Language = Literal["de", "en"]
Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT, description="How many suggestions at most.")]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class SearchRequest(_Request):
    query: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_QUERY_CHARACTERS,
            description="What a person is looking for.",
            examples=["vpn error 809"],
        ),
    ]
    reader_language: Annotated[
        Language | None, Field(description="Translations in this language are shown first.")
    ] = None
    limit: Limit = DEFAULT_LIMIT


class SuggestRequest(_Request):
    text: Annotated[
        str,
        Field(
            max_length=MAX_TICKET_CHARACTERS,
            description="The ticket's text as it came in, with greetings, quotes and all.",
            examples=["Hallo, seit heute geht mein VPN nicht, Fehler 809. Danke, Jana"],
        ),
    ] = ""
    subject: Annotated[str, Field(max_length=MAX_QUERY_CHARACTERS)] = ""
    language: Annotated[
        Language | None, Field(description="The ticket's language, where known.")
    ] = None
    reader_language: Annotated[
        Language | None, Field(description="Translations in this language are shown first.")
    ] = None
    limit: Limit = DEFAULT_LIMIT


class ArticleOut(BaseModel):
    id: str
    path: str
    title: str
    language: str
    audience: Literal["customer", "l1", "l2"]
    product: str
    tags: list[str]
    owner: str
    confidence: Literal["wip", "not_validated", "validated", "archived"]
    reviewed: str | None
    review_due: str | None
    translation_of: str | None
    environment: list[str]


class ArticleDetail(ArticleOut):
    body: str = Field(description="Markdown, without front matter.")
    translations: list[ArticleOut]


class ArticleList(BaseModel):
    articles: list[ArticleOut]


class RunOut(BaseModel):
    text: str
    hit: bool


class PassageOut(BaseModel):
    anchor: str
    heading_path: list[str]
    text: str
    runs: list[RunOut] = Field(description="The same text, cut so that hits can be marked.")


class WhyOut(BaseModel):
    identifiers: list[str]
    terms: list[str]
    by_meaning: bool


class SuggestionOut(BaseModel):
    rank: int
    strength: Literal["strong", "possible", "none"]
    score: float = Field(description="Only comparable within one answer.")
    article: ArticleOut
    passage: PassageOut
    why: WhyOut
    alternatives: list[ArticleOut]


class IdentifierOut(BaseModel):
    kind: str
    text: str


class QueryOut(BaseModel):
    text: str
    language: str
    identifiers: list[IdentifierOut]
    removed: list[str]


class AnswerOut(BaseModel):
    strength: Literal["strong", "possible", "none"] = Field(
        description="Of the first suggestion; `none`: no article fits well enough."
    )
    chance_first: float = Field(description="Calibrated chance that the first is right.")
    chance_any: float = Field(description="Calibrated chance that one of the first five is right.")
    mode: Literal["hybrid", "lexical"]
    notice: str | None
    next_steps: list[str]
    query: QueryOut
    suggestions: list[SuggestionOut]
    index: str
    milliseconds: dict[str, float]


class FieldFault(BaseModel):
    field: str
    message: str


class Problem(BaseModel):
    """An RFC 9457 problem document (`application/problem+json`)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str | None = None
    remedy: str | None = None
    errors: list[FieldFault] | None = None
