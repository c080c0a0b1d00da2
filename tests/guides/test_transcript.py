"""What each side sees: steps, transcript, dossier."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from kb_assist.guides.decide import Opening, decide, start
from kb_assist.guides.fold import apply, fold
from kb_assist.guides.labels import WORDS, escape, fill, value_text, word
from kb_assist.guides.model import Bundle, Channel
from kb_assist.guides.replay import locate, replay
from kb_assist.guides.run import (
    AddNote,
    AnswerStep,
    Attach,
    Command,
    Refusal,
    Resume,
    SessionState,
    Submission,
)
from kb_assist.guides.transcript import as_json, as_markdown, as_note, transcribe
from kb_assist.guides.view import StepView, view_step

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)


def by(command: Command, seen: int) -> Submission:
    return Submission(command, seen, "jo", Channel.AGENT, AT, AT.date())


def run(bundle: Bundle, *commands: Command) -> SessionState:
    state = fold(start(bundle, Opening("s", "en", {}), by(Resume(), 0)))
    for command in commands:
        events = decide(bundle, state, by(command, state.seq))
        assert not isinstance(events, Refusal), (command, events)
        for event in events:
            state = apply(state, event)
    return state


@pytest.fixture
def escalated(bundle: Bundle) -> SessionState:
    answers = {"device": "NB|1", "internet": "yes", "error_shown": "cert"}
    return run(
        bundle,
        *(AnswerStep(key, value) for key, value in answers.items()),
        AnswerStep("cert_expiry", "2026-05-03"),
        AddNote("called *twice*"),
        Attach("renew_cert", "log.txt", "ref"),
        AnswerStep("renew_cert", "failed"),
    )


def test_the_dossier_has_what_the_author_asked_for_in_that_order(
    bundle: Bundle, escalated: SessionState
) -> None:
    transcript = transcribe(bundle, escalated, lang="en")

    assert (transcript.outcome, transcript.to, transcript.queue) == ("escalate", "L3", "pki")
    assert [row.key for row in transcript.needed] == [
        "device",
        "error_shown",
        "cert_expiry",
        "renew_cert",
    ]
    assert transcript.needed[2].answer == "3 May 2026"
    assert transcript.needed[3].expected.startswith("a new certificate")
    assert as_json(transcript)["rows"][0]["by"] == "jo"


def test_the_note_is_in_the_readers_language_and_answers_are_text(
    bundle: Bundle, escalated: SessionState
) -> None:
    note = as_markdown(transcribe(bundle, escalated, lang="de"))

    assert "Übergeben – An das Zertifikats-Team übergeben (L3 · pki)" in note
    assert "| Bis wann ist das VPN-Zertifikat gültig? |" in note
    assert "03.05.2026" in note
    assert "NB\\|1" in note
    assert "called \\*twice\\*" in note
    assert "log.txt" in note


def test_the_note_of_a_ticket_is_plain_text(bundle: Bundle, escalated: SessionState) -> None:
    note = as_note(transcribe(bundle, escalated, lang="de"))

    assert "– Bis wann ist das VPN-Zertifikat gültig? 03.05.2026\n" in note
    assert "– Zertifikat erneuern: Hat nicht geklappt\n" in note
    assert "NB|1" in note
    assert not any(mark in note for mark in ("**Anl", "###", "|---", "\\"))


def test_sensitive_answers_are_masked(bundle: Bundle, escalated: SessionState) -> None:
    guide = bundle.guide
    device = guide.steps["device"]
    secret = replace(device, settings=device.settings.model_copy(update={"sensitive": True}))
    steps = {**guide.steps, "device": secret}
    hidden = Bundle(bundle.root, {**bundle.guides, guide.id: replace(guide, steps=steps)})

    assert "NB" not in as_markdown(transcribe(hidden, escalated, lang="en"))
    assert "NB" not in view(hidden, escalated, "screenshot", Channel.AGENT).question


def test_customers_see_no_notes_and_nothing_support_does(
    bundle: Bundle, escalated: SessionState
) -> None:
    transcript = transcribe(bundle, escalated, lang="en", channel=Channel.CUSTOMER)

    assert transcript.notes == ()
    assert "renew_cert" not in [row.key for row in (*transcript.rows, *transcript.needed)]


def view(bundle: Bundle, state: SessionState, key: str, channel: Channel) -> StepView:
    place = locate(bundle, key)
    assert place is not None
    trace = replay(bundle, state.answers, state.context)
    return view_step(bundle, trace, place, lang="en", channel=channel)


def test_hints_for_agents_never_reach_customers(bundle: Bundle, escalated: SessionState) -> None:
    agent = view(bundle, escalated, "error_shown", Channel.AGENT)
    customer = view(bundle, escalated, "error_shown", Channel.CUSTOMER)

    assert "read the message aloud" in agent.agent_blocks[0]
    assert "read the message aloud" not in repr(customer)
    assert customer.question == agent.question


def test_steps_of_agents_are_hidden_from_customers(bundle: Bundle, escalated: SessionState) -> None:
    customer = view(bundle, escalated, "renew_cert", Channel.CUSTOMER)

    assert customer.is_hidden
    assert customer.question == "We will do this step."
    assert "certutil" not in repr(customer)


def test_placeholders_are_filled_with_escaped_answers(bundle: Bundle) -> None:
    answers = {"device": "<b>[x](y)", "internet": "yes", "error_shown": "other"}
    state = run(bundle, *(AnswerStep(key, value) for key, value in answers.items()))
    question = view(bundle, state, "screenshot", Channel.AGENT).question

    assert "\\<b\\>\\[x\\]\\(y\\)" in question


def test_a_translation_falls_back_to_the_source_step_by_step(
    bundle: Bundle, escalated: SessionState
) -> None:
    place = locate(bundle, "retry")
    assert place is not None
    trace = replay(bundle, escalated.answers)
    french = view_step(bundle, trace, place, lang="fr", channel=Channel.AGENT)

    assert (french.lang, french.question) == ("en", "Does the VPN connect now?")
    assert french.options == (("yes", "Yes"), ("no", "No"))


def test_values_are_written_in_the_language(bundle: Bundle) -> None:
    guide = bundle.guide

    assert value_text(guide, guide.steps["latency"], 1234.5, "de") == "1.234,5 ms"
    assert value_text(guide, guide.steps["cert_expiry"], date(2026, 5, 3), "de") == "03.05.2026"
    assert value_text(guide, guide.steps["internet"], "yes", "de") == "Ja"
    assert value_text(guide, guide.steps["screenshot"], None, "de") == "übersprungen"


@pytest.mark.parametrize("key", sorted(WORDS))
def test_every_word_is_translated(key: str) -> None:
    shown = word(key, "de")

    # The rare one that is the same in both languages.
    assert shown != WORDS[key] or key == "version"


def test_an_answer_in_code_is_written_as_it_is_and_cannot_end_it() -> None:
    values = {"u": "a_b`; rm"}

    assert fill("Run `net user {{u}}` for {{u}}.", values) == (
        "Run `net user a_b ; rm` for a\\_b\\`; rm."
    )
    assert fill("```\n{{u}}\n```\n{{u}}", values) == "```\na_b ; rm\n```\na\\_b\\`; rm"


def test_escaping_leaves_no_markup() -> None:
    assert escape("a\n# b | `c`") == "a \\# b \\| \\`c\\`"
