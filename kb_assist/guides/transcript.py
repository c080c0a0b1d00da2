"""What happened in a session, for people: the transcript, and the dossier for the next level."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from kb_assist.guides.conditions import Value
from kb_assist.guides.decide import may_answer
from kb_assist.guides.labels import EMPTY, MASK, escape, fill, value_text, word
from kb_assist.guides.model import Bundle, Channel, Kind, Outcome, Step, article_id
from kb_assist.guides.replay import locate, replay, step_at, typed
from kb_assist.guides.run import Place, SessionState, Trace
from kb_assist.guides.view import placeholder_values


@dataclass(frozen=True, slots=True)
class Row:
    """One question or action with its answer, as text in the reader's language."""

    key: str
    is_action: bool
    question: str
    answer: str
    expected: str
    """Of an action; empty for questions."""
    by: str
    at: datetime | None
    is_skipped: bool


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole session in one language, for one side."""

    guide: str
    version: int
    title: str
    lang: str
    outcome: str
    """Kind of outcome; empty while the session has not reached one."""
    outcome_text: str
    to: str
    queue: str
    priority: str
    article: str
    """Id of the article that helps, for the outcome ``article``."""
    needed: tuple[Row, ...]
    """The rows that the dossier of an escalation asks for, in the author's order."""
    rows: tuple[Row, ...]
    doubted: tuple[Row, ...]
    notes: tuple[tuple[str, str], ...]
    """Author and text."""
    files: tuple[str, ...]


def transcribe(
    bundle: Bundle, state: SessionState, *, lang: str, channel: Channel = Channel.AGENT
) -> Transcript:
    """Pure. Sensitive answers are masked for everybody; customers see neither notes nor what
    support does."""
    trace = replay(bundle, state.answers, state.context)
    writer = _Writer(bundle, state, trace, lang, channel)
    end = step_at(bundle, trace.outcome) if trace.outcome else None
    rows = tuple(writer.rows())
    return Transcript(
        guide=bundle.root,
        version=state.version,
        title=bundle.guide.text(lang).title,
        lang=lang,
        outcome=end.type if end else "",
        outcome_text=writer.question(trace.outcome) if trace.outcome else "",
        to=end.settings.to if end else "",
        queue=end.settings.queue if end else "",
        priority=end.settings.priority if end else "",
        article=article_id(end.settings.kb) if end else "",
        needed=tuple(writer.needed(end)) if end and end.type == Outcome.ESCALATE else (),
        rows=rows,
        doubted=tuple(writer.doubted()),
        notes=tuple((n.actor, n.text) for n in state.notes) if channel is Channel.AGENT else (),
        files=tuple(a.name for a in state.attachments),
    )


@dataclass(frozen=True, slots=True)
class _Writer:
    bundle: Bundle
    state: SessionState
    trace: Trace
    lang: str
    channel: Channel

    def rows(self) -> Iterator[Row]:
        for visit in self.trace.path:
            step = step_at(self.bundle, visit.place)
            if step.kind is not Kind.CALL and may_answer(step, self.channel):
                yield self.row(visit.place, visit.value)

    def needed(self, end: Step) -> Iterator[Row]:
        """The latest answer to each name of the dossier."""
        for name in end.settings.dossier:
            wanted = name.replace(".", "/")
            last = next((v for v in reversed(self.trace.path) if _plain(v.key) == wanted), None)
            if last is not None and may_answer(step_at(self.bundle, last.place), self.channel):
                yield self.row(last.place, last.value)

    def doubted(self) -> Iterator[Row]:
        for key, doubt in sorted(self.state.doubts.items()):
            place = locate(self.bundle, key)
            if place is not None and may_answer(step_at(self.bundle, place), self.channel):
                yield self.row(place, typed(step_at(self.bundle, place), doubt.answer.value))

    def row(self, place: Place, value: Value) -> Row:
        step, guide = step_at(self.bundle, place), self.bundle.guides[place.guide]
        answer = value_text(guide, step, value, self.lang)
        if step.settings.sensitive and value is not None:
            answer = MASK
        by, at = self.state.authors.get(place.key, ("", None))
        text, _ = guide.step_text(step.id, self.lang)
        values = placeholder_values(self.bundle, self.trace, place, self.lang)
        return Row(
            key=place.key,
            is_action=step.kind is Kind.DO,
            question=self.question(place),
            answer=answer,
            expected=fill(text.expected, values) if step.kind is Kind.DO else "",
            by=by,
            at=at,
            is_skipped=value is None,
        )

    def question(self, place: Place) -> str:
        text, _ = self.bundle.guides[place.guide].step_text(place.step, self.lang)
        values = placeholder_values(self.bundle, self.trace, place, self.lang)
        return fill(text.question, values)


