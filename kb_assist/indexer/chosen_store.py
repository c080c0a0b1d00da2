"""Settings to the store of published indexes."""

from __future__ import annotations

from kb_assist.indexer.store import FolderStore, IndexStore
from kb_assist.settings import Settings


def open_store(settings: Settings, *, name: str = "kb_index") -> IndexStore:
    """Where the settings say that indexes are; ``name`` keeps several apart in one database."""
    if settings.vectors == "faiss":
        return FolderStore(settings.index_dir)
    # Only here: without PostgreSQL its driver need not be installed.
    from kb_assist.indexer.postgres.store import PgStore

    assert settings.database_url is not None, "the settings check it"
    replica = settings.search_database_url
    return PgStore(
        settings.database_url.get_secret_value(),
        settings.index_dir,
        name=name,
        search_url=replica.get_secret_value() if replica else None,
    )
