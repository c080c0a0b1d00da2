"""What holds for every guide and every run, whatever people answer."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb_assist.guides.bundle import dump_bundle, load_bundle
from kb_assist.guides.decide import Opening, decide, start
from kb_assist.guides.fmt import format_guide
from kb_assist.guides.fold import apply, fold
from kb_assist.guides.grammar import read_document
from kb_assist.guides.library import load_folder
from kb_assist.guides.model import Bundle, Channel
from kb_assist.guides.parse import parse_guide
from kb_assist.guides.replay import replay
from kb_assist.guides.run import (
    Answer,
    AnswerStep,
    Event,
    Refusal,
    Resume,
    SessionState,
    StillTrue,
    Stored,
    Submission,
    Trace,
)
from kb_assist.guides.sample import random_walk, representatives

FOLDER = load_folder(Path(__file__).parents[2] / "articles" / "guides")
BUNDLES = {name: FOLDER.bundle(name) for name in FOLDER.guides}
TODAY = date(2026, 5, 4)
AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)

guides = st.sampled_from(sorted(BUNDLES))
seeds = st.integers(min_value=0, max_value=2**32)


def stored_answers(bundle: Bundle, seed: int) -> dict[str, Answer]:
    walk = random_walk(bundle, random.Random(seed), TODAY)
    return {key: Answer(value, TODAY) for key, value in walk.answers.items()}


@given(guides, seeds)
@settings(max_examples=300, deadline=None)
def test_random_answers_always_end(name: str, seed: int) -> None:
    walk = random_walk(BUNDLES[name], random.Random(seed), TODAY)

    assert walk.trace.outcome is not None
    assert walk.trace.current is None
    assert len(walk.trace.path) < 100


@given(guides, seeds, st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_the_order_in_which_answers_are_stored_does_not_matter(
    name: str, seed: int, chance: random.Random
) -> None:
    answers = stored_answers(BUNDLES[name], seed)
    shuffled = list(answers.items())
    chance.shuffle(shuffled)

    assert replay(BUNDLES[name], dict(shuffled)) == replay(BUNDLES[name], answers)


@given(guides, seeds)
@settings(max_examples=100, deadline=None)
def test_a_bundle_read_from_storage_replays_alike(name: str, seed: int) -> None:
    answers = stored_answers(BUNDLES[name], seed)
    again = load_bundle(dump_bundle(BUNDLES[name]))

    assert replay(again, answers) == replay(BUNDLES[name], answers)


@given(guides, seeds, st.data())
@settings(max_examples=100, deadline=None)
def test_every_part_of_the_answers_gives_a_part_of_the_path(
    name: str, seed: int, data: st.DataObject
) -> None:
    """Nothing but the answers on the path decides: leaving out the rest changes nothing."""
    bundle = BUNDLES[name]
    answers = stored_answers(bundle, seed)
    keys = sorted(answers)
    left_out = data.draw(st.sampled_from(keys))
    partial = replay(bundle, {k: a for k, a in answers.items() if k != left_out})
    full = replay(bundle, answers)

    assert partial.current is not None
    assert partial.current.key == left_out
    assert full.path[: len(partial.path)] == partial.path


class Played:
    """A random session through ``decide``, to be corrected."""

    def __init__(self, bundle: Bundle, seed: int) -> None:
        self.bundle = bundle
        self.chance = random.Random(seed)
        self.events: list[Event] = list(
            start(bundle, Opening("s", "de", {}), self._by(Resume(), 0))
        )
        self.state = fold(self.events)
        while self.trace.current is not None and len(self.events) < 200:
            place = self.trace.current
            value = self.chance.choice(representatives(bundle, place, TODAY))
            self.send(AnswerStep(place.key, value))

    def _by(self, command: object, seen: int) -> Submission:
        return Submission(command, seen, "jo", Channel.AGENT, AT, TODAY)  # type: ignore[arg-type]

    @property
    def trace(self) -> Trace:
        return replay(self.bundle, self.state.answers, self.state.context)

    def send(self, command: object) -> SessionState:
        decision = decide(self.bundle, self.state, self._by(command, self.state.seq))
        assert not isinstance(decision, Refusal), (command, decision)
        for event in decision:
            self.events.append(event)
            self.state = apply(self.state, event)
        return self.state

    def change(self) -> tuple[str, Stored] | None:
        """Change one answer on the path; the key and what it was before."""
        keys = [key for key in self.trace.keys if key in self.state.answers]
        key = self.chance.choice(keys)
        visit = self.trace.visit(key)
        assert visit is not None
        old = self.state.answers[key].value
        others = [v for v in representatives(self.bundle, visit.place, TODAY) if v != old]
        if not others:
            return None
        self.send(AnswerStep(key, self.chance.choice(others)))
        return key, old


@given(guides, seeds)
@settings(max_examples=200, deadline=None)
def test_change_and_change_back_gives_the_same_trace(name: str, seed: int) -> None:
    played = Played(BUNDLES[name], seed)
    before = played.trace
    changed = played.change()
    if changed is not None:
        played.send(AnswerStep(*changed))

    assert played.trace == before
    assert played.state.doubts == {}


@given(guides, seeds, st.integers(min_value=1, max_value=4))
@settings(max_examples=100, deadline=None)
def test_corrected_sessions_end_too_and_count_no_doubted_answer(
    name: str, seed: int, corrections: int
) -> None:
    played = Played(BUNDLES[name], seed)
    for _ in range(corrections):
        played.change()
        assert not set(played.state.doubts) & set(played.state.answers)
        while played.trace.current is not None:
            key = played.trace.current.key
            if key in played.state.doubts:
                played.send(StillTrue(key))
            else:
                choices = representatives(BUNDLES[name], played.trace.current, TODAY)
                played.send(AnswerStep(key, played.chance.choice(choices)))

    assert played.trace.outcome is not None
    assert fold(played.events) == played.state
    assert [event.seq for event in played.events] == list(range(1, len(played.events) + 1))


@pytest.mark.parametrize("name", sorted(BUNDLES))
def test_formatting_never_changes_the_meaning(name: str) -> None:
    content = (FOLDER.root / f"{name}.md").read_text(encoding="utf-8")
    squeezed = "\n".join(
        row
        for row, after in zip(content.split("\n"), [*content.split("\n")[1:], ""], strict=True)
        if row.strip() or after.startswith(("```", "|"))
    )
    loose = content.replace("\n\n", "\n\n\n").replace(" → ", "  ->  ")
    wanted = parse_guide(content, f"{name}.md").guide
    for variant in (squeezed, loose):
        formatted = format_guide(variant)
        parsed = parse_guide(formatted, f"{name}.md").guide
        assert parsed is not None
        assert wanted is not None
        assert parsed.structure_digest == wanted.structure_digest
        assert format_guide(formatted) == formatted


@given(st.text(max_size=400))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    document = read_document(text.replace("\r", "\n").split("\n"))

    assert all(finding.rule.startswith("G1") for finding in document.findings)


@given(st.text(alphabet="#->`*_ \n[]()a1:{}|<!→", max_size=300))
@settings(max_examples=300, deadline=None)
def test_no_mixture_of_marks_breaks_reader_and_formatter(text: str) -> None:
    content = f"---\nguide: x\nversion: 1\nlang: en\nowner: me\n---\n# T\n\n## a\n\n{text}\n"
    parse_guide(content, "x.md")
    once = format_guide(content)

    assert format_guide(once) == once
