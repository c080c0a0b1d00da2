"""Settings to targets."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from kb_assist.settings import Settings
from kb_assist.tickets.model import Priority
from kb_assist.tickets.policy import policy_of
from kb_assist.tickets.targets import DEFAULT_TARGETS, Hours, Policy, Target


def test_the_default_settings_are_the_default_policy(tmp_path: Path) -> None:
    assert policy_of(Settings(var=tmp_path)) == Policy(Hours(), DEFAULT_TARGETS)


def test_every_part_can_be_set(tmp_path: Path) -> None:
    policy = policy_of(
        Settings(
            var=tmp_path,
            business_hours="sat-tue 06:30-24:00",
            holidays="NW",
            time_zone="Europe/Vienna",
            targets="5m/1h! 1h/2h! 3h/4h 5h/6h 7h/8h",
        )
    )

    assert policy.hours.weekdays == {5, 6, 0, 1}
    assert (policy.hours.opens, policy.hours.closes.hour) == (time(6, 30), 23)
    assert (policy.hours.region, policy.hours.zone) == ("NW", "Europe/Vienna")
    assert policy.targets[Priority.P2] == Target(timedelta(hours=1), timedelta(hours=2), True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"business_hours": "always"},
        {"business_hours": "mon-fri 25:00-26:00"},
        {"holidays": "XX"},
        {"time_zone": "Mars/Olympus"},
        {"targets": "1h/2h"},
        {"redact": "everything"},
    ],
)
def test_what_cannot_be_read_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Settings(var=tmp_path, **wrong)  # type: ignore[arg-type]
