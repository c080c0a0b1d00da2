"""``kb-assist embed-serve``."""

from __future__ import annotations

import logging
import sys

import click
import waitress

from kb_assist.api.embeddings import create_embedding_app, served_name
from kb_assist.cli.serve import check_port
from kb_assist.errors import SettingsError
from kb_assist.indexer.embedding.embedder import load_embedder
from kb_assist.settings import load_settings

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@click.command("embed-serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8090, show_default=True)
def embed_serve(host: str, port: int) -> None:
    """Serve the embedding model to other nodes (POST /v1/embeddings), so that they load none.

    They set KB_ASSIST_EMBEDDING_URL to it. KB_ASSIST_EMBEDDING_KEY, the same on both sides,
    keeps others out; without it only this machine may ask.
    """
    settings = load_settings(host=host, port=port)
    logging.getLogger().setLevel(settings.log_level)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    key = settings.embedding_key.get_secret_value() if settings.embedding_key else None
    if key is None and host not in _LOOPBACK:
        raise SettingsError(
            f"Whoever reaches {host} could use the model.",
            remedy="Set KB_ASSIST_EMBEDDING_KEY (or …_KEY_FILE) here and on the nodes.",
        )
    check_port(settings)
    click.echo("Loading the model …", err=True)
    embedder = load_embedder(settings)
    app = create_embedding_app(embedder, key)
    click.echo(f"{served_name(embedder.identity)} is served at http://{host}:{port}/v1")
    sys.stdout.flush()
    waitress.serve(app, host=host, port=port, threads=settings.server_threads, ident=None)
