"""What can be done next with a gap, and what is missing for it; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kb_assist.gaps.model import IN_HAND, Decision, Gap, GapState
from kb_assist.gaps.review import lacking

_NEXT: Mapping[GapState, tuple[GapState, ...]] = {
    GapState.PROPOSED: (GapState.ACCEPTED, GapState.DISMISSED),
    GapState.ACCEPTED: (GapState.IN_WORK, GapState.PUBLISHED, GapState.DISMISSED),
    GapState.IN_WORK: (GapState.PUBLISHED, GapState.ACCEPTED, GapState.DISMISSED),
    GapState.PUBLISHED: (GapState.VERIFIED, GapState.IN_WORK),
    GapState.VERIFIED: (GapState.IN_WORK,),
    GapState.DISMISSED: (GapState.PROPOSED,),
}
# The way that a gap goes when all goes well.
WAY = (
    GapState.PROPOSED,
    GapState.ACCEPTED,
    GapState.IN_WORK,
    GapState.PUBLISHED,
    GapState.VERIFIED,
)


@dataclass(frozen=True, slots=True)
class Step:
    state: GapState
    blocked: str
    """What nobody can supply in the form: ``proof``; empty when it can be done now."""


def next_steps(gap: Gap) -> tuple[Step, ...]:
    """The usual one first."""
    return tuple(Step(state, _blocked(gap, state)) for state in _NEXT[gap.state])


def may_be_planned(gap: Gap) -> bool:
    """Whether its owner and its day may be changed without deciding anything else."""
    return gap.state in IN_HAND


def may_draft(gap: Gap) -> bool:
    """Whether this is the time to begin its article."""
    return gap.state in IN_HAND


def _blocked(gap: Gap, state: GapState) -> str:
    missing = lacking(gap, Decision(state))
    return missing if missing == "proof" else ""
