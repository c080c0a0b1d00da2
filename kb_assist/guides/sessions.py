"""Use cases of a guide session: start, open, submit, move to a new version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from kb_assist.errors import N_, NotFoundError
from kb_assist.guides.bundle import compile_bundle, dump_bundle, load_bundle, with_current_texts
from kb_assist.guides.decide import Opening, decide, start
from kb_assist.guides.fold import apply, fold
from kb_assist.guides.migrate import Preview, migrate, must_migrate, preview
from kb_assist.guides.model import Bundle, Channel, Guide
from kb_assist.guides.replay import replay
from kb_assist.guides.run import Event, Refusal, RefusalCode, SessionState, Submission, Trace
from kb_assist.guides.store import GuideSessionStore


@dataclass(frozen=True, slots=True)
class Current:
    """A session as it stands now, with everything a page needs."""

    bundle: Bundle
    """The pinned structure with today's texts."""
    state: SessionState
    trace: Trace
    must_migrate: bool = False
    """Its version was withdrawn; only ``use_new_version`` goes on."""
    newer_version: int | None = None


class GuideSessions:
    """Sessions over a store, with the guides as they are published now.

    Building one is cheap: an edge makes one per request, around the request's transaction.
    ``guides`` must have passed ``check``.
    """

    def __init__(self, store: GuideSessionStore, guides: Mapping[str, Guide]) -> None:
        self._store = store
        self._guides = guides

    def start(self, guide: str, opening: Opening, by: Submission) -> Current | Refusal:
        """Begin a session on the newest version. Raises NotFoundError for an unknown guide.

        Refused for customers when the guide is for agents only, and when the id is taken.
        """
        bundle = self._newest(guide)
        if by.channel is Channel.CUSTOMER and Channel.CUSTOMER not in bundle.guide.front.audience:
            return Refusal(RefusalCode.NOT_FOR_CUSTOMER)
        events = start(bundle, opening, by)
        self._store.keep_bundle(bundle.digest, dump_bundle(bundle))
        if not self._store.append(events):
            return Refusal(RefusalCode.STALE)
        return self._current(bundle, fold(events))

    def open(self, session: str) -> Current:
        """Where a session stands. Reads only. Raises NotFoundError."""
        state = fold(self._events(session))
        return self._current(self._pinned(state), state)

    def submit(self, session: str, by: Submission) -> Current | Refusal:
        """Carry out a command. A refusal has written nothing; show the session again."""
        now = self.open(session)
        if now.must_migrate:
            return Refusal(RefusalCode.NOT_HERE, "withdrawn")
        return self._written(now, decide(now.bundle, now.state, by))

    def preview(self, session: str) -> Preview:
        """What moving to the newest version would keep."""
        now = self.open(session)
        return preview(now.bundle, self._newest(now.state.guide), now.state)

    def use_new_version(self, session: str, by: Submission) -> Current | Refusal:
        now = self.open(session)
        newest = self._newest(now.state.guide)
        self._store.keep_bundle(newest.digest, dump_bundle(newest))
        return self._written(now, migrate((now.bundle, newest), now.state, by))

    def _written(self, now: Current, decision: tuple[Event, ...] | Refusal) -> Current | Refusal:
        if isinstance(decision, Refusal):
            return decision
        if not self._store.append(decision):
            return Refusal(RefusalCode.STALE)
        state = now.state
        for event in decision:
            state = apply(state, event)
        bundle = now.bundle if state.digest == now.state.digest else self._pinned(state)
        return self._current(bundle, state)

    def _current(self, bundle: Bundle, state: SessionState) -> Current:
        newest = self._guides.get(state.guide)
        is_newer = newest is not None and newest.version > state.version
        return Current(
            bundle=bundle,
            state=state,
            trace=replay(bundle, state.answers, state.context),
            must_migrate=newest is not None and must_migrate(state, newest),
            newer_version=newest.version if newest is not None and is_newer else None,
        )

    def _newest(self, guide: str) -> Bundle:
        if guide not in self._guides:
            raise NotFoundError(N_("There is no guide '%(guide)s'.", guide=guide))
        return compile_bundle(self._guides, guide)

    def _events(self, session: str) -> list[Event]:
        events = self._store.events(session)
        if not events:
            raise NotFoundError(N_("There is no such guide session."))
        return events

    def _pinned(self, state: SessionState) -> Bundle:
        content = self._store.bundle(state.digest)
        if content is None:
            raise NotFoundError(N_("The version of the guide this session runs on is missing."))
        return with_current_texts(_loaded(content), self._guides)


@lru_cache(maxsize=256)
def _loaded(content: str) -> Bundle:
    """Bundles are immutable and read by every request, but only a few versions are in use."""
    return load_bundle(content)
