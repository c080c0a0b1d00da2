"""A shared embedding service: the same answers as the model here, and words when it is away."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from flask import Flask, Response, jsonify, redirect
from tokenizers import Tokenizer, models, pre_tokenizers

from kb_assist import engine as engines
from kb_assist.api.embeddings import create_embedding_app, served_name
from kb_assist.cli.main import cli
from kb_assist.engine import Engine
from kb_assist.errors import EmbeddingUnavailableError, ModelUnavailableError
from kb_assist.indexer.embedding import remote
from kb_assist.indexer.embedding.chosen import load_embedder, model_fingerprint
from kb_assist.indexer.embedding.embedder import Vectors
from kb_assist.indexer.embedding.embedder import load_embedder as load_local
from kb_assist.indexer.embedding.remote import PAUSE_SECONDS, Breaker, Endpoint, connect
from kb_assist.indexer.reindex import reindex
from kb_assist.retrieval.model import Mode
from kb_assist.retrieval.search import MODEL_UNAVAILABLE
from kb_assist.settings import Settings
from tests.embedding_service import serving
from tests.fakes import FakeEmbedder

KEY = "a-key-that-nobody-guesses"
Serve = Callable[[Any], str]


class FakeService(FakeEmbedder):
    """The fake model, as the service needs it."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        return self._encode(texts)

    def tokenizer_json(self) -> str:
        tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        tokenizer.enable_truncation(2)
        return str(tokenizer.to_str())


@pytest.fixture
def serve() -> Iterator[Serve]:
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(serving(app))


def using(settings: Settings, url: str, **further: Any) -> Settings:
    return Settings(articles=settings.articles, var=settings.var, embedding_url=url, **further)


class Scripted:
    """A service whose answers a test decides."""

    def __init__(self) -> None:
        self.asked = 0
        self.answer: Callable[[], Any] = lambda: jsonify(data=rows([1.0, 0.0]))
        self.app = Flask(__name__)
        self.app.post("/v1/embeddings")(self._embeddings)

    def _embeddings(self) -> Any:
        self.asked += 1
        return self.answer()


def rows(*vectors: list[float]) -> list[dict[str, Any]]:
    return [{"index": number, "embedding": vector} for number, vector in enumerate(vectors)]


def test_the_service_gives_what_the_model_gives(settings: Settings, serve: Serve) -> None:
    service = FakeService()
    node = connect(using(settings, serve(create_embedding_app(service, None))))
    texts = [f"mail number {number}" for number in range(100)]

    assert node.identity == service.identity
    assert np.allclose(
        node.encode_queries(texts), service.encode([f"q: {text}" for text in texts]), atol=1e-6
    )
    assert np.allclose(node.encode_passages(["vpn"]), service.encode(["p: vpn"]), atol=1e-6)
    assert node.encode_queries([]).shape == (0, 64)
    assert node.encode_passages(["vpn " * 50_000] * 40).shape == (40, 64)
    assert node.count_tokens(["one two three", ""]) == [3, 0]


def test_an_index_is_built_and_served_with_the_service(settings: Settings, serve: Serve) -> None:
    node = using(settings, serve(create_embedding_app(FakeService(), None)))
    first = reindex(node).report
    again = reindex(node).report
    searcher = Engine(node, lambda: load_embedder(node)).searcher()

    assert first.embedded == first.chunks > 0
    assert not again.changed
    assert model_fingerprint(node) == "fake"
    assert searcher.search("Kennwort").mode is Mode.HYBRID


_NODE = """
import sys
from kb_assist.bootstrap import build_services
from kb_assist.settings import load_settings
engine = build_services(load_settings()).engine
print(engine.searcher().search("Kennwort").mode.value)
print(sorted({"torch", "transformers", "sentence_transformers"} & set(sys.modules)))
"""


