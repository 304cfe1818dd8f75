"""OpenTelemetry: one span an operation, which continues its caller's trace and holds no argument; refused without the extra."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import world
from sqlalchemy import Engine
from starlette.testclient import TestClient

from api.app import make_app
from api.endpoint.context import Context
from api.observation import Observed
from api.operations.root import schema
from api.telemetry import PARENT, Traces

pytest.importorskip("opentelemetry.sdk", reason="the extra telemetry is not installed")


def test_an_operation_is_one_span_in_its_callers_trace() -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    traces, seen = Traces(provider), Observed("request-1")
    trace, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    token = PARENT.set({"traceparent": f"00-{trace}-{parent}-01"})
    with traces.span(seen):
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


def test_each_operation_over_http_is_a_span_of_its_request_without_what_it_asks(
    sqlite_engine: Engine, tmp_path: Path
) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    made = world.build(sqlite_engine, tmp_path, 2, graded=False)
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = {"authorization": f"Bearer {world.key(made, 'sales')}", "traceparent": parent, "x-request-id": "r-4711-x"}
    asked = [
        {"query": 'query Q13800001234 { a: customers(filter: {name: {contains: "13800001234"}}) { totalCount } me { login } }'},
        {"query": "{ nothing13800001234 }"},
        {"query": "{ customers(first: 501) { totalCount } }", "variables": {"x": "13800001234"}},
    ]  # fmt: skip
    with TestClient(make_app(sqlite_engine, tmp_path, worker=False), headers=headers) as client:
        schema.traces = Traces(provider)
        try:
            client.post("/graphql", json=asked)
        finally:
            schema.traces = None
    spans = kept.get_finished_spans()
    assert [span.name for span in spans] == ["query customers me", "unknown", "query customers"]
    attributes = [dict(span.attributes or {}) for span in spans]
    assert [found["fenji.outcome"] for found in attributes] == ["done", "refused", "errors"]
    assert [found.get("fenji.code") for found in attributes] == [None, "invalid", "invalid"]
    assert {found["fenji.request"] for found in attributes} == {"r-4711-x"}
    assert {f"{span.context.trace_id:032x}" for span in spans} == {parent.split("-")[1]}
    assert {f"{span.parent.span_id:016x}" for span in spans if span.parent} == {parent.split("-")[2]}
    assert not [span for span in spans if "13800001234" in span.to_json()]


def test_a_subscription_is_one_span_when_it_begins_or_is_refused(sqlite_engine: Engine, tmp_path: Path) -> None:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    made = world.build(sqlite_engine, tmp_path, 1, graded=False)
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))

    async def begun(query: str) -> None:
        context = Context(made.engine, tmp_path, world.key(made, "sales"))
        await (await schema.stream(query, None, context)).aclose()

    schema.traces = Traces(provider)
    try:
        for query in ("subscription { runs { id } }", "subscription { nothing }", "{ me { login } }"):
            asyncio.run(begun(query))
    finally:
        schema.traces = None
    told = [(span.name, dict(span.attributes or {})["fenji.outcome"]) for span in kept.get_finished_spans()]
    assert told == [("subscription runs", "done"), ("unknown", "refused"), ("query me", "done")]
