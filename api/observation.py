"""What is observed of operations, requests, subscriptions and jobs: figures for /metrics, and lines of the log."""

from __future__ import annotations

import logging
import os
import time
from dataclasses import dataclass, field
from functools import cache

from prometheus_client import REGISTRY as OWN
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own name: the folder in which several processes add up
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
LOG = logging.getLogger("fenji.operation")

OPERATIONS = Counter("fenji_operations", "GraphQL operations by kind and outcome.", ["kind", "outcome"])
SECONDS = Histogram("fenji_operation_seconds", "Seconds that an operation took.", ["kind"], buckets=BOUNDS)
RUNNING = Gauge("fenji_operations_running", "Operations under way.", multiprocess_mode="livesum")
REQUESTS = Counter("fenji_requests", "HTTP requests by status.", ["status"])
SOCKETS = Gauge("fenji_sockets", "Open WebSockets.", multiprocess_mode="livesum")
SUBSCRIPTIONS = Gauge("fenji_subscriptions", "Open subscriptions.", multiprocess_mode="livesum")
TOLD = Counter("fenji_messages", "Messages told to subscribers.")
JOBS = Counter("fenji_jobs", "Jobs by kind and outcome.", ["kind", "outcome"])
JOB_SECONDS = Histogram("fenji_job_seconds", "Seconds that a job took.", ["kind"], buckets=(*BOUNDS, 60, 300, 1800))


@cache
def _counter(kind: str, outcome: str) -> Counter:
    return OPERATIONS.labels(kind, outcome)


@cache
def _seconds(kind: str) -> Histogram:
    return SECONDS.labels(kind)


@dataclass(slots=True)
class Observed:
    """An operation under way, from the beginning to the end of the block; who answers it says what came of it.

    Its kind and root fields are names of the schema, and nothing that its caller wrote is kept.
    """

    request: str
    kind: str = "unknown"
    fields: tuple[str, ...] = ()
    outcome: str = "invalid"
    code: str | None = None
    cost: int | None = None
    began: float = field(default_factory=time.perf_counter)

    def __enter__(self) -> Observed:
        RUNNING.inc()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        RUNNING.dec()
        if error is not None:
            self.outcome = "failed"
        seconds = time.perf_counter() - self.began
        _counter(self.kind, self.outcome).inc()
        _seconds(self.kind).observe(seconds)
        if LOG.isEnabledFor(logging.INFO):
            LOG.info(
                "%s %s: %s", self.kind, " ".join(self.fields), self.outcome,
                extra={"kind": self.kind, "fields": list(self.fields), "outcome": self.outcome, "code": self.code,
                       "cost": self.cost, "milliseconds": round(seconds * 1000, 2), "request": self.request},
            )  # fmt: skip


def figures() -> bytes:
    """Return the figures in Prometheus's text format, of all processes of this server together."""
    if SHARED not in os.environ:
        return generate_latest(OWN)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no annotations
    return generate_latest(registry)
