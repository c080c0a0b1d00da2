"""Articles are alike when every passage of one has its like in the other."""

from __future__ import annotations

import numpy as np

from kb_assist.indexer.likeness import alike
from kb_assist.indexer.space import unit


def test_articles_are_alike_when_each_passage_has_its_like() -> None:
    rng = np.random.default_rng(0)
    texts = unit(rng.standard_normal((6, 32)).astype(np.float32))
    noise = 0.02 * rng.standard_normal((2, 32)).astype(np.float32)
    # Rows 0-1 and 2-3 say the same, 4-6 say half of it and more, 7-8 are another language.
    vectors = np.concatenate(
        [texts[:2], unit(texts[:2] + noise), texts[[0, 2, 3]], unit(texts[:2] + noise)]
    )
    starts = np.array([0, 2, 4, 7, 9])
    languages = np.array([0, 0, 0, 1], dtype=np.uint8)
    (found,) = alike(vectors, starts, languages, bar=0.8)

    assert (found.first, found.second) == (0, 1)
    assert found.likeness > 0.9
