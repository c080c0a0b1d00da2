"""Every error kb-assist raises on purpose, each with a stable code."""

from __future__ import annotations


class Phrase(str):
    """A text that can also be said in the reader's language: its pattern and what fills it."""

    __slots__ = ("pattern", "values")
    pattern: str
    values: dict[str, object]


def N_(pattern: str, **values: object) -> Phrase:
    """A text that people see, marked for translation where the reader's language is not known.

    ``pattern`` is English and names its values as ``%(name)s``. The name is the one that gettext's
    tools look for.
    """
    made = Phrase(pattern % values if values else pattern)
    made.pattern = pattern
    made.values = values
    return made


class KbError(Exception):
    """Root of all expected errors.

    ``code`` is stable and machine-readable; ``remedy`` is one sentence that says what to do next
    (empty when there is nothing to do). The HTTP edge and the CLI map the class, not the message;
    pages translate what is made with ``N_``.
    """

    code = "error"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class SettingsError(KbError):
    """One or more settings are wrong; the message lists all of them."""

    code = "settings_invalid"


class InputError(KbError):
    """The caller's input cannot be used as it is (too long, unreadable, malformed)."""

    code = "input_invalid"


class NotFoundError(KbError):
    """The named thing does not exist, or the reader may not see it."""

    code = "not_found"


class NotSignedInError(KbError):
    """Nobody is signed in, and this needs somebody."""

    code = "not_signed_in"


class ForbiddenError(KbError):
    """Whoever is signed in may not do this."""

    code = "forbidden"


class ModelUnavailableError(KbError):
    """The embedding model cannot be loaded; lexical search still works."""

    code = "model_unavailable"


class EmbeddingUnavailableError(ModelUnavailableError):
    """The shared embedding service does not answer as it should; it may again in a moment."""

    code = "embedding_unavailable"


class VectorsUnavailableError(KbError):
    """The store of vectors does not answer; lexical search still works."""

    code = "vectors_unavailable"


class IndexUnavailableError(KbError):
    """No published index can be opened."""

    code = "index_unavailable"


class IndexDamagedError(IndexUnavailableError):
    """A published index is incomplete, altered, or was not written by kb-assist."""

    code = "index_damaged"


class IndexMismatchError(IndexUnavailableError):
    """The index was built with another model or format than the one configured."""

    code = "index_mismatch"


class BuildBusyError(KbError):
    """Another process is building an index in the same place."""

    code = "build_busy"


class DatabaseUnavailableError(KbError):
    """The database cannot be opened, or another writer holds it for too long."""

    code = "database_unavailable"


class FilesUnavailableError(KbError):
    """The storage of attachments cannot be reached, or refuses."""

    code = "files_unavailable"


class BackupDamagedError(KbError):
    """A backup is incomplete, altered, or was not made by kb-assist."""

    code = "backup_damaged"


class DatabaseOutdatedError(KbError):
    """The database's tables are older, or newer, than this version of kb-assist."""

    code = "database_outdated"


class MailUnavailableError(KbError):
    """The mail server cannot be reached, or refuses."""

    code = "mail_unavailable"


class TooManyRequestsError(KbError):
    """Somebody asks more often than people do."""

    code = "too_many_requests"