def _plain(key: str) -> str:
    """``basics@2/link@3`` to ``basics/link``."""
    return "/".join(part.split("@", 1)[0] for part in key.split("/"))


def as_json(transcript: Transcript) -> dict[str, Any]:
    """For the ticket and other systems; times are ISO 8601."""
    document = asdict(transcript)
    for rows in ("needed", "rows", "doubted"):
        for row in document[rows]:
            row["at"] = row["at"].isoformat() if row["at"] else None
    return document


def as_markdown(transcript: Transcript) -> str:
    """A note for the ticket: outcome first, then what the next level needs, then everything."""
    lang = transcript.lang
    kind = word(transcript.outcome or "unfinished", lang)
    goals = (transcript.to, transcript.queue, transcript.priority, transcript.article)
    goal = " · ".join(part for part in goals if part)
    lines = [
        f"**{word('guide', lang)}:** {transcript.title} ({word('version', lang)}"
        f" {transcript.version})",
        f"**{word('outcome', lang)}:** {kind}{f' – {transcript.outcome_text}' if kind else ''}"
        + (f" ({goal})" if goal else ""),
    ]
    if transcript.needed:
        lines += ["", f"### {word('needed', lang)}", "", *_table(transcript.needed, lang)]
    if transcript.rows:
        lines += ["", f"### {word('path', lang)}", "", *_table(transcript.rows, lang)]
    if transcript.doubted:
        lines += ["", f"### {word('doubted', lang)}", "", *_table(transcript.doubted, lang)]
    if transcript.notes:
        notes = [f"* {escape(author)}: {escape(text)}" for author, text in transcript.notes]
        lines += ["", f"### {word('notes', lang)}", "", *notes]
    if transcript.files:
        files = [f"* {escape(name)}" for name in transcript.files]
        lines += ["", f"### {word('files', lang)}", "", *files]
    return "\n".join(lines) + "\n"


def as_note(transcript: Transcript) -> str:
    """For the conversation of a ticket, which shows a text as it is."""
    lang = transcript.lang
    kind = word(transcript.outcome or "unfinished", lang)
    reached = f" – {transcript.outcome_text}" if transcript.outcome_text else ""
    lines = [
        f"{word('guide', lang)}: {transcript.title} ({word('version', lang)} {transcript.version})",
        f"{word('outcome', lang)}: {kind}{reached}",
    ]
    several = len({row.by for row in transcript.rows}) > 1
    told = {
        "path": [_told(row, several) for row in transcript.rows],
        "doubted": [_told(row, several) for row in transcript.doubted],
        "notes": [f"{author}: {text}" for author, text in transcript.notes],
        "files": list(transcript.files),
    }
    for key, entries in told.items():
        if entries:
            lines += ["", word(key, lang), *(f"– {entry}" for entry in entries)]
    return "\n".join(lines) + "\n"


def _told(row: Row, with_name: bool) -> str:
    asked = row.question if row.question.endswith("?") else f"{row.question.rstrip('.:')}:"
    return f"{asked} {row.answer}{f' ({row.by})' if with_name and row.by else ''}"


def _table(rows: tuple[Row, ...], lang: str) -> Iterator[str]:
    heads = [word(key, lang) for key in ("question", "answer", "by", "time")]
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|---|---|"
    for row in rows:
        asked = row.question.replace("|", "\\|")
        if row.expected:
            expected = " ".join(row.expected.split()).replace("|", "\\|")
            asked += f" – {word('expected', lang)}: {expected}"
        at = row.at.strftime("%Y-%m-%d %H:%M UTC") if row.at else EMPTY
        yield f"| {asked} | {escape(row.answer)} | {escape(row.by) or EMPTY} | {at} |"
