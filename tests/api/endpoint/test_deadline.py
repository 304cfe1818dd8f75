"""The time of an operation ends whatever it does, also what it is only about to do."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import Engine

from api.database import answering
from api.endpoint.deadline import Deadline
from policies.refusal import Refusal

LONG = {
    "sqlite": "with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000000) select count(*) from n",
    "postgresql": "select pg_sleep(60)",
}


def test_a_statement_that_begins_while_the_time_ends_is_ended(engine: Engine) -> None:
    deadline = Deadline(30)
    ending = threading.Thread(target=deadline.expire)

    def late() -> None:
        with answering(engine) as connection, deadline.over(connection):
            ending.start()
            time.sleep(0.2)  # whoever is told once to end has been told by now
            connection.exec_driver_sql(LONG[engine.dialect.name])

    began = time.monotonic()
    with pytest.raises(Refusal, match="more than 30 seconds"):
        late()
    ending.join(10)
    assert not ending.is_alive()
    assert time.monotonic() - began < 20


def test_nothing_begins_after_the_time_has_ended(engine: Engine) -> None:
    deadline = Deadline(30)
    deadline.expire()
    with answering(engine) as connection, pytest.raises(Refusal, match="more than 30 seconds"):
        deadline.over(connection).__enter__()
