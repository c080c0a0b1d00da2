"""All tables together, as the newest migration must leave them."""

from __future__ import annotations

import importlib
import pkgutil

from sqlalchemy import MetaData

from kb_assist.storage import tables
from kb_assist.storage.tables.metadata import metadata


def complete_metadata() -> MetaData:
    """The MetaData after every file in ``tables/`` has added its tables to it."""
    for found in pkgutil.iter_modules(tables.__path__, f"{tables.__name__}."):
        importlib.import_module(found.name)
    return metadata
