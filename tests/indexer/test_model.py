"""The bundled model, made loadable and used for real."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from kb_assist.errors import ModelUnavailableError
from kb_assist.indexer.embedding import bundled
from kb_assist.indexer.embedding.embedder import load_embedder
from kb_assist.indexer.embedding.middle import append_middle
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


@pytest.mark.model
def test_a_middle_layer_comes_beside_the_last_which_stays_as_it_was(
    with_model: Settings,
) -> None:
    embedder = load_embedder(with_model)
    texts = ["VPN verbindet nicht", "VPN does not connect", "Wie kündige ich ein Abonnement?"]
    layers = embedder.encode_layers(texts)

    assert layers.shape == (3, embedder.depth, embedder.identity.dimension) == (3, 2, 384)
    untouched = SentenceTransformer(str(bundled.ensure_bundled_model(with_model.models_dir)))
    for text in texts:
        (last,) = embedder.encode_queries([text])
        alone = untouched.encode(f"query: {text}", normalize_embeddings=True)
        assert np.array_equal(last, alone)
    assert np.allclose(np.linalg.norm(layers, axis=2), 1.0, atol=1e-5)
    directions = layers - layers.mean(axis=0)
    middle = directions[:, 1] @ directions[:, 1].T
    assert middle[0, 1] > max(middle[0, 2], middle[1, 2])
    assert embedder.encode_layers([]).shape == (0, 2, 384)


def test_a_model_without_layers_gives_its_vectors_alone() -> None:
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0, "vpn": 1}, unk_token="[UNK]"))
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu")

    assert append_middle(model, 8) == 1
    assert model.encode(["vpn"]).shape == (1, 8)


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
