"""The served index: opened once, exchanged for a newer one without a failed request."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable

from kb_assist.errors import N_, EmbeddingUnavailableError, IndexUnavailableError, KbError
from kb_assist.indexer.chosen_store import open_store
from kb_assist.indexer.embedding.embedder import Embedder, ModelIdentity
from kb_assist.indexer.snapshot import Snapshot
from kb_assist.indexer.store import IndexStore
from kb_assist.retrieval.centre import QueryCentre
from kb_assist.retrieval.parameters import load_parameters
from kb_assist.retrieval.search import Searcher
from kb_assist.settings import Settings

log = logging.getLogger(__name__)

# The learned query centre is written to disk at most once per this many tickets.
_SAVE_EVERY = 20
_FIRST_QUESTION = "VPN connection fails"
# A shared embedding service that was away at the start is asked again this often.
_RETRY_SECONDS = 10.0


class Engine:
    """Gives every request a Searcher over the index that is published now."""

    def __init__(self, settings: Settings, load_model: Callable[[], Embedder]) -> None:
        """``load_model`` is called once, by the first search; it may take seconds."""
        self._settings = settings
        self.store: IndexStore = open_store(settings)
        self._load_model = load_model
        self._lock = threading.RLock()
        self._searcher: Searcher | None = None
        self._embedder: Embedder | None = None
        self._model_fault: KbError | None = None
        self._model_tried = False
        self._ask_again_at = float("inf")
        self._index_fault: KbError | None = None
        self._saved_at = 0

    @property
    def index_fault(self) -> KbError | None:
        """Why a newer index is not served, None when all is well."""
        return self._index_fault

    @property
    def model_fault(self) -> KbError | None:
        """Why search is lexical only, None when all is well."""
        if self._model_fault is not None or self._searcher is None:
            return self._model_fault
        return self._searcher.embedding_fault

    def searcher(self) -> Searcher:
        """The searcher over the current index; opens a newer one first.

        Raises IndexUnavailableError when none can be opened and none was open before.
        """
        name = self.store.current()
        held = self._searcher
        if held is not None:
            if name in (None, held.snapshot.generation) and not self._may_be_back():
                return held
            # One request opens the new index; the others need not wait for it.
            if not self._lock.acquire(blocking=False):
                return held
        else:
            self._lock.acquire()
        try:
            return self._exchange(name)
        finally:
            self._lock.release()

    def load(self) -> None:
        """Load model and index now and answer once, because a first answer takes seconds."""
        if self.store.current() is not None:
            self._load()
            # Code and model stay. The collector would look through them again and again, and stop
            # every request for a third of a second each time. An index goes, so it comes later.
            gc.collect()
            gc.freeze()
        self.searcher().search(_FIRST_QUESTION)

    def after_suggesting(self) -> None:
        """Persist the query centre from time to time; failing to do so loses nothing else."""
        searcher = self._searcher
        model = searcher.snapshot.manifest.model if searcher else None
        if searcher is None or model is None:
            return
        if searcher.centre.observed - self._saved_at < _SAVE_EVERY:
            return
        self._saved_at = searcher.centre.observed
        try:
            searcher.centre.save(self._settings.centre_file, model.vector_key("query"))
        except OSError as error:
            log.warning("The query centre could not be saved: %s", error)

    def _exchange(self, name: str | None) -> Searcher:
        held = self._searcher
        if held is not None and name in (None, held.snapshot.generation):
            if self._may_be_back() and self._embedder_for(held.snapshot) is not None:
                self._searcher = held = self._open(held.snapshot)
            return held
        try:
            snapshot = self.store.open()
            self._searcher = self._open(snapshot)
            self._index_fault = None
        except KbError as error:
            self._index_fault = error
            if held is None:
                raise
            # The index before goes on serving; /readyz and doctor say what is wrong.
            log.error("A new index cannot be served: %s", error.message)
        if self._searcher is None:
            raise IndexUnavailableError(N_("There is no index yet."))
        return self._searcher

    def _open(self, snapshot: Snapshot) -> Searcher:
        embedder = self._embedder_for(snapshot)
        parameters = load_parameters(self._settings.fusion_file)
        centre = None
        held = self._searcher
        model = snapshot.manifest.model
        if held is not None and held.snapshot.manifest.model == model:
            centre = held.centre
        elif model is not None:
            centre = QueryCentre(snapshot.arrays.query_centre)
            centre.restore(self._settings.centre_file, model.vector_key("query"))
        return Searcher(snapshot, embedder, parameters, centre=centre)

    def _embedder_for(self, snapshot: Snapshot) -> Embedder | None:
        """The model, loaded once; None (with the reason kept) when it does not fit or load."""
        built_with = snapshot.manifest.model
        if not self._model_tried or self._may_be_back() or self._may_have_changed(built_with):
            self._load()
        if self._embedder is None:
            return None
        here = self._embedder.identity
        if built_with is not None and here != built_with:
            self._model_fault = IndexUnavailableError(
                N_(
                    "The index was built with the model %(built)s, configured is %(chosen)s.",
                    built=f"{built_with.name} ({built_with.fingerprint})",
                    chosen=f"{here.name} ({here.fingerprint})",
                ),
                remedy=N_("Run 'kb-assist index' to build it with the configured model."),
            )
            return None
        self._model_fault = None
        return self._embedder

    def _load(self) -> None:
        self._model_tried = True
        try:
            self._embedder = self._load_model()
            self._ask_again_at = float("inf")
        except KbError as error:
            self._model_fault = error
            if isinstance(error, EmbeddingUnavailableError):
                self._ask_again_at = time.monotonic() + _RETRY_SECONDS
            log.error("Searching by words only: %s", error.message)

    def _may_be_back(self) -> bool:
        """Whether it is time to ask an embedding service again that was away."""
        return self._embedder is None and time.monotonic() >= self._ask_again_at

    def _may_have_changed(self, built_with: ModelIdentity | None) -> bool:
        """A service may have got another model since; files are read once."""
        if self._settings.embedding_url is None or self._embedder is None:
            return False
        return built_with is not None and self._embedder.identity != built_with
