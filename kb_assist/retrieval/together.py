"""Several questions at the same time, where asking means waiting for another process."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

_T = TypeVar("_T")

# Two at a time for each of sixteen searches; they only wait.
_THREADS = 32


def later(question: Callable[[], _T], *, waits: bool) -> Callable[[], _T]:
    """Begin a question; call what is returned for its answer, or what it raised.

    A question that ``waits`` for somebody else is asked right away, any other one when its answer
    is wanted: computing does not become faster by being divided.
    """
    if not waits:
        return question
    asked: Future[_T] = _threads().submit(question)
    return asked.result


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="together")
