"""Answers to a position."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from kb_assist.guides.bundle import dump_bundle, load_bundle, with_current_texts
from kb_assist.guides.model import Bundle, GuideText
from kb_assist.guides.replay import locate, replay
from kb_assist.guides.run import Answer, Stored, Trace

DAY = date(2026, 5, 4)


def walk(bundle: Bundle, **answers: Stored) -> Trace:
    return replay(bundle, {k: Answer(v, DAY) for k, v in answers.items()})


def walk_keys(bundle: Bundle, answers: dict[str, Stored]) -> Trace:
    return replay(bundle, {k: Answer(v, DAY) for k, v in answers.items()})


def test_without_answers_the_first_step_waits(bundle: Bundle) -> None:
    trace = walk(bundle)

    assert trace.current is not None
    assert (trace.current.key, trace.path, trace.outcome) == ("device", (), None)


def test_an_end_is_an_outcome_and_nothing_waits(bundle: Bundle) -> None:
    trace = walk(bundle, device="NB-1", internet="yes", error_shown="timeout", latency=300.0)

    assert trace.current is None
    assert trace.outcome is not None
    assert trace.outcome.step == "esc_network"
    assert trace.keys == ("device", "internet", "error_shown", "latency")


@pytest.mark.parametrize(
    ("latency", "shown", "next_step"),
    [
        (300.0, "timeout", "esc_network"),
        (299.0, "timeout", "slow_article"),
        (150.0, "timeout", "slow_article"),
        (149.0, "timeout", "screenshot"),
    ],
)
def test_the_first_rule_that_holds_wins(
    bundle: Bundle, latency: float, shown: str, next_step: str
) -> None:
    trace = walk(bundle, device="NB-1", internet="yes", error_shown=shown, latency=latency)
    at = trace.outcome or trace.current

    assert at is not None
    assert at.step == next_step


def test_today_is_the_day_of_the_answer(bundle: Bundle) -> None:
    known = {"device": "NB-1", "internet": "yes", "error_shown": "cert"}
    answers = {k: Answer(v, DAY) for k, v in known.items()}
    early = replay(bundle, answers | {"cert_expiry": Answer("2026-05-10", date(2026, 5, 9))})
    late = replay(bundle, answers | {"cert_expiry": Answer("2026-05-10", date(2026, 5, 11))})

    assert early.current is not None
    assert late.current is not None
    assert (early.current.step, late.current.step) == ("latency", "renew_cert")


def test_answers_off_the_path_are_not_looked_at(bundle: Bundle) -> None:
    known = {"device": "NB-1", "internet": "yes", "error_shown": "timeout"}

    assert walk(bundle, **known) == walk(bundle, **known, cert_expiry="2020-01-01", retry="no")


def test_a_called_guide_runs_under_a_prefix_and_returns_its_outcome(bundle: Bundle) -> None:
    inside = walk(bundle, device="NB-1", internet="no")
    resolved = walk_keys(
        bundle,
        {"device": "NB-1", "internet": "no", "basics/link": "wifi", "basics/router": "ok"},
    )
    given_up = walk_keys(bundle, {"device": "NB-1", "internet": "no", "basics/link": "mobile"})

    assert inside.current is not None
    assert (inside.current.key, inside.current.guide) == ("basics/link", "home_network")
    assert resolved.current is not None
    assert resolved.current.key == "retry"
    assert resolved.env["basics.link"] == "wifi"
    assert resolved.keys[-3:] == ("basics/link", "basics/router", "basics")
    assert given_up.outcome is not None
    assert given_up.outcome.step == "esc_network"


def test_each_round_of_a_loop_has_answers_of_its_own_until_it_is_used_up(bundle: Bundle) -> None:
    first = {"device": "NB-1", "internet": "yes", "error_shown": "other", "screenshot": None}
    second = first | {"retry": "no", "error_shown@2": "other", "screenshot@2": None}
    third = second | {"retry@2": "no"}
    again = walk_keys(bundle, second)
    over = walk_keys(bundle, third)

    assert again.current is not None
    assert again.current.key == "retry@2"
    assert over.outcome is not None
    assert over.outcome.step == "esc_network"
    assert [place.key for place in over.exhausted] == ["error_shown@3"]


def test_a_key_is_found_in_called_guides_too(bundle: Bundle) -> None:
    place = locate(bundle, "basics@2/router@3")

    assert place is not None
    assert (place.guide, place.step) == ("home_network", "router")
    assert locate(bundle, "retry/router") is None
    assert locate(bundle, "gone") is None


def test_a_bundle_survives_its_json(bundle: Bundle) -> None:
    again = load_bundle(dump_bundle(bundle))

    assert again == bundle
    assert again.digest == bundle.digest


def test_texts_float_and_the_structure_stays(bundle: Bundle) -> None:
    guide = bundle.guide
    reworded = GuideText("New title", "", guide.source.steps)
    current = {guide.id: replace(guide, texts={"en": reworded})}
    floated = with_current_texts(bundle, current)

    assert floated.guide.source.title == "New title"
    assert floated.digest == bundle.digest
