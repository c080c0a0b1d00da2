"""Settings to services; the only wiring."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from threadpoolctl import threadpool_limits

from kb_assist.auth.passwords import Passwords
from kb_assist.bucket import Access, BucketContents
from kb_assist.clock import Clock, SystemClock
from kb_assist.contents import Contents, FolderContents
from kb_assist.engine import Engine
from kb_assist.environment import is_blank
from kb_assist.errors import SettingsError
from kb_assist.files import write_atomically
from kb_assist.gaps.health.report import Sources
from kb_assist.gaps.remarks_store import ReportLog, take_over
from kb_assist.guides.library import guides_folder
from kb_assist.guides.published import PublishedGuides
from kb_assist.indexer.embedding.chosen import load_embedder
from kb_assist.limits import Limits, RequestLimits
from kb_assist.settings import Settings
from kb_assist.storage.copying import require_whole
from kb_assist.storage.counts import StoredLimits
from kb_assist.storage.db import Database, sqlite_url
from kb_assist.storage.keys import shared_key
from kb_assist.storage.upgrade import require_current, upgrade
from kb_assist.tickets.attachments import Shelf
from kb_assist.tickets.desk import Desk
from kb_assist.tickets.model import Actor
from kb_assist.tickets.policy import policy_of
from kb_assist.tickets.targets import Policy
from kb_assist.tickets.vectors_store import HeldVectors


@dataclass(frozen=True)
class Services:
    """Everything a request or a command may use."""

    settings: Settings
    clock: Clock
    engine: Engine
    reports: ReportLog
    database: Database
    passwords: Passwords
    policy: Policy = field(default_factory=Policy)
    ticket_vectors: HeldVectors = field(default_factory=HeldVectors)
    customer_limits: Limits = field(default_factory=RequestLimits)

    @cached_property
    def guides(self) -> PublishedGuides:
        """Guides of the knowledge base, read at their first use."""
        return PublishedGuides(guides_folder(self.settings.articles), self.clock.today)

    @cached_property
    def shelf(self) -> Shelf:
        """Where attachments lie; nothing is opened before the first of them."""
        most = self.settings.attachment_max_mb * 1_000_000
        return Shelf(open_contents(self.settings), most)

    def health_sources(self) -> Sources:
        """What the health of articles and guides is computed from, as of now."""
        snapshot, now = self.engine.searcher().snapshot, self.clock.now()
        return Sources(snapshot, self.reports.all(), self.guides.now(), now)

    @property
    def connectors(self) -> frozenset[str]:
        """Helpdesks that hear about the tickets they sent."""
        return frozenset({"zammad"} if self.settings.zammad_url else ())

    @contextmanager
    def desk(self, actor: Actor) -> Iterator[Desk]:
        """One transaction in which ``actor`` works on tickets; committed at the end."""
        with self.database.write() as connection:
            yield Desk(connection, actor, self.clock.now(), self.policy, self.connectors)


def build_services(settings: Settings) -> Services:
    """Nothing heavy happens here; the model is loaded by the first search."""
    # The products of one query are small: more than one core only adds waiting (8 ms against 0.5).
    threadpool_limits(limits=1, user_api="blas")
    database = open_database(settings)
    return Services(
        settings=settings,
        clock=SystemClock(),
        engine=Engine(settings, lambda: load_embedder(settings)),
        reports=ReportLog(database),
        database=database,
        passwords=Passwords(),
        policy=policy_of(settings),
        # SQLite serves one node, which need not ask anybody.
        customer_limits=RequestLimits() if database.path is not None else StoredLimits(database),
    )


def open_database(settings: Settings) -> Database:
    """The configured database, or SQLite in ``var``; nothing is opened before its first use."""
    if settings.database_url is None:
        return Database(sqlite_url(settings.database_file.resolve()))
    return Database(settings.database_url.get_secret_value())


def open_contents(settings: Settings) -> Contents:
    """The configured bucket or folder of attachments, or one in ``var``."""
    if settings.files is None or not settings.files.startswith("s3://"):
        return FolderContents(settings.attachments_dir.resolve())
    key, secret = settings.s3_access_key, settings.s3_secret_key
    access = Access(
        settings.s3_endpoint,
        settings.s3_region,
        key.get_secret_value() if key else None,
        secret.get_secret_value() if secret else None,
    )
    return BucketContents(settings.files, access)


def prepare_database(database: Database) -> list[str]:
    """Before serving: bring an embedded database up to date, refuse an outdated server.

    A server may be shared and needs a backup first, so that upgrade is somebody's decision.
    Returns the migrations that ran. The target of an unfinished copy is refused.
    """
    require_whole(database)
    if database.path is not None:
        return upgrade(database)
    require_current(database)
    return []


def prepare(services: Services) -> list[str]:
    """``prepare_database``, and what earlier versions kept in files moves into the database."""
    done = prepare_database(services.database)
    take_over(services.database, services.settings.reports_file)
    return done


def secret_key(settings: Settings, database: Database) -> str:
    """The configured key, or one that is made once and kept: by PostgreSQL for all nodes, else
    in ``var``.

    Raises SettingsError when other nodes have another one, or when the kept one is empty.
    """
    configured = settings.secret_key.get_secret_value() if settings.secret_key else None
    if database.path is None:
        with database.write() as connection:
            return shared_key(connection, configured)
    if configured is not None:
        return configured
    path: Path = settings.var / "secret-key"
    try:
        kept = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        made = secrets.token_hex(32)
        write_atomically(path, lambda stream: stream.write(made.encode()))
        return made
    if is_blank(kept):
        raise SettingsError(
            f"The key that signs cookies, {path}, is empty.",
            remedy="Delete the file: another key is made, and everybody signs in again.",
        )
    return kept
