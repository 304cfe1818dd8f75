"""Limits for go or no-go: bounds on figures, fixed with the parameters before a run, and judged from its metrics alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, field_validator, model_validator

from policies.backtest.service import Number
from policies.exact import decimal_text
from policies.values import Labels

Unit = Literal["share", "money", "count", "number"]
# How many of what metrics.json holds make one of what a limit says: basis points, fen, pieces, plain numbers.
SCALE: dict[Unit, int] = {"share": 10_000, "money": 100, "count": 1, "number": 1}
Plain = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """A figure that a limit may bound: its name for readers, its unit, and where it stands in the metrics of a date.

    With ``walk`` it is one of the whole run and stands in the metrics themselves.
    """

    title: Labels
    unit: Unit
    find: Callable[[Plain], Any]
    walk: bool = False


def _gain(*path: str) -> Callable[[Plain], Any]:
    """Return how to find the candidate's figure less the champion's."""

    def find(date: Plain) -> Any:
        candidate, champion = _at("candidate", *path)(date), _at("champion", *path)(date)
        if candidate is None or champion is None:
            return None
        return candidate - champion if isinstance(candidate, int) else _decimal(candidate) - _decimal(champion)

    return find


def _at(*path: str) -> Callable[[Plain], Any]:
    """Return how to find what stands at a path, None where a step of it does not exist."""

    def find(found: Any) -> Any:
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else None
        return found

    return find


def _share(of: Callable[[Plain], Any]) -> Callable[[Plain], Any]:
    """Return how to find a number of customers as a share of all in basis points, rounded half to even."""

    def find(date: Plain) -> Any:
        number, everyone = of(date), sum(row["customers"] for row in date["candidate"]["structure"])
        return None if number is None or not everyone else round(Fraction(number, everyone) * 10_000)

    return find


def _place(place: str) -> Callable[[Plain], Any]:
    return lambda date: next(row["customers"] for row in date["candidate"]["structure"] if row["place"] == place)


def _low(run: Plain, measure: str) -> Any:
    """Find the lower end of the interval of a difference over all dates together."""
    found = run["estimates"]["together"][measure].get("difference")
    return None if found is None else found[1]


def _figure(zh: str, en: str, unit: Unit, find: Callable[[Plain], Any], walk: bool = False) -> Figure:
    return Figure(Labels(zh=zh, en=en), unit, find, walk)


FIGURES: dict[str, Figure] = {
    "auc": _figure("草案 AUC", "AUC of the candidate", "number", _at("candidate", "auc")),
    "auc_gain": _figure("AUC 之差,草案减现行", "AUC, candidate less champion", "number", _gain("auc")),
    "gini": _figure("草案 Gini 系数 (2 AUC - 1)", "Gini of the candidate (2 AUC - 1)", "number", _at("candidate", "gini")),
    "ks": _figure("草案 KS", "KS of the candidate", "number", _at("candidate", "ks")),
    **{
        f"capture_{top}": _figure(f"草案前 {top}% 捕获", f"captured by the candidate's top {top} %", "share",
                                  _at("candidate", "capture", str(top)))
        for top in (5, 10, 20, 40)
    },
    **{
        f"capture_gain_{top}": _figure(f"前 {top}% 捕获之差", f"captured by the top {top} %, candidate less champion",
                                       "share", _gain("capture", str(top)))
        for top in (5, 10, 20, 40)
    },
    "breaks": _figure("次序颠倒的相邻等级对数", "neighbouring tiers in the wrong order", "count",
                      lambda date: len(date["candidate"]["breaks"])),
    "trend_p": _figure("Jonckheere–Terpstra 检验 p 值", "p of Jonckheere–Terpstra", "number",
                       _at("candidate", "trend", "p")),
    "kappa_linear": _figure("线性加权 kappa", "linearly weighted kappa", "number", _at("migration", "kappa_linear")),
    "kappa_quadratic": _figure("二次加权 kappa", "quadratically weighted kappa", "number",
                               _at("migration", "kappa_quadratic")),
    "tau_b": _figure("Kendall tau-b", "Kendall's tau-b", "number", _at("migration", "tau_b")),
    "up": _figure("上升占比", "share who rise", "share", _share(_at("migration", "up"))),
    "down": _figure("下降占比", "share who fall", "share", _share(_at("migration", "down"))),
    "far": _figure("两级以上变动占比", "share who move two tiers or more", "share", _share(_at("migration", "far"))),
    "swap_in": _figure("进入客户数", "customers who enter", "count", _at("swap", "in", "customers")),
    "swap_out": _figure("退出客户数", "customers who leave", "count", _at("swap", "out", "customers")),
    "swap_net": _figure("进出净值", "net value of the swap set", "money", _at("swap", "net")),
    "psi": _figure("草案对现行的 PSI", "PSI, champion to candidate", "number", _at("migration", "psi", "index")),
    "psi_time": _figure("草案对首日的 PSI", "PSI, first date to this one", "number", _at("candidate", "psi", "index")),
    "csi": _figure("草案最大的 CSI (对首日)", "greatest CSI since the first date", "number",
                   lambda date: max((one["index"] for one in date["candidate"]["csi"].values() if one), default=None)),
    "borderline": _figure("临界客户占比", "share near a bound", "share", _at("candidate", "borderline", "share")),
    "determinate": _figure("信息不全仍可定级占比", "incomplete, graded all the same", "share",
                           _at("candidate", "missing", "determinate_of_incomplete")),
    "suspects": _figure("疑似泄漏的事实数", "facts that foretell too well", "count", lambda date: len(date["suspects"])),
    "overrides": _figure("人工改级占比", "share overridden by people", "share", _at("people", "rate")),
    "mcnemar_p": _figure("McNemar 检验 p 值", "p of McNemar", "number", _at("swap", "mcnemar")),
    "pending": _figure("待定占比", "share who are pending", "share", _share(_place("pending"))),
    "errors": _figure("错误客户数", "customers in error", "count", _place("error")),
    "hours_used": _figure("服务工时占用率", "share of the service hours needed", "share",
                          _at("candidate", "service", "used")),
    "cost": _figure("服务成本", "cost of service", "money", _at("candidate", "service", "cost")),
    "cost_gain": _figure("服务成本之差", "cost of service, candidate less champion", "money", _gain("service", "cost")),
    "auc_gain_low": _figure("AUC 之差的区间下限 (全部日期)", "lower end of the AUC's difference, all dates", "number",
                            lambda run: _low(run, "auc"), walk=True),
    "capture_gain_20_low": _figure("前 20% 捕获之差的区间下限 (全部日期)", "lower end of the difference of the top 20 %, all dates",
                                   "number", lambda run: _low(run, "capture_20"), walk=True),
    "yoyo": _figure("草案忽升忽降占比", "share who rose and fell", "share",
                    _at("stability", "candidate", "held", "of_customers"), walk=True),
}  # fmt: skip


class Limit(BaseModel):
    """A bound on a figure, inclusive: exactly one of ``at_most`` and ``at_least``, in its unit (a share as 5% or 0.05)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    figure: str = Field(strict=True)
    at_most: Annotated[Number | None, PlainSerializer(lambda bound: None if bound is None else decimal_text(bound))] = (
        None
    )
    at_least: Annotated[
        Number | None, PlainSerializer(lambda bound: None if bound is None else decimal_text(bound))
    ] = None

    @field_validator("figure")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in FIGURES:
            raise ValueError(f"no limit can be set on {name!r}; known: {', '.join(FIGURES)}")
        return name

    @model_validator(mode="after")
    def _one(self) -> Limit:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError(f"{self.figure} needs one of at_most and at_least")
        return self

    def passed(self, value: Any) -> bool:
        """Say whether a value as it stands in metrics.json keeps the limit; no value does not."""
        if value is None:
            return False
        number = _decimal(value) / SCALE[FIGURES[self.figure].unit]
        return number <= self.at_most if self.at_most is not None else number >= (self.at_least or 0)


