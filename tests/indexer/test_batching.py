"""Calls at the same time are encoded together and never mixed up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from kb_assist.indexer.embedding.batching import MOST_TEXTS, Batcher, alike_in_length
from kb_assist.indexer.embedding.embedder import Vectors, load_embedder
from kb_assist.settings import Settings

_WAIT_SECONDS = 10


class BusyModel:
    """Holds its first call until told otherwise, as a model that is busy does."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.threads: list[int] = []
        self.busy = threading.Event()
        self.free = threading.Event()

    def __call__(self, texts: list[str]) -> Vectors:
        self.calls.append(texts)
        self.threads.append(threading.get_ident())
        if len(self.calls) == 1:
            self.busy.set()
            assert self.free.wait(_WAIT_SECONDS)
        if "poison" in texts:
            raise RuntimeError("the model fell over")
        return vectors(texts)


def vectors(texts: Sequence[str]) -> Vectors:
    return np.array([[len(text), ord(text[0])] for text in texts], dtype=np.float32)


def queued(batcher: Batcher, count: int) -> None:
    """Wait until so many calls wait for the model."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while len(batcher._waiting) < count:
        assert time.monotonic() < deadline
        time.sleep(0)


def while_busy(
    model: BusyModel, batches: Sequence[list[str]]
) -> tuple[Future[Vectors], list[Future[Vectors]]]:
    """One call occupies the model, the others come meanwhile, in this order."""
    batcher = Batcher(model)
    with ThreadPoolExecutor(len(batches) + 1) as pool:
        first = pool.submit(batcher, ["first"])
        assert model.busy.wait(_WAIT_SECONDS)
        others = []
        for number, texts in enumerate(batches, start=1):
            others.append(pool.submit(batcher, texts))
            queued(batcher, number)
        model.free.set()
    return first, others


def test_what_comes_while_the_model_is_busy_is_encoded_in_one_call() -> None:
    model = BusyModel()
    asked = [["vpn"], ["mail", "printer"], ["password"]]
    first, others = while_busy(model, asked)

    assert model.calls == [["first"], ["vpn", "mail", "printer", "password"]]
    assert np.array_equal(first.result(), vectors(["first"]))
    for texts, future in zip(asked, others, strict=True):
        assert np.array_equal(future.result(), vectors(texts))


def test_an_error_reaches_the_callers_of_its_batch_and_nobody_else() -> None:
    model = BusyModel()
    full = [f"text {number}" for number in range(MOST_TEXTS)]
    first, (one, poison, later) = while_busy(model, [["vpn"], ["poison"], full])

    for failed in (one, poison):
        with pytest.raises(RuntimeError, match="fell over"):
            failed.result()
    assert np.array_equal(first.result(), vectors(["first"]))
    assert np.array_equal(later.result(), vectors(full))


def test_batches_have_a_limit_and_longer_calls_go_alone() -> None:
    model = BusyModel()
    half = ["x"] * (MOST_TEXTS // 2)
    while_busy(model, [half, half, ["next"], ["y"] * (2 * MOST_TEXTS), ["last"]])

    assert [len(call) for call in model.calls] == [1, MOST_TEXTS, 1, 2 * MOST_TEXTS, 1]


def test_a_lone_call_waits_for_nobody() -> None:
    model = BusyModel()
    model.free.set()
    Batcher(model)(["vpn"])

    # In the caller's own thread, and without company.
    assert (model.calls, model.threads) == ([["vpn"]], [threading.get_ident()])


def test_results_do_not_share_memory() -> None:
    _, (one, other) = while_busy(BusyModel(), [["vpn"], ["mail"]])
    one.result().flags.writeable = False
    other.result()[0] = 0

    assert np.array_equal(one.result(), vectors(["vpn"]))


def test_calls_of_many_threads_all_get_their_own() -> None:
    model: Callable[[list[str]], Vectors] = vectors
    batcher = Batcher(model)
    barrier = threading.Barrier(16)

    def ask(number: int) -> bool:
        barrier.wait(_WAIT_SECONDS)
        texts = [chr(97 + number) * (1 + step) for step in range(50)]
        return all(np.array_equal(batcher([text]), vectors([text])) for text in texts)

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(16)))


def test_short_texts_are_not_padded_to_long_ones() -> None:
    texts = ["x" * length for length in (30, 1000, 20, 40, 0, 1400, 31)]
    groups = alike_in_length(texts)

    assert sorted(at for group in groups for at in group) == list(range(len(texts)))
    assert [[len(texts[at]) for at in group] for group in groups] == [
        [0],
        [20, 30],
        [31, 40],
        [1000, 1400],
    ]


@pytest.mark.model
def test_the_real_model_gives_everybody_what_it_gives_alone(with_model: Settings) -> None:
    embedder = load_embedder(with_model)
    texts = ["VPN", "Postfach ist voll " * 40, "Drucker druckt nicht", "password reset " * 10] * 4
    alone = [embedder.encode_queries([text])[0] for text in texts]
    barrier = threading.Barrier(len(texts))

    def ask(text: str) -> Vectors:
        barrier.wait(_WAIT_SECONDS)
        found: Vectors = embedder.encode_queries([text])[0]
        return found

    with ThreadPoolExecutor(len(texts)) as pool:
        together = list(pool.map(ask, texts))

    assert np.allclose(together, alone, atol=1e-5)
