"""The settings' words about targets and hours as a policy."""

from __future__ import annotations

from datetime import time, timedelta

from kb_assist.settings import Settings
from kb_assist.tickets.model import Priority
from kb_assist.tickets.targets import Hours, Policy, Target

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# ``time`` knows no 24:00; a microsecond less is close enough to midnight.
_MIDNIGHT = time(23, 59, 59, 999999)


def policy_of(settings: Settings) -> Policy:
    """The settings' own patterns have refused what cannot be read here."""
    return Policy(hours=_hours(settings), targets=_targets(settings.targets))


def _hours(settings: Settings) -> Hours:
    days, hours = settings.business_hours.split()
    first, last = (_DAYS.index(day) for day in days.split("-"))
    # ``sat-tue`` goes over the end of the week.
    count = (last - first) % 7 + 1
    opens, closes = hours.split("-")
    return Hours(
        opens=time.fromisoformat(opens),
        closes=_MIDNIGHT if closes == "24:00" else time.fromisoformat(closes),
        weekdays=frozenset((first + ahead) % 7 for ahead in range(count)),
        zone=settings.time_zone,
        region="" if settings.holidays == "none" else settings.holidays,
    )


def _targets(text: str) -> dict[Priority, Target]:
    return {priority: _target(word) for priority, word in zip(Priority, text.split(), strict=True)}


def _target(word: str) -> Target:
    response, resolution = word.removesuffix("!").split("/")
    return Target(_duration(response), _duration(resolution), word.endswith("!"))


def _duration(word: str) -> timedelta:
    number = int(word[:-1])
    return timedelta(minutes=number) if word.endswith("m") else timedelta(hours=number)
