"""``kb-assist guides play``: one question after the other, as the pages ask them."""

from __future__ import annotations

from collections.abc import Mapping

import click

from kb_assist.clock import Clock, SystemClock
from kb_assist.guides.answers import Given, prefilled, read_answer
from kb_assist.guides.decide import Opening, decide, start
from kb_assist.guides.fold import apply, fold
from kb_assist.guides.labels import value_text
from kb_assist.guides.model import Bundle, Channel, Kind
from kb_assist.guides.replay import replay, step_at, typed
from kb_assist.guides.run import (
    AnswerStep,
    Command,
    Place,
    Refusal,
    Resume,
    SessionState,
    Submission,
)
from kb_assist.guides.transcript import as_markdown, transcribe
from kb_assist.guides.view import StepView, view_step

BACK = "<"
_HELP = f"Answer with the number or the text. Enter takes the [known] answer. {BACK} goes back."


def play(
    bundle: Bundle,
    lang: str,
    channel: Channel,
    context: Mapping[str, str],
    *,
    clock: Clock | None = None,
) -> None:
    """Ask until an outcome is reached, then print the note a ticket would get."""
    _Player(bundle, lang, channel, clock or SystemClock()).run(context)


class _Player:
    def __init__(self, bundle: Bundle, lang: str, channel: Channel, clock: Clock) -> None:
        self._bundle = bundle
        self._lang = lang
        self._channel = channel
        self._clock = clock

    def _by(self, command: Command, seen_seq: int) -> Submission:
        clock = self._clock
        return Submission(command, seen_seq, "you", self._channel, clock.now(), clock.today())

    def run(self, context: Mapping[str, str]) -> None:
        opening = Opening("play", self._lang, context)
        state = fold(start(self._bundle, opening, self._by(Resume(), 0)))
        click.echo(click.style(self._bundle.guide.text(self._lang).title, bold=True))
        click.echo(_HELP)
        corrected = ""
        while True:
            trace = replay(self._bundle, state.answers, state.context)
            again = trace.visit(corrected)
            place = again.place if again else trace.current
            if place is None:
                break
            view = view_step(self._bundle, trace, place, lang=self._lang, channel=self._channel)
            raw = self._ask(view, place, state)
            if raw == BACK:
                keys = [v.key for v in trace.path if step_at(self._bundle, v.place).kind != "call"]
                before = keys[: keys.index(place.key)] if place.key in keys else keys
                corrected = before[-1] if before else ""
                continue
            state, is_taken = self._answer(state, place, raw)
            corrected = "" if is_taken else corrected
        click.echo()
        transcript = transcribe(self._bundle, state, lang=self._lang, channel=self._channel)
        click.echo(as_markdown(transcript), nl=False)

    def _ask(self, view: StepView, place: Place, state: SessionState) -> str:
        click.echo()
        click.echo(click.style(view.question, bold=True))
        for block in (*view.blocks, *(f"! {hint}" for hint in view.agent_blocks)):
            click.echo(f"  {block}")
        if view.expected:
            click.echo(f"  = {view.expected}")
        for number, (_, label) in enumerate(view.options, 1):
            click.echo(f"  {number}  {label}")
        known = self._known(place, state)
        shown = f"[{known}] " if known else ""
        raw = click.prompt(f"{shown}>", default=known, show_default=False, prompt_suffix=" ")
        return self._option(view, str(raw).strip())

    def _known(self, place: Place, state: SessionState) -> str:
        """A doubted answer, or what the ticket knows; as it would be typed."""
        step = step_at(self._bundle, place)
        doubt = state.doubts.get(place.key)
        value = doubt.answer.value if doubt else None
        if value is None:
            value = prefilled(step, dict(state.context), on=self._clock.today())
        if value is None:
            return ""
        guide = self._bundle.guides[place.guide]
        text = value_text(guide, step, typed(step, value), self._lang)
        return text if step.kind is Kind.ASK and not step.options else str(value)

    @staticmethod
    def _option(view: StepView, raw: str) -> str:
        """``2`` stands for the second option, also several: ``1,3``."""
        parts = [part.strip() for part in raw.split(",")] if view.options else []
        if parts and all(p.isdigit() and 0 < int(p) <= len(view.options) for p in parts):
            return ",".join(view.options[int(part) - 1][0] for part in parts)
        return raw

    def _answer(self, state: SessionState, place: Place, raw: str) -> tuple[SessionState, bool]:
        step = step_at(self._bundle, place)
        given: str | list[str] = raw.split(",") if step.type == "multi" else raw
        read = read_answer(step, given, lang=self._lang, on=self._clock.today())
        if not isinstance(read, Given):
            limit = f" ({read.limit})" if read.limit else ""
            click.echo(f"  ? {read.code.replace('_', ' ')}{limit}")
            return state, False
        events = decide(self._bundle, state, self._by(AnswerStep(place.key, read.value), state.seq))
        if isinstance(events, Refusal):
            click.echo(f"  ? {events.code.replace('_', ' ')} {events.reason}".rstrip())
            raise click.Abort
        for event in events:
            state = apply(state, event)
        return state, True
