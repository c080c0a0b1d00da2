"""Vectors of tickets made comparable."""

from __future__ import annotations

import numpy as np

from kb_assist.gaps.space import around_language


def test_a_german_and_an_english_text_meet_when_each_language_is_centred() -> None:
    german, english, meaning = np.eye(3, dtype=np.float32)
    vectors = np.stack([german + meaning, german - meaning, english + meaning, english - meaning])
    centred = around_language(vectors, np.array(["de", "de", "en", "en"]))

    assert vectors[0] @ vectors[2] == 1, "half of what they share before is lost in the language"
    assert np.allclose(centred[0], centred[2])
    assert np.allclose(centred[0], -centred[1])


def test_a_language_of_one_ticket_keeps_it() -> None:
    vectors = np.eye(3, dtype=np.float32)
    centred = around_language(vectors, np.array(["de", "de", "en"]))

    assert np.array_equal(centred[2], vectors[2])
