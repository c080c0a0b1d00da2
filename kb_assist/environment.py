"""What pydantic cannot do for the settings: mistyped names, secrets in files, safe messages."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any


def unknown_variables(
    environment: Mapping[str, str], prefix: str, fields: Mapping[str, str], others: Set[str]
) -> list[str]:
    """Faults of variables with our prefix that are no setting, so mistyped."""
    known = {prefix + name.upper() for name in fields}
    known |= {f"{name}_FILE" for name in known} | others
    return [
        f"{name}: there is no such setting"
        for name in sorted(environment)
        if name.startswith(prefix) and name not in known
    ]


def secrets_from_files(
    environment: Mapping[str, str], prefix: str, fields: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """``KB_ASSIST_SECRET_KEY_FILE=/run/secrets/key`` and the like, for secret settings only.

    ``fields``: type by name. Returns values by name, and faults.
    """
    values: dict[str, str] = {}
    faults: list[str] = []
    for name, kind in fields.items():
        variable = f"{prefix}{name.upper()}_FILE"
        path = environment.get(variable)
        if not path:
            continue
        if "SecretStr" not in kind:
            faults.append(f"{variable}: {name} is not a secret; set it directly")
            continue
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{variable}: {error}")
    return values, faults


def describe(fault: Any, prefix: str) -> str:
    """One fault that pydantic found, without the value, which may be a secret."""
    name = ".".join(str(part) for part in fault["loc"]) or "settings"
    return f"{name} ({prefix}{name.upper()}): {fault['msg']}"