def _decimal(value: Any) -> Fraction:
    """Return a number of metrics.json as it is written there."""
    return Fraction(Decimal(repr(value))) if isinstance(value, float) else Fraction(value)


def judge(limits: Sequence[Limit], metrics: Plain) -> list[dict[str, Any]]:
    """Return each limit with the worst value of all dates, the first date that has it, and whether every date keeps it.

    ``metrics`` are those of a run without its verdict.  A figure of the whole run has no date; a date without the figure
    is the worst.
    """
    return [_judged(limit, metrics) for limit in limits]


def _judged(limit: Limit, metrics: Plain) -> dict[str, Any]:
    figure = FIGURES[limit.figure]
    values: list[tuple[str | None, Any]] = (
        [(None, figure.find(metrics))] if figure.walk else [(day, figure.find(found)) for day, found in metrics["dates"].items()]
    )  # fmt: skip
    sign = 1 if limit.at_most is not None else -1
    date, value = max(values, key=lambda one: (one[1] is None, sign * _decimal(one[1] or 0)))
    return {
        **limit.model_dump(mode="json", exclude_none=True),
        "value": float(value) if isinstance(value, Fraction) else value,
        "date": date,
        "passed": limit.passed(value),
    }


def verdict(judged: Sequence[Plain]) -> bool | None:
    """Return whether every limit is kept: go or no-go; None where none was set."""
    return all(one["passed"] for one in judged) if judged else None
