"""Exact numbers on the wire: a decimal where it ends, a fraction where it does not."""

from __future__ import annotations

from fractions import Fraction
from typing import NewType

import strawberry
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
