"""OpenTelemetry: one span an operation, which continues its caller's trace and holds no argument; refused without the extra."""

from __future__ import annotations

import pytest

from api.observation import Observed
from api.telemetry import PARENT, Traces

pytest.importorskip("opentelemetry.sdk", reason="the extra telemetry is not installed")


def test_an_operation_is_one_span_in_its_callers_trace() -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    traces, seen = Traces(provider), Observed()
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    token = PARENT.set({"traceparent": f"00-{trace}-{parent}-01"})
    with traces.span(seen, "request-1"):
        seen.kind, seen.fields, seen.outcome, seen.cost = "query", ("customers",), "done", 7
    PARENT.reset(token)
    (span,) = kept.get_finished_spans()
    assert span.name == "query customers"
    assert f"{span.context.trace_id:032x}" == trace
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == parent
    assert dict(span.attributes or {}) == {
        "graphql.operation.type": "query", "fenji.fields": ("customers",), "fenji.outcome": "done", "fenji.cost": 7,
        "fenji.request": "request-1",
    }  # fmt: skip
    traces.stop()
