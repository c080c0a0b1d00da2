"""Shapes of charts."""

from __future__ import annotations

import pytest

from kb_assist.ui.charts import HEIGHT, WIDTH, pareto, sparkline, stacked


def test_a_sparkline_spans_the_width_and_its_highest_count_is_at_the_top() -> None:
    assert sparkline([0, 1, 4]).points == "0.0,38.0 50.0,29.0 100.0,2.0"


@pytest.mark.parametrize("counts", [[], [0], [3], [0, 0]])
def test_a_sparkline_of_little_is_drawn_without_fault(counts: list[int]) -> None:
    assert len(sparkline(counts).points.split()) == len(counts)


def test_a_pareto_says_how_many_of_the_largest_hold_four_fifths() -> None:
    made = pareto([5, 3, 1, 1])

    assert (made.enough, made.total) == (2, 10)
    assert [round(bar.reached, 2) for bar in made.bars] == [0.5, 0.8, 0.9, 1.0]
    assert made.line_y == pytest.approx(HEIGHT / 5)
    assert made.points.endswith(f"{WIDTH * 7 / 8:.1f},0.0")


def test_the_bars_of_a_pareto_stand_on_the_ground() -> None:
    assert {round(bar.y + bar.height, 1) for bar in pareto([7, 2, 2]).bars} == {HEIGHT}


def test_what_gets_no_bar_counts_all_the_same() -> None:
    made = pareto([2] * 100, most=10)

    assert (len(made.bars), made.enough, made.counted, made.total) == (10, 80, 100, 200)
    assert made.bars[-1].reached == 0.1
    assert made.points.count(",") == 10


def test_a_pareto_of_nothing_is_empty() -> None:
    assert (pareto([]).bars, pareto([]).enough) == ((), 0)


def test_stacked_parts_fill_the_width_and_empty_ones_are_left_out() -> None:
    pieces = stacked([("none", 0), ("a", 1), ("b", 3)])

    assert [(piece.name, piece.x, piece.width) for piece in pieces] == [
        ("a", 0, 25),
        ("b", 25, 75),
    ]
