"""The monthly grading report: one finished run with the run before, what is pending, whom to look at, appointments, service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from api.workbench.effect import Effect
from api.workbench.monthly_inputs import MonthlyInputs
from api.workbench.pictures import Picture
from api.workbench.table import Head, Money, Note, Table, count, percent, place_name
from policies.answers import Answers, counts_statement, rank
from policies.backtest.figure import points
from policies.backtest.metrics import canonical
from policies.backtest.panel import OUTSIDE
from policies.impact import End, Impact, Move, Mover
from policies.lift import points_of
from policies.plan import moving_gates
from policies.review import CODES, Reviewed, ReviewReason, reasons_to_review
from policies.sql_states import known_value
from policies.version import semantic_hash

SCHEMA = "fenji.monthly/1"
NAMES: tuple[Head, Head] = (("上期", "run before"), ("本期", "this run"))
REASONS = {
    "borderline": "临近界线 near a bound",
    "tier_changed": "等级变动 tier changed",
    "pending": "待定 pending",
    "gate_fired": "门槛触发 moved by a gate",
}
ABSENT = "absent"
_SILENT = 3  # months without contact that a manager asks about


class MonthlyReport(MonthlyInputs):
    """The tables and pictures of one run; the grades are computed anew from the snapshot and compared."""

    def overview(self) -> Table:
        """Return which run this is, of which policy, on which facts."""
        before = self.about["previous"]
        document = self.plan.document
        rows = (
            ("政策 policy", f"{document.title.zh} {document.title.en}"),
            ("版本 version", f"{self.about['version']} · {semantic_hash(document)[:19]}…"),
            ("评级运行 run", f"{self.about['run']},{self.about['as_of']}"),
            ("上期运行 run before", f"{before['run']},{before['as_of']}" if before else "无 none"),
            ("客户数 customers", count(self.snapshot.customers)),
            ("结果指纹 fingerprint", f"{self.about['fingerprint'][:23]}…"),
        )
        return Table(("评级月报", "monthly grading report"), (("项目", "item"), ("内容", "content")), rows, words=2)

    @cached_property
    def effect(self) -> Effect:
        """Return this run beside the run before, customer by customer; those who had no grade there are ``absent``."""
        previous = "previous" if self.has_previous else "(select customer_id, status, tier from grades where false)"
        self._rows(
            f"create or replace table ends as select coalesce(p.status, '{ABSENT}') as old_status, p.tier as old_tier, g.status as new_status, "  # noqa: S608 - our own names
            f"g.tier as new_tier, g.customer_id, {known_value('f.amount_12m')} as amount "
            f"from grades g join facts f using (customer_id) left join {previous} p using (customer_id)"
        )
        moves = []
        for *ends, number, amount, unknown in self._rows(
            "select old_status, old_tier, new_status, new_tier, count(*), coalesce(sum(amount), 0), count(*) - count(amount) "
            "from ends group by all order by all"
        ):
            named = self._rows(
                "select customer_id, amount from ends where (old_status, old_tier, new_status, new_tier) is not distinct from (?, ?, ?, ?) "
                "order by amount desc nulls last, customer_id limit 100", list(ends),
            )  # fmt: skip
            listed = () if ends[:2] == ends[2:] else tuple(Mover(*row) for row in named)
            moves.append(Move(End(*ends[:2]), End(*ends[2:]), number, int(amount), unknown, listed))
        return Effect(
            self.plan, self.plan, Impact(tuple(moves)), (), self.about["as_of"], self.about["currency"], NAMES,
            alone=not self.has_previous,
        )  # fmt: skip

    def distribution(self) -> Table:
        """Return customers and amount by place, now and in the run before."""
        return self.effect.distribution()

    def distribution_picture(self) -> Picture:
        """Draw customers and amount by place, now and in the run before."""
        return self.effect.picture()

    def moves(self) -> Table | Note:
        """Return the moves since the run before."""
        return self.effect.moves() if self.has_previous else NO_PREVIOUS

    def moves_picture(self) -> Picture | Note:
        """Draw the moves since the run before."""
        return self.effect.moves_picture() if self.has_previous else NO_PREVIOUS

    def movers(self, most: int = 20) -> Table | Note:
        """Return the customers with the largest amounts who changed place since the run before, by number and name."""
        if not self.has_previous:
            return NO_PREVIOUS
        rows = self._rows(
            "select c.number, c.name, coalesce(old_tier, old_status), coalesce(new_tier, new_status), amount from ends "
            "join customers c using (customer_id) where (old_status, old_tier) is distinct from (new_status, new_tier) "
            "order by amount desc nulls last, customer_id limit ?", [most],
        )  # fmt: skip
        return self._named("变动客户", "who moved, the largest first", (("上期", "before"), ("本期", "now")), rows)

    def _named(self, zh: str, en: str, words: Sequence[Head], rows: Sequence[tuple[Any, ...]]) -> Table | Note:
        if not rows:
            return Note(f"{zh}:无。", f"{en}: none.")
        unit = Money.of((row[-1] for row in rows), self.about["currency"])
        heads = (("客户编号", "number"), ("客户名称", "name"), *words, unit.head("近一年金额", "12 months"))
        cells = tuple(
            (row[0], row[1], *(place_name(str(cell)) for cell in row[2:-1]), unit.text(row[-1])) for row in rows
        )
        return Table((f"{zh},{self.about['as_of']}", en), heads, cells, words=len(heads) - 1)

    def pending(self) -> Table | Note:
        """Return the pending customers by the tiers that they may still have."""
        rows = self._rows(
            f"select g.candidates, count(*), coalesce(sum({known_value('f.amount_12m')}), 0) from grades g "  # noqa: S608 - our own expression
            "join facts f using (customer_id) where g.status = 'pending' group by 1 order by 2 desc, 1"
        )
        if not rows:
            return Note("没有待定客户。", "Nobody is pending.")
        unit = Money.of((int(amount) for _, _, amount in rows), self.about["currency"])
        cells = tuple(
            (" / ".join(self.plan.names(bits)), count(number), unit.text(int(amount))) for bits, number, amount in rows
        )
        heads = (("可能的等级", "may be"), ("客户数", "customers"), unit.head("近一年金额", "12 months"))
        return Table(("待定客户", "pending, by the tiers still possible"), heads, cells)

    @cached_property
    def answers(self) -> Answers:
        """Return which missing answers settle most pending customers."""
        groups = self._rows(counts_statement(self.plan, "duckdb", "facts"))
        return rank(self.plan, ((levels, bits, number, None) for bits, levels, number in groups))

    def answers_worth(self, most: int = 10) -> Table | Note:
        """Return the missing answers that are worth asking for, the most valuable first."""
        ranked = self.answers.ranked[:most]
        if not ranked:
            return Note("没有待补充的数据。", "No answer is missing.")
        heads = (
            ("缺失数据", "missing answer"),
            ("待定客户缺少", "lack it"),
            ("必能定级", "settled by any answer"),
            ("可能定级", "may be settled"),
        )
        rows = tuple(
            (f"{one.title.zh} {one.title.en}", count(one.lacking), count(one.settled), count(one.may_settle))
            for one in ranked
        )
        return Table(
            (f"最有价值的缺失数据(待定 {count(self.answers.pending)})", "most valuable missing answers"), heads, rows
        )

    @cached_property
    def reviewed(self) -> list[tuple[int, tuple[ReviewReason, ...]]]:
        """Return the customers whom a person must look at, with the reasons that the policy gives."""
        known: dict[tuple[Any, ...], tuple[ReviewReason, ...]] = {}
        found = []
        previous = "previous" if self.has_previous else "(select customer_id, tier from grades where false)"
        for customer, *situation in self._rows(
            f"select g.customer_id, g.status, g.tier, g.worst, g.best, g.levels, p.tier from grades g left join {previous} p "  # noqa: S608
            "using (customer_id) order by 1"
        ):
            key = tuple(situation)
            if key not in known:
                known[key] = self._reasons(*key)
            if known[key]:
                found.append((customer, known[key]))
        return found

    def _reasons(
        self, status: str, tier: str | None, worst: int, best: int, levels: int, previous: str | None
    ) -> tuple[ReviewReason, ...]:
        settled = status in ("graded", "pending")
        ends = (
            (points_of(self.plan, worst), points_of(self.plan, best))
            if settled and self.plan.kind == "scorecard"
            else None
        )
        gates = moving_gates(self.plan, self.plan.unpack(levels)) if settled else ()
        return reasons_to_review(self.plan.document, Reviewed(status, tier, ends, gates), previous)

    @property
    def _by_reason(self) -> Counter[str]:
        """Return how many customers have each reason; one may have several."""
        return Counter(code for _, reasons in self.reviewed for code in {reason.code for reason in reasons})

    def review(self) -> Table | Note:
        """Return how many customers a person must look at, by reason; one may have several."""
        if self.plan.document.review is None:
            return Note("本政策未要求人工复核。", "The policy asks for no review.")
        counts = self._by_reason
        rows = (
            *((REASONS[code], count(counts[code])) for code in CODES if counts[code]),
            ("需复核的客户 customers in all", count(len(self.reviewed))),
        )
        return Table(("人工复核", "to be looked at"), (("原因", "reason"), ("客户数", "customers")), rows)

    def to_review(self, most: int = 20) -> Table | Note:
        """Return the customers to look at with the largest amounts, with their reasons."""
        reasons = {customer: "; ".join(one.text.zh for one in told) for customer, told in self.reviewed}
        if not reasons:
            return Note("没有需要复核的客户。", "Nobody must be looked at.")
        rows = self._rows(
            f"select customer_id, c.number, c.name, coalesce(g.tier, g.status), {known_value('f.amount_12m')} as amount from grades g "  # noqa: S608
            "join facts f using (customer_id) join customers c using (customer_id) where list_contains(?::bigint[], customer_id) "
            "order by amount desc nulls last, customer_id limit ?", [list(reasons), most],
        )  # fmt: skip
        unit = Money.of((row[-1] for row in rows), self.about["currency"])
        heads = (
            ("客户编号", "number"),
            ("客户名称", "name"),
            ("等级", "tier"),
            unit.head("近一年金额", "12 months"),
            ("原因", "reasons"),
        )
        cells = tuple(
            (number, name, place_name(tier), unit.text(amount), reasons[customer])
            for customer, number, name, tier, amount in rows
        )
        return Table(
            (f"请复核(前 {len(cells)},共 {count(len(reasons))})", "the largest to look at"), heads, cells, words=5
        )

    def appointments(self) -> Table | Note:
        """Return the tiers that people gave beside the computed ones, the first to end first."""
        rows = self._rows(
            "select c.number, c.name, a.kind, coalesce(g.tier, g.status), a.tier, a.reason, a.valid_until from appointments a "
            "join customers c using (customer_id) join grades g using (customer_id) order by a.valid_until, customer_id"
        )
        if not rows:
            return Note("当日没有有效的指定或人工调整。", "No appointment or override holds on the day.")
        kinds = {"appointment": "指定 appointment", "override": "调整 override"}
        heads = (
            ("客户编号", "number"),
            ("客户名称", "name"),
            ("方式", "kind"),
            ("计算等级", "computed"),
            ("指定等级", "given"),
            ("理由", "reason"),
            ("有效至", "until"),
        )
        cells = tuple(
            (number, name, kinds[kind], place_name(tier), given, why, until)
            for number, name, kind, tier, given, why, until in rows
        )
        return Table(("指定与人工调整", "tiers given by people"), heads, cells, words=7)

    def _served(self) -> list[tuple[Any, ...]]:
        silent, satisfied = known_value("f.months_since_contact"), known_value("f.satisfaction")
        listed = (
            f"select coalesce(g.tier, g.status) as place, count(*), sum({known_value('f.interactions_12m')}), sum({known_value('f.complaints_12m')}), "  # noqa: S608
            f"count(*) filter ({silent} >= {_SILENT}), sum({satisfied}), count({satisfied}) "
            "from grades g join facts f using (customer_id) group by 1"
        )
        found = {row[0]: row for row in self._rows(listed)}
        return [found[place] for place in (*self.plan.tiers, *OUTSIDE) if place in found]

    def service(self) -> Table:
        """Return contact, complaints and satisfaction by tier, of the 12 months before."""
        heads = (("等级", "tier"), ("客户数", "customers"), ("近一年互动", "interactions"), ("每客户", "each"), (f"{_SILENT} 个月未联系", "no contact"),
                 ("占比", "share"), ("近一年投诉", "complaints"), ("满意度", "satisfaction"))  # fmt: skip
        rows = tuple(
            (place_name(place), count(number), count(int(talks or 0)), f"{round(Fraction(int(talks or 0), number) * 10) / 10:.1f}", count(silent), percent(Fraction(silent, number)),
             count(int(complaints or 0)), "–" if not asked else f"{round(Fraction(int(score), asked)) / 100:.2f}")
            for place, number, talks, complaints, silent, score, asked in self._served()
        )  # fmt: skip
        return Table(("服务情况", "service, 12 months"), heads, rows)

    def figures(self) -> dict[str, Any]:
        """Return every figure as plain whole numbers, amounts in fen and shares in basis points."""
        served = [
            {"place": place, "customers": number, "interactions": int(talks or 0), "complaints": int(complaints or 0), "silent": silent,
             "of_customers": points(Fraction(number, self.snapshot.customers))}
            for place, number, talks, complaints, silent, _, _ in self._served()
        ]  # fmt: skip
        return {
            "schema": SCHEMA, "run": self.about["run"], "as_of": self.about["as_of"], "previous": self.about["previous"],
            "policy": semantic_hash(self.plan.document), "snapshot": self.snapshot.fingerprint, "grades": self.about["fingerprint"],
            **self.effect.figures(), "service": served, "pending": self.answers.pending,
            "answers": [{"input": one.input, "lacking": one.lacking, "settled": one.settled, "may_settle": one.may_settle} for one in self.answers.ranked],
            "review": dict(sorted(self._by_reason.items())),
            "to_review": len(self.reviewed), "appointments": len(self._rows("from appointments")),
        }  # fmt: skip

    def save_metrics(self, path: str | Path = "metrics.json") -> Note:
        """Write ``metrics.json``; the same folder gives the same bytes."""
        Path(path).write_bytes(canonical(self.figures()))
        return Note(f"指标已写入 {Path(path).name}。", f"The figures are in {Path(path).name}.")


NO_PREVIOUS = Note("没有上期评级,无从比较。", "There is no run before, so there is nothing to compare with.")
