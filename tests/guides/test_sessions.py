"""Use cases of a session over a store: pinned versions, races, moving to a new version."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kb_assist.errors import NotFoundError
from kb_assist.guides.decide import Opening
from kb_assist.guides.library import load_folder
from kb_assist.guides.migrate import preview
from kb_assist.guides.model import Bundle, Channel, Guide
from kb_assist.guides.parse import parse_guide
from kb_assist.guides.run import AnswerStep, Command, Refusal, RefusalCode, Resume, Submission
from kb_assist.guides.sessions import Current, GuideSessions
from tests.fakes import FakeGuideSessionStore
from tests.guides.conftest import SAMPLE

AT = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
OPENING = Opening("s1", "en", {"asset": "NB-1"})


def by(command: Command, seen: int, channel: Channel = Channel.AGENT) -> Submission:
    return Submission(command, seen, "jo", channel, AT, AT.date())


@pytest.fixture
def store() -> FakeGuideSessionStore:
    return FakeGuideSessionStore()


@pytest.fixture
def guides() -> dict[str, Guide]:
    return dict(load_folder(SAMPLE).guides)


@pytest.fixture
def sessions(store: FakeGuideSessionStore, guides: dict[str, Guide]) -> GuideSessions:
    return GuideSessions(store, guides)


def begin(sessions: GuideSessions, **answers: str | float) -> Current:
    now = sessions.start("vpn_connect", OPENING, by(Resume(), 0))
    assert isinstance(now, Current)
    for key, value in answers.items():
        now = sessions.submit("s1", by(AnswerStep(key, value), now.state.seq))
        assert isinstance(now, Current)
    return now


def newer(guides: dict[str, Guide], old: str, new: str) -> dict[str, Guide]:
    """The guides after an edit of the VPN guide that raises its version."""
    content = (SAMPLE / "vpn_connect.md").read_text(encoding="utf-8")
    assert old in content
    content = content.replace("version: 4", "version: 5").replace(old, new)
    parsed = parse_guide(content, "vpn_connect.md").guide
    assert parsed is not None
    return guides | {"vpn_connect": parsed}


def test_a_session_goes_on_where_its_last_answer_left_it(
    sessions: GuideSessions, store: FakeGuideSessionStore, guides: dict[str, Guide]
) -> None:
    begin(sessions, device="NB-1", internet="yes")
    again = GuideSessions(store, guides).open("s1")

    assert again.trace.current is not None
    assert again.trace.current.key == "error_shown"


def test_of_two_that_answer_at_once_one_is_refused(sessions: GuideSessions) -> None:
    now = begin(sessions, device="NB-1")
    first = sessions.submit("s1", by(AnswerStep("internet", "yes"), now.state.seq))
    second = sessions.submit("s1", by(AnswerStep("internet", "no"), now.state.seq))

    assert isinstance(first, Current)
    assert second == Refusal(RefusalCode.STALE)


def test_a_race_that_only_the_store_sees_is_refused_too(
    sessions: GuideSessions, store: FakeGuideSessionStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = begin(sessions, device="NB-1")
    monkeypatch.setattr(store, "append", lambda events: False)

    assert sessions.submit("s1", by(AnswerStep("internet", "yes"), now.state.seq)) == Refusal(
        RefusalCode.STALE
    )


def test_unknown_guides_and_sessions_are_not_found(sessions: GuideSessions) -> None:
    with pytest.raises(NotFoundError):
        sessions.open("none")
    with pytest.raises(NotFoundError):
        sessions.start("none", OPENING, by(Resume(), 0))


def test_customers_cannot_start_a_guide_for_agents(
    store: FakeGuideSessionStore, guides: dict[str, Guide]
) -> None:
    guide = guides["vpn_connect"]
    front = guide.front.model_copy(update={"audience": (Channel.AGENT,)})
    sessions = GuideSessions(store, guides | {"vpn_connect": replace(guide, front=front)})

    assert sessions.start("vpn_connect", OPENING, by(Resume(), 0, Channel.CUSTOMER)) == Refusal(
        RefusalCode.NOT_FOR_CUSTOMER
    )


def test_a_new_version_does_not_touch_open_sessions_but_is_announced(
    sessions: GuideSessions, store: FakeGuideSessionStore, guides: dict[str, Guide]
) -> None:
    begin(sessions, device="NB-1")
    changed = newer(guides, "- next → [internet](#internet)", "- next → [retry](#retry)")
    now = GuideSessions(store, changed).open("s1")

    assert now.trace.current is not None
    assert now.trace.current.key == "internet"
    assert (now.state.version, now.newer_version) == (4, 5)


def test_corrected_texts_reach_open_sessions(
    sessions: GuideSessions, store: FakeGuideSessionStore, guides: dict[str, Guide], folder: Path
) -> None:
    begin(sessions)
    path = folder / "vpn_connect.md"
    content = path.read_text(encoding="utf-8")
    path.write_text(content.replace("Which device is affected", "Which device has the problem"))
    now = GuideSessions(store, load_folder(folder).guides).open("s1")

    question = now.bundle.guide.source.steps["device"].question
    assert question == "Which device has the problem?"
    assert now.newer_version is None


def test_use_new_version_keeps_what_still_fits(
    sessions: GuideSessions, store: FakeGuideSessionStore, guides: dict[str, Guide]
) -> None:
    begin(sessions, device="NB-1", internet="yes", error_shown="timeout", latency=120.0)
    changed = GuideSessions(store, newer(guides, "unit: ms, min: 0", "unit: s, min: 0"))
    plan = changed.preview("s1")
    seq = changed.open("s1").state.seq
    now = changed.use_new_version("s1", by(Resume(), seq))

    assert (plan.kept, plan.doubted) == (("device", "error_shown", "internet"), ("latency",))
    assert plan.next is not None
    assert isinstance(now, Current)
    assert now.trace.current is not None
    assert now.trace.current.key == plan.next.key == "latency"
    assert now.state.version == 5
    assert set(now.state.doubts) == {"latency"}


def test_an_option_that_is_gone_is_asked_again(bundle: Bundle, guides: dict[str, Guide]) -> None:
    store = FakeGuideSessionStore()
    now = begin(GuideSessions(store, guides), device="NB-1", internet="yes", error_shown="other")
    gone = newer(guides, "- `other` Something else → [screenshot](#screenshot)\n", "")
    plan = preview(now.bundle, Bundle(bundle.root, gone), now.state)

    assert plan.doubted == ("error_shown",)


def test_a_withdrawn_version_forces_the_new_one(
    sessions: GuideSessions, store: FakeGuideSessionStore, guides: dict[str, Guide]
) -> None:
    now = begin(sessions, device="NB-1")
    changed = GuideSessions(store, newer(guides, "owner: team", "withdrawn: [4]\nowner: team"))
    stopped = changed.submit("s1", by(AnswerStep("internet", "yes"), now.state.seq))
    moved = changed.use_new_version("s1", by(Resume(), now.state.seq))

    assert stopped == Refusal(RefusalCode.NOT_HERE, "withdrawn")
    assert isinstance(moved, Current)
    assert not moved.must_migrate


def test_going_back_to_the_version_before_restores_what_the_move_put_in_doubt(
    sessions: GuideSessions, store: FakeGuideSessionStore, guides: dict[str, Guide]
) -> None:
    before = begin(sessions, device="NB-1", internet="yes", error_shown="timeout", latency=120.0)
    changed = GuideSessions(store, newer(guides, "unit: ms, min: 0", "unit: s, min: 0"))
    moved = changed.use_new_version("s1", by(Resume(), before.state.seq))
    assert isinstance(moved, Current)
    back = sessions.use_new_version("s1", by(Resume(), moved.state.seq))

    assert isinstance(back, Current)
    assert back.trace == before.trace
    assert back.state.doubts == {}
