"""The published schema is the schema, every part of it says what it is, and it does not promise what a table may lack."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    is_leaf_type,
    is_non_null_type,
    specified_scalar_types,
)
from sqlalchemy.inspection import inspect

from api.operations.root import schema
from schema import tables
from schema.objects.appointment import AppointmentKind
from schema.objects.backtest import BacktestState, WorkState
from schema.objects.fall import FallDecided
from schema.objects.improvement import ImprovementState
from schema.objects.need import Urgency
from schema.objects.policy import PolicyState
from schema.objects.standing import Held
from schema.objects.status_change import CustomerStatus
from schema.objects.user import Role
from schema.select.field import Column, Relation, model_of, source_of
from schema.tables.appointment import KINDS
from schema.tables.backtest import BACKTEST_STATES
from schema.tables.customer import STATUSES
from schema.tables.fall import DECISIONS
from schema.tables.grade import GRADE_STATUSES
from schema.tables.improvement import IMPROVEMENT_STATES
from schema.tables.need import URGENCIES
from schema.tables.policy import POLICY_STATES
from schema.tables.run import RUN_STATES
from schema.tables.standing import HELD
from schema.tables.user import ROLES

PUBLISHED = Path(__file__).resolve().parents[2] / "schema" / "schema.graphql"
OWN = [type_ for name, type_ in schema._schema.type_map.items() if not name.startswith("__")]


def test_the_published_schema_is_current() -> None:
    assert PUBLISHED.read_text() == schema.as_str() + "\n", "run: fenji schema > schema/schema.graphql"


def test_every_type_field_and_argument_says_what_it_is_in_english_and_chinese() -> None:
    silent = []

    def says(part: Any) -> bool:
        return re.search("[a-z].*[\u4e00-\u9fff]", part.description or "", re.DOTALL) is not None

    for type_ in OWN:
        if not says(type_) and type_.name not in specified_scalar_types:
            silent.append(type_.name)
        if isinstance(type_, (GraphQLObjectType, GraphQLInputObjectType)):
            for name, field in type_.fields.items():
                silent += [] if says(field) else [f"{type_.name}.{name}"]
                for key, argument in getattr(field, "args", {}).items():
                    silent += [] if says(argument) else [f"{type_.name}.{name}({key})"]
        if isinstance(type_, GraphQLEnumType):
            silent += [f"{type_.name}.{name}" for name, value in type_.values.items() if not says(value)]
    assert silent == []


def test_what_is_deprecated_says_what_to_use_instead() -> None:
    found = {}
    for type_ in OWN:
        if isinstance(type_, (GraphQLObjectType, GraphQLInputObjectType)):
            for name, field in type_.fields.items():
                parts = {f"{type_.name}.{name}": field}
                parts |= {f"{type_.name}.{name}({key})": one for key, one in getattr(field, "args", {}).items()}
                found |= {place: part.deprecation_reason for place, part in parts.items() if part.deprecation_reason}
        if isinstance(type_, GraphQLEnumType):
            found |= {
                f"{type_.name}.{n}": v.deprecation_reason for n, v in type_.values.items() if v.deprecation_reason
            }
    assert found.keys() == {"Query.apiKeys(login)"}
    assert [reason for reason in found.values() if not reason.startswith("Use ")] == []


def mapped() -> list[tuple[GraphQLObjectType, Any]]:
    found = []
    for type_ in OWN:
        model = (
            model_of(type_.extensions.get("strawberry-definition")) if isinstance(type_, GraphQLObjectType) else None
        )
        if model is not None and isinstance(type_, GraphQLObjectType):
            found.append((type_, inspect(model)))
    return found


def test_a_field_is_non_null_exactly_where_its_column_is() -> None:
    wrong = []
    for type_, mapper in mapped():
        for name, field in type_.fields.items():
            definition = field.extensions["strawberry-definition"]
            source = source_of(definition)
            if isinstance(source, Column):
                column = mapper.attrs[source.name or definition.python_name].columns[0]
                wrong += [] if column.nullable != is_non_null_type(field.type) else [f"{type_.name}.{name}"]
            elif isinstance(source, Relation):
                relation = mapper.relationships[source.name or definition.python_name]
                nullable = not relation.uselist and any(local.nullable for local, _ in relation.local_remote_pairs)
                wrong += [] if nullable != is_non_null_type(field.type) else [f"{type_.name}.{name}"]
    # to-one by the other side's key, and there may be none
    assert sorted(wrong) == ["Customer.grade", "Grade.standing", "Standing.decision"]


def test_every_field_of_a_mapped_type_can_be_planned() -> None:
    assert len(mapped()) == 29
    for type_, _ in mapped():
        for name, field in type_.fields.items():
            assert source_of(field.extensions["strawberry-definition"]) is not None, f"{type_.name}.{name}"


@pytest.mark.parametrize(
    ("enum", "stored"),
    [
        (CustomerStatus, STATUSES), (ImprovementState, IMPROVEMENT_STATES), (Urgency, URGENCIES), (PolicyState, POLICY_STATES),
        (Role, ROLES), (WorkState, RUN_STATES), (BacktestState, (*BACKTEST_STATES, "cancelled")), (Held, HELD),
        (FallDecided, DECISIONS), (AppointmentKind, KINDS),
    ],
)  # fmt: skip
def test_an_enum_has_the_values_that_its_table_allows(enum: Any, stored: tuple[str, ...]) -> None:
    assert [member.value for member in enum] == list(stored)


def test_the_status_of_a_grade_has_the_values_that_its_table_allows() -> None:
    from schema.objects.explanation import GradeStatus

    assert [member.value for member in GradeStatus] == list(GRADE_STATUSES)


def test_every_noun_of_the_tables_is_on_the_wire() -> None:
    shown = {mapper.class_ for _, mapper in mapped()}
    inner = {
        tables.Audit, tables.AuditSeal, tables.BulkCall, tables.CurrentGrade, tables.CustomerNumber, tables.CustomerTag, tables.Event, tables.Intake, tables.Job,
        tables.JobEvent, tables.PageSession, tables.Plan, tables.PlanTier, tables.PolicyChampion, tables.PolicyContribution, tables.PolicySubmission,
    }  # fmt: skip
    assert {mapper.class_ for mapper in tables.Base.registry.mappers} == shown | inner


def test_leaves_are_the_scalars_we_know() -> None:
    names = {type_.name for type_ in OWN if is_leaf_type(type_) and not isinstance(type_, GraphQLEnumType)}
    assert names == {"Boolean", "Date", "DateTime", "Decimal", "Exact", "ID", "Int", "JSON", "String"}
