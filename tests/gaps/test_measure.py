"""Figures of clusters against known topics."""

from __future__ import annotations

from kb_assist.gaps.measure import UNCLUSTERED, Truth, measure

ALONE = UNCLUSTERED


def _truths(*topics: str | None) -> list[Truth]:
    return [Truth(topic) for topic in topics]


def test_perfect_clusters_score_one_everywhere() -> None:
    quality = measure(_truths("a", "a", "b", "b", None), [0, 0, 1, 1, ALONE], [True] * 4 + [False])

    assert quality.bcubed_precision == quality.bcubed_recall == quality.bcubed_f1 == 1.0
    assert quality.uncovered_precision == quality.uncovered_recall == 1.0
    assert quality.topics_found == 1.0
    assert quality.clusters == 2


def test_an_unclustered_ticket_is_a_cluster_of_its_own() -> None:
    quality = measure(_truths("a", "a"), [ALONE, ALONE], [True, True])

    assert quality.bcubed_precision == 1.0
    assert quality.bcubed_recall == 0.5
    assert quality.clusters == 0


def test_covered_tickets_in_a_cluster_lower_its_precision() -> None:
    quality = measure(_truths("a", "a", None, None), [0, 0, 0, 0], [True] * 4)

    assert quality.bcubed_precision == 0.5
    assert quality.bcubed_recall == 1.0
    assert quality.uncovered_precision == 0.5


def test_half_of_a_topic_in_one_cluster_is_not_enough_to_find_it() -> None:
    half = measure(_truths("a", "a", "a", "a"), [0, 0, 1, ALONE], [True] * 4)
    most = measure(_truths("a", "a", "a", "a"), [0, 0, 0, ALONE], [True] * 4)

    assert half.topics_found == 0.0
    assert most.topics_found == 1.0


def test_figures_without_a_basis_are_absent() -> None:
    quality = measure(_truths(None, None), [ALONE, ALONE], [False, False])

    assert quality.bcubed_f1 is None
    assert quality.topics_found is None
    assert quality.uncovered_precision is None
