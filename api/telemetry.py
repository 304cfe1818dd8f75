"""OpenTelemetry, where the extra ``telemetry`` and an address are given: one span an operation, and no argument in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from api.errors import ExtraMissing
from api.observation import Observed

# The W3C headers of the request at hand, by which a span continues its caller's trace.
PARENT: ContextVar[dict[str, str]] = ContextVar("trace_parent")
NAMES = (b"traceparent", b"tracestate")


class Traces:
    """Sends the spans of this process to a collector."""

    def __init__(self, provider: Any) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self.provider, self.tracer = provider, provider.get_tracer("fenji")
        self.propagator = TraceContextTextMapPropagator()

    @classmethod
    def to(cls, address: str) -> Traces:
        """Return traces that go to an OTLP/HTTP collector; ExtraMissing when the extra is not installed."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ModuleNotFoundError as error:
            raise ExtraMissing("telemetry", [str(error.name)]) from error
        provider = TracerProvider(resource=Resource.create({"service.name": "fenji"}))
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{address.rstrip('/')}/v1/traces")))
        return cls(provider)

    @contextmanager
    def span(self, seen: Observed) -> Iterator[None]:
        """Open the span of an operation: its kind, root fields, cost and outcome are told when it ends."""
        parent = self.propagator.extract(PARENT.get({}))
        with self.tracer.start_as_current_span(
            "operation", context=parent, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield
            finally:
                span.update_name(f"{seen.kind} {' '.join(seen.fields)}".strip())
                told = {"graphql.operation.type": seen.kind, "fenji.fields": list(seen.fields), "fenji.outcome": seen.outcome,
                        "fenji.code": seen.code, "fenji.cost": seen.cost, "fenji.request": seen.request}  # fmt: skip
                span.set_attributes({name: value for name, value in told.items() if value is not None})

    def stop(self) -> None:
        """Send what waits."""
        self.provider.shutdown()
