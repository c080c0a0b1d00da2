"""When probes make an outage: n of m, held while flapping, one cause for a chain of tools."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kb_assist.monitoring.model import Health, Sample


@dataclass(frozen=True, slots=True)
class Debounce:
    """How many probes decide. The defaults need about three rounds for either verdict."""

    failures: int = 2
    """An outage opens when so many …"""
    of: int = 3
    """… of the newest so many probes failed, the newest among them."""
    successes: int = 3
    """It ends after so many good probes in a row …"""
    calm_over: int = 10
    """… unless the newest so many probes …"""
    changes: int = 5
    """… changed between good and bad so often: then it flaps and the outage is held."""

    @property
    def needed(self) -> int:
        """So many of the newest samples decide; older ones need not be read."""
        return max(self.of, self.successes, self.calm_over)


def judge(samples: Sequence[Sample], before: Health, rules: Debounce | None = None) -> Health:
    """Health after the newest of ``samples`` (oldest first), given the health before it."""
    rules = rules or Debounce()
    counted = [sample.ok for sample in samples if not sample.in_maintenance]
    if not counted:
        return before
    if before is Health.DOWN:
        return _after_down(counted, rules)
    failed = counted[-rules.of :].count(False)
    if not counted[-1] and failed >= rules.failures:
        return Health.DOWN
    return Health.UNSTABLE if failed or is_flapping(counted, rules) else Health.UP


def is_flapping(results: Sequence[bool], rules: Debounce) -> bool:
    newest = results[-rules.calm_over :]
    return sum(a != b for a, b in pairwise(newest)) >= rules.changes


def causes(down: Collection[str], depends_on: Mapping[str, Collection[str]]) -> dict[str, str]:
    """For each tool that is down: the tool to blame, itself when nothing beneath it is down.

    Follows dependencies through tools that are up as well, because a proxy may answer while what
    is behind it does not. A circle of tools that are all down is blamed on its first by name.
    """
    broken = frozenset(down)
    return {tool: _cause(tool, broken, depends_on) for tool in sorted(broken)}


def beneath(tool: str, depends_on: Mapping[str, Collection[str]]) -> frozenset[str]:
    """What a tool depends on, and what that depends on in turn."""
    found: set[str] = set()
    waiting = list(depends_on.get(tool, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(depends_on.get(name, ()))
    return frozenset(found)


def _after_down(counted: Sequence[bool], rules: Debounce) -> Health:
    good = len(counted) >= rules.successes and all(counted[-rules.successes :])
    if not good or is_flapping(counted, rules):
        return Health.DOWN
    return Health.UP


def _cause(tool: str, broken: frozenset[str], depends_on: Mapping[str, Collection[str]]) -> str:
    candidates = (beneath(tool, depends_on) | {tool}) & broken
    # Those with nothing broken beneath them that does not in turn lie above them.
    roots = [
        name
        for name in candidates
        if all(
            name in beneath(other, depends_on)
            for other in beneath(name, depends_on) & broken - {name}
        )
    ]
    return min(roots, default=tool)
