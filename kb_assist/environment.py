"""What pydantic cannot do for the settings: mistyped names, secrets in files, safe messages."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, SecretStr


def is_blank(secret: str) -> bool:
    """Whether there is nothing in it that can be seen.

    What looks empty must not count as a key that anybody can guess. To an HMAC, zero bytes (what
    is left of a file after a crash) are even the same as no key.
    """
    return not any(character.isprintable() and character != " " for character in secret)


def _written(secret: SecretStr) -> SecretStr:
    if is_blank(secret.get_secret_value()):
        raise ValueError("a secret must not be empty")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_written)]


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
            secret = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            faults.append(f"{variable}: {error}")
            continue
        if is_blank(secret):
            faults.append(f"{variable}: {path} is empty")
        else:
            values[name] = secret
    return values, faults


def describe(fault: Any, prefix: str) -> str:
    """One fault that pydantic found, without the value, which may be a secret."""
    name = ".".join(str(part) for part in fault["loc"]) or "settings"
    return f"{name} ({prefix}{name.upper()}): {fault['msg']}"
