"""The rules that docs/monitoring.md gives to Prometheus, over the figures there are."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from kb_assist.bootstrap import Services
from kb_assist.monitoring import store
from kb_assist.monitoring.model import Health, Probed, Tool
from tests.monitoring.conftest import tool

DOCUMENT = Path(__file__).parents[2] / "docs/monitoring.md"


def rules() -> dict[str, str]:
    """The expressions by the names of their alerts."""
    (block,) = re.findall(r"```yaml\n(groups:.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    (group,) = yaml.safe_load(block)["groups"]
    return {rule["alert"]: rule["expr"] for rule in group["rules"]}


def figures(app: Any) -> dict[str, float]:
    """Each series without its labels, added up."""
    total: dict[str, float] = {}
    for family in text_string_to_metric_families(app.test_client().get("/metrics").text):
        for sample in family.samples:
            total[sample.name] = total.get(sample.name, 0.0) + sample.value
    return total


@pytest.mark.parametrize(
    ("tools", "age", "fires"),
    [
        ([], None, False),
        ([tool("old", paused=True)], timedelta(days=2), False),
        ([tool("mail")], None, True),
        ([tool("mail")], timedelta(minutes=1), False),
        ([tool("mail")], timedelta(minutes=11), True),
        ([tool("mail")], timedelta(hours=-1), True),
    ],
    ids=["no-tools", "paused", "never-probed", "goes-on", "stands-still", "clock-set-back"],
)
def test_the_watch_stands_still_when_there_is_something_to_probe(
    app: Any, services: Services, tools: list[Tool], age: timedelta | None, fires: bool
) -> None:
    now = services.clock.now()
    with services.database.write() as connection:
        store.sync(connection, tools, now)
        for one in store.watched(connection):
            if age is not None:
                good = (Probed(True, 3), False)
                store.set_health(connection, one, Health.UP, result=good, at=now - age)
    said = rules()["WatchStandsStill"].replace("sum without (health) (kb_assist_tools)", "tools")
    known = figures(app)
    known["tools"] = known.pop("kb_assist_tools")
    # What is left of it means the same in both languages, where every series is one number.
    meanings = {"abs": abs, "time": now.timestamp} | known
    assert eval(said, {"__builtins__": {}}, meanings) is fires


def test_every_rule_is_about_figures_that_there_are(app: Any) -> None:
    named = {name for rule in rules().values() for name in re.findall(r"kb_assist_\w+", rule)}
    assert len(named) > 3
    assert named <= set(figures(app))
