"""The bundled model, made loadable and used for real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kb_assist.errors import ModelUnavailableError
from kb_assist.indexer.embedding import bundled
from kb_assist.indexer.embedding.embedder import load_embedder
from kb_assist.settings import Settings


@pytest.mark.model
def test_the_bundled_model_brings_german_and_english_together(with_model: Settings) -> None:
    embedder = load_embedder(with_model)
    question = embedder.encode_queries(["VPN verbindet nicht"])[0]
    answers = embedder.encode_passages(
        ["The VPN tunnel cannot be established", "Reset your password", "A recipe for cake"]
    )

    assert int(np.argmax(answers @ question)) == 0
    assert np.allclose(np.linalg.norm(answers, axis=1), 1.0, atol=1e-5)
    assert (embedder.identity.query_prefix, embedder.identity.passage_prefix) == (
        "query: ",
        "passage: ",
    )
    assert embedder.count_tokens(["VPN", ""]) == [1, 0]


def test_a_file_of_another_layout_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "weights.bin").write_bytes(b"not the weights at all" * 10)
    monkeypatch.setattr(bundled, "weights_path", lambda: tmp_path / "weights.bin")

    with pytest.raises(ModelUnavailableError, match="not in the expected layout"):
        bundled.ensure_bundled_model(tmp_path / "models")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_missing_package_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "PACKAGE", "no-such-package")

    with pytest.raises(ModelUnavailableError) as caught:
        bundled.weights_path()
    assert "KB_ASSIST_MODEL" in caught.value.remedy


def test_a_missing_model_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match="does not exist"):
        load_embedder(Settings(model=str(tmp_path / "absent")))
