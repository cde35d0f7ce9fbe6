"""What a server says of itself to Prometheus, from a registry of its own."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """Counters of one server process.

    Parameters
    ----------
    model, version : str
        The labels of every series.
    """

    def __init__(self, model: str, version: str) -> None:
        self._registry = CollectorRegistry()
        labels = ("model", "version")
        self._requests = Counter(
            "notewright_requests_total",
            "Inference requests by HTTP status.",
            (*labels, "status"),
            registry=self._registry,
        )
        self._rows = Counter(
            "notewright_rows_total", "Rows predicted.", labels, registry=self._registry
        ).labels(model, version)
        self._seconds = Histogram(
            "notewright_request_seconds",
            "Seconds from a request to its answer.",
            labels,
            buckets=_BUCKETS,
            registry=self._registry,
        ).labels(model, version)
        self._outside = Counter(
            "notewright_rows_outside_training_total",
            "Requests with a value outside what training saw.",
            labels,
            registry=self._registry,
        ).labels(model, version)
        self._unlogged = Counter(
            "notewright_unlogged_refusals_total",
            "Refused requests that the prediction log had no room for.",
            labels,
            registry=self._registry,
        ).labels(model, version)
        Gauge(
            "notewright_up", "1 while the model is loaded.", labels, registry=self._registry
        ).labels(model, version).set(1)
        self._labels = (model, version)
        self._by_status: dict[int, Counter] = {}

    def answered(self, status: int, seconds: float, rows: int) -> None:
        """Count one request."""
        counter = self._by_status.get(status)
        if counter is None:
            counter = self._by_status[status] = self._requests.labels(*self._labels, str(status))
        counter.inc()
        self._seconds.observe(seconds)
        if rows:
            self._rows.inc(rows)

    def outside(self) -> None:
        """Count a request with a value outside what training saw."""
        self._outside.inc()

    def unlogged(self) -> None:
        """Count a refusal that was not logged."""
        self._unlogged.inc()

    def text(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self._registry)
