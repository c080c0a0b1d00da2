"""Figures about requests and the served index, in Prometheus form."""

from __future__ import annotations

import time
from collections.abc import Sequence

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from kb_assist.engine import Engine
from kb_assist.errors import KbError
from kb_assist.monitoring.model import Health, Watched
from kb_assist.monitoring.outage_model import Outage

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """The figures of one application; a registry of its own, so that tests do not share."""

    def __init__(self, node: str = "") -> None:
        self.registry = CollectorRegistry()
        Info("kb_assist_node", "The web node.", registry=self.registry).info({"node": node})
        self._requests = Counter(
            "kb_assist_requests",
            "Requests by endpoint and status.",
            ["endpoint", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "kb_assist_request_seconds",
            "Time to answer, by endpoint.",
            ["endpoint"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._articles = Gauge(
            "kb_assist_index_articles", "Articles in the served index.", registry=self.registry
        )
        self._chunks = Gauge(
            "kb_assist_index_chunks", "Chunks in the served index.", registry=self.registry
        )
        self._degraded = Gauge(
            "kb_assist_degraded",
            "1 while search runs without the model or on an older index.",
            registry=self.registry,
        )

        self._tools = Gauge(
            "kb_assist_tools",
            "Tools by health, without those paused.",
            ["health"],
            registry=self.registry,
        )
        self._outages = Gauge(
            "kb_assist_outages_open",
            "Open outages that follow from no other.",
            registry=self.registry,
        )
        self._surges = Gauge(
            "kb_assist_surges_open",
            "Surges that no outage explains and nobody dismissed.",
            registry=self.registry,
        )
        self._probed = Gauge(
            "kb_assist_newest_probe_timestamp_seconds",
            "When a tool was probed last; 0: never.",
            registry=self.registry,
        )

    def attach(self, app: Flask) -> None:
        @app.before_request
        def begin() -> None:
            g.started = time.perf_counter()

        @app.after_request
        def count(response: Response) -> Response:
            endpoint = request.endpoint or "unknown"
            self._requests.labels(endpoint, str(response.status_code)).inc()
            if "started" in g:
                self._seconds.labels(endpoint).observe(time.perf_counter() - g.started)
            return response

    def update_index(self, engine: Engine) -> None:
        """Read the served index's figures; called when the figures are asked for."""
        try:
            manifest = engine.searcher().snapshot.manifest
        except KbError:
            self._degraded.set(1)
            return
        self._articles.set(manifest.articles)
        self._chunks.set(manifest.chunks)
        self._degraded.set(1 if engine.index_fault or engine.model_fault else 0)

    def update_tools(
        self, tools: Sequence[Watched], standing: Sequence[Outage], *, surges: int
    ) -> None:
        """Take over how the tools are; called when the figures are asked for."""
        for health in Health:
            count = sum(one.health is health and not one.tool.paused for one in tools)
            self._tools.labels(health.value).set(count)
        self._outages.set(sum(one.cause_id is None for one in standing))
        self._surges.set(surges)
        newest = max((one.checked_at for one in tools if one.checked_at), default=None)
        self._probed.set(0 if newest is None else newest.timestamp())
