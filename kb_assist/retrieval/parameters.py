"""The fitted parameters: shipped with the package, replaced by a file of the user's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from kb_assist.errors import SettingsError
from kb_assist.files import write_atomically
from kb_assist.retrieval.confidence import Calibration, Logistic
from kb_assist.retrieval.fusion import Weights

_SHIPPED = "fusion.json"


@dataclass(frozen=True, slots=True)
class Parameters:
    weights: Weights
    calibration: Calibration
    source: str
    """What they were fitted on, in words."""

    def as_json(self) -> dict[str, Any]:
        c = self.calibration
        return {
            "source": self.source,
            "weights": self.weights.as_json(),
            "first": c.first.as_json(),
            "any_of_five": c.any_of_five.as_json(),
            "strong_from": round(c.strong_from, 4),
            "none_below": round(c.none_below, 4),
            "precision": {name: round(value, 3) for name, value in c.precision.items()},
        }


def load_parameters(own: Path | None = None) -> Parameters:
    """The user's own parameters where ``own`` exists, else the shipped ones.

    Raises SettingsError when the user's file cannot be used.
    """
    if own is not None and own.is_file():
        try:
            return _parse(json.loads(own.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise SettingsError(
                f"{own} does not hold usable fusion parameters ({error!r}).",
                remedy="Delete it to use the shipped ones, or run 'kb-assist fit' again.",
            ) from error
    shipped = files("kb_assist.retrieval").joinpath(_SHIPPED)
    return _parse(json.loads(shipped.read_text(encoding="utf-8")))


def save_parameters(parameters: Parameters, path: Path) -> None:
    content = json.dumps(parameters.as_json(), indent=2) + "\n"
    write_atomically(path, lambda stream: stream.write(content.encode()))


def _parse(stored: dict[str, Any]) -> Parameters:
    calibration = Calibration(
        first=Logistic.from_json(stored["first"]),
        any_of_five=Logistic.from_json(stored["any_of_five"]),
        strong_from=float(stored["strong_from"]),
        none_below=float(stored["none_below"]),
        precision={name: float(value) for name, value in stored["precision"].items()},
    )
    return Parameters(Weights.from_json(stored["weights"]), calibration, str(stored["source"]))
