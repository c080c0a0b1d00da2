"""A step as one side may see it: what is for agents never leaves the server for customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb_assist.guides.decide import may_answer
from kb_assist.guides.labels import MASK, fill, option_label, value_text, word
from kb_assist.guides.model import Bundle, Channel, Kind, Step, TextBlock
from kb_assist.guides.replay import step_at
from kb_assist.guides.run import Place, Trace


@dataclass(frozen=True, slots=True)
class StepView:
    """Texts of one step, ready to be rendered as Markdown."""

    place: Place
    kind: Kind
    type: str
    question: str
    blocks: tuple[str, ...]
    """Markdown; for agents, blocks marked for customers are left out, and the reverse."""
    agent_blocks: tuple[str, ...]
    """Hints for agents, to be set apart; always empty for customers."""
    expected: str
    options: tuple[tuple[str, str], ...]
    """Option and its text."""
    lang: str
    """The language the texts are in; differs from the one asked for where it is missing."""
    is_hidden: bool
    """Support does this step; the customer sees only that."""


def view_step(
    bundle: Bundle, trace: Trace, place: Place, *, lang: str, channel: Channel
) -> StepView:
    """``trace`` gives the answers for placeholders; ``place`` may be any place on it."""
    step = step_at(bundle, place)
    guide = bundle.guides[place.guide]
    if not may_answer(step, channel):
        return _hidden(place, step, lang)
    text, found = guide.step_text(place.step, lang)
    values = placeholder_values(bundle, trace, place, lang)

    def shown(blocks: tuple[TextBlock, ...], audience: Channel | None) -> tuple[str, ...]:
        return tuple(fill(b.markdown, values) for b in blocks if b.audience == audience)

    for_all = tuple(
        fill(block.markdown, values)
        for block in text.blocks
        if block.audience is None or block.audience == channel == Channel.CUSTOMER
    )
    is_agent = channel is Channel.AGENT
    return StepView(
        place=place,
        kind=step.kind,
        type=step.type,
        question=fill(text.question, values),
        blocks=for_all,
        agent_blocks=shown(text.blocks, Channel.AGENT) if is_agent else (),
        expected=fill(text.expected, values),
        options=tuple(
            (option, fill(option_label(guide, step, option, lang), values))
            for option in step.options
        ),
        lang=found,
        is_hidden=False,
    )


def _hidden(place: Place, step: Step, lang: str) -> StepView:
    question = word("by_support", lang)
    return StepView(place, step.kind, step.type, question, (), (), "", (), lang, is_hidden=True)


def placeholder_values(bundle: Bundle, trace: Trace, place: Place, lang: str) -> Mapping[str, str]:
    """Names a step at this place may mention, as texts; sensitive answers are masked."""
    guide = bundle.guides[place.guide]
    values: dict[str, str] = {}
    for name, value in trace.scope(place.key).items():
        owner, _, export = name.partition(".")
        if value is None:
            continue
        if owner == "ctx":
            values[name] = str(value)
            continue
        step = guide.steps[owner]
        source = bundle.guides[step.type] if export else guide
        asked = source.steps[export] if export else step
        masked = asked.settings.sensitive
        values[name] = MASK if masked else value_text(source, asked, value, lang)
    return values