def test_a_node_with_a_service_does_not_import_the_model_library(
    settings: Settings, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = using(settings, serve(create_embedding_app(FakeService(), None)))
    reindex(node)
    monkeypatch.setenv("KB_ASSIST_ARTICLES", str(node.articles))
    monkeypatch.setenv("KB_ASSIST_VAR", str(node.var))
    monkeypatch.setenv("KB_ASSIST_EMBEDDING_URL", str(node.embedding_url))
    run = subprocess.run([sys.executable, "-c", _NODE], capture_output=True, text=True, check=True)

    assert run.stdout.split("\n")[:2] == ["hybrid", "[]"]


def test_a_service_that_dies_leaves_search_by_words_and_comes_back(
    settings: Settings, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = {"status": 200}
    app = create_embedding_app(FakeService(), None)

    @app.before_request
    def refuse() -> tuple[str, int] | None:
        return None if state["status"] == 200 else ("", state["status"])

    node = using(settings, serve(app))
    reindex(node)
    engine = Engine(node, lambda: load_embedder(node))
    searcher = engine.searcher()
    state["status"] = 503
    answer = searcher.search("error 809")
    fault = engine.model_fault
    state["status"] = 200
    soon = searcher.search("error 810")
    monkeypatch.setattr(remote, "PAUSE_SECONDS", 0.0)
    searcher.embedder._endpoint._breaker._closed_until = 0.0  # type: ignore[union-attr]
    later = searcher.search("error 811")

    assert (answer.mode, answer.notice) == (Mode.LEXICAL, MODEL_UNAVAILABLE)
    assert answer.suggestions[0].article.id == "KB-3"
    assert fault is not None
    assert "503" in fault.message
    assert soon.mode is Mode.LEXICAL
    assert later.mode is Mode.HYBRID
    assert engine.model_fault is None


def test_a_service_that_is_away_at_the_start_is_asked_again(
    settings: Settings, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "_RETRY_SECONDS", 0.0)
    node = using(settings, serve(create_embedding_app(FakeService(), None)))
    reindex(node)
    nowhere = using(settings, "http://127.0.0.1:9/v1")
    reached = iter([nowhere, nowhere, node])
    engine = Engine(node, lambda: load_embedder(next(reached)))
    modes = [engine.searcher().search("vpn").mode for _ in range(3)]

    assert modes == [Mode.LEXICAL, Mode.LEXICAL, Mode.HYBRID]


def test_a_service_with_another_model_is_not_searched_with(
    settings: Settings, serve: Serve
) -> None:
    reindex(using(settings, serve(create_embedding_app(FakeService(), None))))
    other = FakeService(fingerprint="other")
    node = using(settings, serve(create_embedding_app(other, None)))
    engine = Engine(node, lambda: load_embedder(node))

    assert engine.searcher().search("vpn").mode is Mode.LEXICAL
    assert engine.model_fault is not None
    assert "other" in engine.model_fault.message


BAD: dict[str, Callable[[], Any]] = {
    "HTTP 500": lambda: ("", 500),
    "HTTP 401": lambda: ("", 401),
    "HTTP 302": lambda: redirect("/v1/elsewhere"),
    "cannot be read": lambda: "no JSON",
    "dimensions": lambda: jsonify(data=rows([1.0, 0.0, 0.0])),
    "2 vectors for 1": lambda: jsonify(data=rows([1.0, 0.0], [0.0, 1.0])),
    "0 vectors for 1": lambda: jsonify(data=[]),
    "without a length": lambda: jsonify(data=rows([0.0, 0.0])),
}


@pytest.mark.parametrize("reason", BAD)
def test_answers_that_cannot_be_used_are_refused(reason: str, serve: Serve) -> None:
    service = Scripted()
    endpoint = Endpoint(serve(service.app), None, 5.0)
    good = endpoint.embed("m", ["text"], 2)
    service.answer = BAD[reason]

    assert good.tolist() == [[1.0, 0.0]]
    with pytest.raises(EmbeddingUnavailableError, match=reason):
        endpoint.embed("m", ["text"], 2)


def test_vectors_belong_to_texts_by_their_index(serve: Serve) -> None:
    service = Scripted()
    service.answer = lambda: jsonify(data=rows([2.0, 0.0], [0.0, 3.0])[::-1])

    assert Endpoint(serve(service.app), None, 5.0).embed("m", ["a", "b"], 2).tolist() == [
        [1.0, 0.0],
        [0.0, 1.0],
    ]


def test_a_service_that_does_not_answer_costs_its_time_once(serve: Serve) -> None:
    free = threading.Event()
    service = Scripted()

    def hang() -> Response:
        free.wait(30)
        return jsonify(data=[])

    service.answer = hang
    now = [100.0]
    endpoint = Endpoint(serve(service.app), None, 0.1, breaker=Breaker(lambda: now[0]))
    for _ in range(3):
        with pytest.raises(EmbeddingUnavailableError):
            endpoint.embed("m", ["text"], 2)
    asked_at_first = service.asked
    free.set()
    now[0] += PAUSE_SECONDS
    service.answer = lambda: jsonify(data=rows([1.0, 0.0]))

    assert endpoint.embed("m", ["text"], 2).tolist() == [[1.0, 0.0]]
    assert (asked_at_first, service.asked) == (1, 2)


def test_after_the_pause_one_asks_and_the_others_do_not_wait_for_it() -> None:
    now = [0.0]
    breaker = Breaker(lambda: now[0])
    breaker.ended(well=False)
    at_once = breaker.allows()
    now[0] += PAUSE_SECONDS
    after = [breaker.allows(), breaker.allows()]
    breaker.ended(well=True)

    assert (at_once, after, breaker.allows()) == (False, [True, False], True)


def test_the_key_is_asked_for_and_never_told(
    settings: Settings, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    url = serve(create_embedding_app(FakeService(), KEY))
    node = connect(using(settings, url, embedding_key=KEY))
    wrong = using(settings, url, embedding_key=f"{KEY}x")
    with pytest.raises(EmbeddingUnavailableError) as refused:
        connect(wrong)
    with pytest.raises(EmbeddingUnavailableError) as away:
        connect(using(settings, "http://127.0.0.1:9/v1", embedding_key=KEY))

    assert node.encode_queries(["vpn"]).shape == (1, 64)
    assert "401" in refused.value.message
    assert KEY not in caplog.text + str(refused.value) + str(away.value) + repr(wrong)


def test_a_service_of_others_needs_a_name_and_a_tokenizer_to_build(
    settings: Settings, serve: Serve, tmp_path: Path
) -> None:
    url = serve(Scripted().app)
    with pytest.raises(ModelUnavailableError) as unnamed:
        connect(using(settings, url))
    node = using(settings, url, embedding_model="some-model", query_prefix="ask: ")
    with pytest.raises(ModelUnavailableError, match="tokenizer") as bare:
        reindex(node)
    (tmp_path / "tokenizer.json").write_text(FakeService().tokenizer_json(), encoding="utf-8")
    counted = connect(node.model_copy(update={"model": str(tmp_path)})).count_tokens(["a b c"])

    assert "KB_ASSIST_EMBEDDING_MODEL" in unnamed.value.remedy
    assert "KB_ASSIST_MODEL" in bare.value.remedy
    assert counted == [3]
    identity = connect(node).identity
    assert (identity.name, identity.dimension, identity.query_prefix) == ("some-model", 2, "ask: ")


def test_the_service_bounds_what_it_takes() -> None:
    service = FakeService()
    client = create_embedding_app(service, KEY).test_client()
    signed = {"Authorization": f"Bearer {KEY}"}

    def ask(**body: Any) -> int:
        return client.post("/v1/embeddings", json=body, headers=signed).status_code

    name = served_name(service.identity)
    one = client.post("/v1/embeddings", json={"model": name, "input": "a"}, headers=signed)

    assert [row["index"] for row in one.get_json()["data"]] == [0]
    assert ask(model="fake", input=["a", "b"]) == 200
    signed["Authorization"] = f"bearer {KEY}"
    assert ask(model="fake", input=["a", "b"]) == 200
    assert ask(model="fake@elsewhere", input=["a"]) == 404
    assert ask(model="fake", input=["a"] * 129) == 400
    assert ask(model="fake", input=["a" * 50_001]) == 400
    assert ask(model="fake", input=[]) == 400
    assert ask(model="fake", input=["a"], encoding_format="base64") == 400
    assert ask(model="fake", input="a" * 13_000_000) == 413
    assert client.post("/v1/embeddings", data="{", headers=signed).status_code == 415
    assert client.get("/v1/models").status_code == 401
    assert client.get("/healthz").status_code == 200
    assert "message" in client.get("/nothing", headers=signed).get_json()["error"]


def test_the_model_is_not_served_to_everybody_without_a_key(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_ASSIST_VAR", str(settings.var))
    result = CliRunner().invoke(cli, ["embed-serve", "--host", "0.0.0.0"])

    assert result.exit_code == 3
    assert "KB_ASSIST_EMBEDDING_KEY" in result.stderr


@pytest.mark.model
def test_the_real_model_answers_alike_here_and_there(with_model: Settings, serve: Serve) -> None:
    here = load_local(with_model)
    node = connect(Settings(embedding_url=serve(create_embedding_app(here, None))))
    texts = ["VPN verbindet nicht", "Mein Postfach ist voll: 5.2.2 ", "", "  zwei  Zeilen\n"]

    assert node.identity == here.identity
    assert np.allclose(node.encode_queries(texts), here.encode_queries(texts), atol=1e-5)
    assert node.count_tokens(texts) == here.count_tokens(texts)
