"""Customer numbers: running within the month, unique under concurrent entry, wider from the 10,000th on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from sqlalchemy import Engine

from api.commands.customer_number import next_numbers
from api.database import writing
from schema.tables import CustomerNumber


def test_numbers_run_within_each_month(engine: Engine) -> None:
    with writing(engine) as session:
        assert next_numbers(session, date(2024, 5, 31), 2) == ["202405-0001", "202405-0002"]
        assert next_numbers(session, date(2024, 6, 1), 1) == ["202406-0001"]
        assert next_numbers(session, date(2024, 5, 1), 1) == ["202405-0003"]


def test_the_ten_thousandth_number_is_wider_instead_of_failing(engine: Engine) -> None:
    with writing(engine) as session:
        session.add(CustomerNumber(month="202405", last=9998))
    with writing(engine) as session:
        assert next_numbers(session, date(2024, 5, 1), 2) == ["202405-9999", "202405-10000"]


def test_eight_entries_at_once_get_eighty_different_numbers(engine: Engine) -> None:
    def enter(_worker: int) -> list[str]:
        numbers = []
        for _ in range(5):
            with writing(engine) as session:
                numbers += next_numbers(session, date(2024, 5, 1), 2)
        return numbers

    with ThreadPoolExecutor(8) as pool:
        found = [number for numbers in pool.map(enter, range(8)) for number in numbers]
    assert sorted(found) == [f"202405-{number:04d}" for number in range(1, 81)]
