"""The catalogue of notebooks: for each its source, its typed parameters, and what must lie beside it before it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from api.errors import Invalid, NotFound
from api.notebook import NOTEBOOKS
from policies.backtest.parameters import BacktestParameters
from policies.faults import faults
from policies.sweep.parameters import ChoiceParameters
from policies.vocabulary import VOCABULARY

Needs = Literal["inputs", "orders", "snapshot", "snapshot and policy", "run"]
# What a notebook reads, and how it is named when it is run.
NEEDS: dict[Needs, str] = {
    "inputs": "--inputs FOLDER of a backtest",
    "orders": "--inputs FOLDER with orders.csv",
    "snapshot": "--snapshot DATE or FILE, or --inputs FOLDER",
    "snapshot and policy": "--snapshot DATE or FILE and --policy KEY or FILE, or --inputs FOLDER",
    "run": "--run N, a finished grading",
}


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a date; write it as 2026-03-31") from None
    return text


def _fact(name: object) -> object:
    if name not in VOCABULARY:
        raise ValueError(f"{name!r} is no fact; policies/vocabulary.py lists them, such as amount_12m")
    return name


Day = Annotated[
    str,
    Field(pattern=r"^\d{4}-\d{2}-\d{2}$"),
    BeforeValidator(lambda value: _day(value) if isinstance(value, str) else value),
]
Listed = Annotated[int, Field(ge=1, le=1000)]


class Parameters(BaseModel):
    """What every notebook takes: closed, strict, and JSON values alone."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    folder: str = Field("inputs", min_length=1, description="folder of what the notebook reads")


class ExploreData(Parameters):
    """Parameters of explore_data."""

    date: Day | None = Field(None, description="day of the snapshot; the last when left out")
    facts: list[Annotated[str, BeforeValidator(_fact)]] = Field(
        ["amount_12m", "orders_12m", "tenure", "satisfaction"],
        min_length=1,
        max_length=30,
        description="facts whose distribution is drawn",
    )


class AuthorPolicy(Parameters):
    """Parameters of author_policy."""

    date: Day | None = Field(None, description="day of the snapshot; the last when left out")
    changes: dict[str, str | int] = Field(
        {}, max_length=200, description='places and their new values: {"HC.A2.ladder.cuts.1": "12"}'
    )
    balances: dict[str, str] = Field(
        {}, max_length=50, description='weights, the others in proportion: {"HC.A2": "18%"}'
    )
    customer: int | None = Field(None, ge=1, description="customer to explain; the largest who moves when left out")
    listed: Listed = Field(20, description="movers listed by name")


class MonthlyReport(Parameters):
    """Parameters of monthly_report."""

    listed: Listed = Field(20, description="customers listed in each table")


class BacktestPolicy(BacktestParameters):
    """Parameters of backtest_policy: those of a backtest, and its folder."""

    folder: str = Field("inputs", min_length=1, description="folder of what the notebook reads")


class RfmSegments(Parameters):
    """Parameters of rfm_segments."""

    date: Day = Field("2006-12-31", description="day at whose end the facts are taken")
    policy: str = Field(
        "rfm-segments", min_length=1, max_length=200, description="a shipped policy, or the path of a file"
    )


@dataclass(frozen=True)
class Notebook:
    """One notebook of the catalogue."""

    name: str
    zh: str
    en: str
    model: type[BaseModel]
    needs: Needs

    @property
    def source(self) -> Path:
        """Return its percent source."""
        return NOTEBOOKS / f"{self.name}.py"

    def checked(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters as JSON values, complete; Invalid names every wrong one, its value and the cure."""
        try:
            return self.model.model_validate(dict(values)).model_dump(mode="json")
        except ValidationError as error:
            told = faults(error, ", ".join(self.model.model_fields))
            raise Invalid(f"The parameters of {self.name} are not valid: {told}.") from None


CATALOGUE: dict[str, Notebook] = {
    one.name: one
    for one in (
        Notebook("explore_data", "探索数据", "explore the data", ExploreData, "snapshot"),
        Notebook("author_policy", "编写政策", "author a policy", AuthorPolicy, "snapshot and policy"),
        Notebook("backtest_policy", "政策回测", "backtest a policy", BacktestPolicy, "inputs"),
        Notebook("review_choice", "敏感选择的审阅", "review of a sensitive choice", ChoiceParameters, "inputs"),
        Notebook("rfm_segments", "订单文件的分群", "segments of a file of orders", RfmSegments, "orders"),
        Notebook("monthly_report", "评级月报", "monthly grading report", MonthlyReport, "run"),
    )
}


def notebook(name: str) -> Notebook:
    """Return a notebook by its name; NotFound names those that there are."""
    if name not in CATALOGUE:
        raise NotFound(f"There is no notebook {name!r}; there are {', '.join(CATALOGUE)}.")
    return CATALOGUE[name]


def table() -> list[str]:
    """Return the catalogue as the lines of a Markdown table; notebooks/README.md shows it and a test compares."""
    lines = ["| notebook | what | needs | parameters |", "|---|---|---|---|"]
    for one in CATALOGUE.values():
        names = ", ".join(f"`{name}`" for name in one.model.model_fields if name != "folder")
        lines.append(f"| `{one.name}` | {one.zh} {one.en} | {NEEDS[one.needs]} | {names} |")
    return lines
