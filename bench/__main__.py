"""``python -m bench``: what kb-assist costs and how it compares; prints one JSON object.

Everything that is compared is measured in one run, because the machines this runs on are noisy.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from bench import growth, speed
from kb_assist.settings import Settings, load_settings

_SMALL = [2_000, 10_000]
_LARGE = [2_000, 10_000, 100_000, 1_000_000]


def main() -> None:
    chosen = _arguments()
    settings = load_settings(articles=chosen.articles)
    # As the server does.
    threadpool_limits(limits=1, user_api="blas")
    measured: dict[str, Callable[[], Any]] = {
        "speed": lambda: speed.measure(settings, chosen.tickets, chosen.most_tickets),
        "memory": lambda: speed.memory(settings),
        "growth": lambda: growth.measure(
            chosen.articles,
            growth.real_vectors(settings.index_dir),
            _LARGE if chosen.large else _SMALL,
            settings.exact_limit,
        ),
        "threshold": lambda: growth.threshold(
            growth.real_vectors(settings.index_dir), [5_000, 20_000, 50_000, 100_000]
        ),
        "peers": lambda: _peers(settings, chosen),
    }
    names = chosen.what or ["speed", "memory", "growth", "peers"]
    print(json.dumps({name: _said(name, measured[name]) for name in names}, indent=2))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "what", nargs="*", choices=["speed", "memory", "growth", "threshold", "peers", []]
    )
    parser.add_argument("--articles", type=Path, default=Path("articles"))
    parser.add_argument("--tickets", type=Path, default=Path("demo/tickets.jsonl"))
    parser.add_argument("--most-tickets", type=int, default=200)
    parser.add_argument("--large", action="store_true", help="growth: up to 1,000,000 chunks")
    return parser.parse_args()


def _peers(settings: Settings, chosen: argparse.Namespace) -> Any:
    # Its import takes seconds that the other measurements need not wait for.
    from bench import peers

    return peers.measure(settings, chosen.tickets, chosen.most_tickets)


def _said(name: str, measure: Callable[[], Any]) -> Any:
    print(f"Measuring {name} …", file=sys.stderr)
    return measure()


if __name__ == "__main__":
    main()
