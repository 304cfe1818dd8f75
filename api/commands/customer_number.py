"""Customer numbers ``YYYYMM-NNNN``, running within the month, unique under concurrent entry, never used again (R1.2)."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from schema.tables import CustomerNumber


def next_numbers(session: Session, day: date, count: int) -> list[str]:
    """Take the next ``count`` numbers of the month of ``day``; from the 10,000th of a month on they have five digits.

    One statement counts up and locks the month's row until the caller's transaction ends, so that two entries at once
    wait for each other; a transaction that is rolled back gives its numbers back.
    """
    month = f"{day:%Y%m}"
    dialect: Any = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    entry = dialect.insert(CustomerNumber).values(month=month, last=count)
    counted = entry.on_conflict_do_update(
        index_elements=[CustomerNumber.month], set_={"last": CustomerNumber.last + entry.excluded.last}
    ).returning(CustomerNumber.last)
    last = session.connection().execute(counted).scalar_one()
    return [f"{month}-{number:04d}" for number in range(last - count + 1, last + 1)]
