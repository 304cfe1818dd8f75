"""The scalars on the wire: exact numbers, a decimal where it ends and a fraction where it does not; days, instants, amounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NewType

import strawberry
from strawberry.scalars import JSON
from strawberry.schema.types.scalar import DEFAULT_SCALAR_REGISTRY
from strawberry.types.scalar import ScalarDefinition

from policies.exact import decimal_text

Exact = NewType("Exact", Fraction)

SCALARS: dict[object, ScalarDefinition] = {
    Exact: strawberry.scalar(
        name="Exact",
        description='An exact number as text: a decimal ("83.5"), or a fraction ("250/3") where no decimal is exact. 精确数值',
        serialize=decimal_text,
    )
}
SCALARS |= {
    kind: replace(DEFAULT_SCALAR_REGISTRY[kind], description=description)
    for kind, description in {
        date: "A day as text: 2026-01-31. 日期",
        datetime: "An instant as text with its zone: 2026-01-31T09:30:00+08:00. 时刻",
        Decimal: 'An exact decimal as text: "1234.50"; an input may also be a number. 精确小数',
        JSON: "Any value of JSON. 任意 JSON 值",
    }.items()
}
