"""Groups by meaning."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import AgglomerativeClustering

from kb_assist.gaps.cluster import group
from kb_assist.gaps.space import comparable
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.space import unit


def _topics(seed: int, topics: int, each: int, *, noise: float = 0.6) -> Vectors:
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((topics, 32))
    spread = rng.standard_normal((topics * each, 32)) * noise
    return unit((np.repeat(centres, each, axis=0) + spread).astype(np.float32))


def _partition(labels: np.ndarray) -> set[frozenset[int]]:  # type: ignore[type-arg]
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels.tolist())}


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    same_topic=st.sampled_from([0.1, 0.26, 0.5]),
    noise=st.sampled_from([0.4, 1.0, 2.0]),
)
def test_groups_are_those_of_average_linkage(seed: int, same_topic: float, noise: float) -> None:
    vectors = _topics(seed, 8, 5, noise=noise)
    expected = AgglomerativeClustering(
        n_clusters=None, metric="precomputed", linkage="average", distance_threshold=1 - same_topic
    ).fit_predict(1.0 - vectors.astype(np.float64) @ vectors.T)

    assert _partition(group(vectors, same_topic=same_topic)) == _partition(expected)


def test_tickets_of_one_topic_share_a_group() -> None:
    labels = group(_topics(1, 6, 4, noise=0.2), same_topic=0.4)

    assert labels.tolist() == np.repeat(np.arange(6), 4).tolist()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_handful_of_tickets_can_be_grouped(count: int) -> None:
    vectors = _topics(2, 1, 2)[:count]

    assert len(group(comparable(vectors, ["en"] * count))) == count


def test_the_manner_of_writing_does_not_make_a_group() -> None:
    """Half of the tickets share a strong direction that is about no topic."""
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((60, 40)).astype(np.float32)
    vectors[:30, 0] += 8.0
    written = unit(vectors)

    assert np.bincount(group(written)).max() >= 25
    assert np.bincount(group(comparable(written, ["en"] * 60))).max() < 10


def test_the_same_topic_in_two_languages_meets() -> None:
    topics = _topics(4, 10, 2, noise=0.3)
    languages = ["de", "en"] * 10
    shifted = topics.copy()
    shifted[1::2] += 1.5 * unit(np.ones((1, 32), dtype=np.float32))
    labels = group(comparable(unit(shifted), languages), same_topic=0.3)

    assert (labels[::2] == labels[1::2]).mean() >= 0.9
