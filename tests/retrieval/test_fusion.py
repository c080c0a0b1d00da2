"""Fusion, confidence and their fitting: pure rules."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kb_assist.errors import InputError, SettingsError
from kb_assist.retrieval.confidence import Calibration, Logistic, evidence, strength
from kb_assist.retrieval.fitting import Example, fit
from kb_assist.retrieval.fusion import (
    FEATURES,
    CandidateScores,
    QueryScores,
    Weights,
    features,
    fuse,
    shortness,
)
from kb_assist.retrieval.model import Strength
from kb_assist.retrieval.parameters import load_parameters, save_parameters


def _scores(**changes: float) -> CandidateScores:
    base = {"passage": 0.5, "title": 0.4, "article": 0.3, "terms": 6.0, "title_terms": 4.0}
    values = {name: np.array([value]) for name, value in (base | changes).items()}
    same = values.pop("same_language", np.array([1.0]))
    named = values.pop("named", np.array([0.0])) > 0
    return CandidateScores(**values, same_language=same, named=named)


_QUERY = QueryScores(best_terms=9.0, best_title_terms=5.0, known_share=1.0, words=12)


def test_words_count_for_nothing_across_languages() -> None:
    column = FEATURES.index("terms")

    assert features(_scores(same_language=0.0), _QUERY)[0, column] == 0.0
    assert features(_scores(same_language=1.0), _QUERY)[0, column] > 0.0


def test_a_title_that_names_the_identifier_counts_in_any_language() -> None:
    column = FEATURES.index("title_terms")

    assert features(_scores(same_language=0.0, named=1.0), _QUERY)[0, column] > 0.0
    assert features(_scores(same_language=0.0, named=0.0), _QUERY)[0, column] == 0.0


def test_words_count_less_when_the_knowledge_base_does_not_know_them() -> None:
    unknown = QueryScores(9.0, 5.0, known_share=0.2, words=12)
    column = FEATURES.index("terms")

    assert features(_scores(), unknown)[0, column] < features(_scores(), _QUERY)[0, column]


def test_titles_matter_more_for_short_queries() -> None:
    assert shortness(3) > shortness(12) == 0.5 > shortness(60)


def test_a_better_passage_never_lowers_the_score() -> None:
    weights = load_parameters().weights
    low, high = (fuse(features(_scores(passage=p), _QUERY), weights)[0] for p in (0.4, 0.6))

    assert high > low


def test_evidence_of_a_clear_winner_beats_that_of_a_tie() -> None:
    field = np.linspace(0, 1, 30)
    clear, tie = evidence(np.append(field, 9.0)), evidence(np.append(field, 1.0))

    assert clear[0] > tie[0]
    assert clear[1] > tie[1]
    assert clear[2] < tie[2]


@pytest.mark.parametrize("count", [0, 1, 2, 5, 14, 15])
def test_evidence_exists_for_any_number_of_candidates(count: int) -> None:
    assert np.isfinite(evidence(np.arange(count, dtype=float))).all()


def test_strength_follows_the_calibration() -> None:
    always = Logistic((0.0, 0.0, 0.0), 0.0)
    calibration = Calibration(always, always, strong_from=0.8, none_below=0.3, precision={})

    assert strength(0.9, 0.9, calibration) is Strength.STRONG
    assert strength(0.5, 0.9, calibration) is Strength.POSSIBLE
    assert strength(0.9, 0.1, calibration) is Strength.NONE


def test_the_shipped_parameters_keep_their_promise_on_their_own_tickets() -> None:
    precision = load_parameters().calibration.precision

    assert precision["strong"] > precision["possible"] > precision["none"]
    assert precision["strong"] >= 0.9


def _examples(count: int) -> list[Example]:
    """Tickets whose right candidate has the best passage, and noise in all other features."""
    rng = np.random.default_rng(3)
    made = []
    for number in range(count):
        table = rng.normal(0, 0.1, (20, len(FEATURES)))
        relevant = np.zeros(20, dtype=bool)
        if number % 8:
            relevant[number % 20] = True
            table[number % 20, 0] += 0.5
        made.append(Example(table, relevant, collection=number % 2))
    return made


def test_fitting_finds_the_feature_that_tells() -> None:
    parameters = fit(_examples(160), "made up")
    weights = np.array(parameters.weights.values)

    assert np.argmax(weights) == 0
    assert parameters.calibration.precision["strong"] >= 0.9
    assert parameters.source == "made up"


def test_fitting_refuses_too_few_tickets() -> None:
    with pytest.raises(InputError, match="at least"):
        fit(_examples(12), "made up")


def test_parameters_survive_being_saved(tmp_path: Path) -> None:
    saved = fit(_examples(160), "made up")
    save_parameters(saved, tmp_path / "fusion.json")

    assert load_parameters(tmp_path / "fusion.json").as_json() == saved.as_json()


def test_a_broken_parameter_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "fusion.json").write_text(json.dumps({"weights": {}}))

    with pytest.raises(SettingsError) as caught:
        load_parameters(tmp_path / "fusion.json")
    assert "kb-assist fit" in caught.value.remedy


def test_weights_name_every_feature() -> None:
    with pytest.raises(KeyError):
        Weights.from_json({"passage": 1.0})
