"""The facts that a policy may mention: one definition per word, with its type, unit and meaning in Chinese and English.

Every fact is an int64, a boolean or one of a few named values, as known at a date.  ``None`` is a fact that is not
known; policies.states says how one that cannot exist is stored.  Windows end at the as-of date and reach back by whole
months, clamped to the month's end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Type = Literal["money", "ratio", "score", "points", "rating", "count", "months", "days", "category"]

# How many stored integers make one written unit: 1 yuan is 100 fen, 100 % is 10,000 basis points.
SCALE: dict[Type, int] = {
    "money": 100,
    "ratio": 10_000,
    "score": 100,
    "points": 100,
    "rating": 1,
    "count": 1,
    "months": 1,
    "days": 1,
    "category": 1,
}


@dataclass(frozen=True)
class Word:
    """One fact: its name, type, labels and meaning.

    A ``money`` is stored in fen, a ``ratio`` in basis points, a ``score`` (a mean from 1 to 5) and ``points`` (of any
    sign) in hundredths, a ``rating`` (given by people) in whole points from 0 to 10.  ``values`` are the members of a
    category.  ``own`` is a fact that a document declares itself.
    """

    name: str
    type: Type
    zh: str
    en: str
    meaning: str
    values: tuple[str, ...] = ()
    own: bool = False

    @property
    def scale(self) -> int:
        """Return how many stored integers make one written unit."""
        return SCALE[self.type]


WORDS: tuple[Word, ...] = (
    Word("status", "category", "客户状态", "customer status",
         "The status in force: potential 潜在, intent 意向, active 合作中, lost 流失. An order makes a customer active.",
         ("potential", "intent", "active", "lost")),
    Word("amount_12m", "money", "近一年采购金额", "amount of 12 months", "Net order amount of the last 12 months."),
    Word("amount_prior_12m", "money", "上一年采购金额", "amount of the 12 months before",
         "Net order amount of the 12 months before the last 12."),
    Word("amount_36m", "money", "近三年累计采购金额", "amount of 36 months", "Net order amount of the last 36 months."),
    Word("amount_total", "money", "历史累计采购金额", "amount in all", "Net order amount since the first order."),
    Word("amount_growth", "ratio", "采购金额增长率", "growth of amount",
         "amount_12m / amount_prior_12m - 1; not applicable while amount_prior_12m is 0."),
    Word("profit_12m", "money", "近一年毛利", "profit of 12 months",
         "Gross profit of the orders of the last 12 months; unknown while one of them has no known profit."),
    Word("margin_rate", "ratio", "利润贡献率", "margin", "profit_12m / amount_12m; not applicable while amount_12m is 0."),
    Word("orders_12m", "count", "近一年订单数", "orders of 12 months", "Number of orders of the last 12 months."),
    Word("orders_total", "count", "累计订单数", "orders in all", "Number of orders since the first."),
    Word("tenure", "months", "合作月数", "tenure", "Whole months since the first order; not applicable before it."),
    Word("months_since_order", "months", "距上次采购月数", "months since the last order",
         "Whole months since the last order; not applicable before the first."),
    Word("days_since_order", "days", "距上次采购天数", "days since the last order",
         "Days since the last order; not applicable before the first."),
    Word("months_since_contact", "months", "距上次联系月数", "months since the last contact",
         "Whole months since the last interaction; not applicable before the first."),
    Word("interactions_12m", "count", "近一年互动次数", "interactions of 12 months",
         "Number of interactions of the last 12 months."),
    Word("product_lines", "count", "产品线数", "product lines",
         "Number of different product lines ordered in the last 36 months; unknown while an order names none."),
    Word("repeat_rate", "ratio", "重复购买率", "repeat rate",
         "Share of the last four quarters (three months each, ending at the date) with an order; not applicable before the first order."),
    Word("renewal_rate", "ratio", "续约率", "renewal rate",
         "Share of the contracts ended in the last 36 months that were renewed; not applicable while none has ended."),
    Word("referrals_12m", "count", "近一年推荐成功次数", "successful referrals of 12 months",
         "Customers referred by this one whose first order falls in the last 12 months."),
    Word("satisfaction", "score", "满意度", "satisfaction",
         "Mean survey score (1 to 5) of the last 12 months; unknown without a survey."),
    Word("complaints_12m", "count", "近一年投诉数", "complaints of 12 months",
         "Service records of type complaint in the last 12 months."),
    Word("payment_delay_days", "days", "最长付款逾期天数", "longest payment delay",
         "Longest delay of an order due in the last 12 months: paid late, or unpaid at the date; 0 when all were paid in time; "
         "not applicable while none was due."),
    Word("industry_outlook", "rating", "行业发展前景评分", "industry outlook",
         "Panel rating of the industry's outlook and of the room for our products."),
    Word("purchase_intent", "rating", "采购意向评分", "purchase intent", "Panel rating of purchase plans for one to two years."),
    Word("benchmark_effect", "rating", "标杆作用评分", "benchmark effect", "Panel rating of brand influence in the industry."),
    Word("new_product_willingness", "rating", "新产品合作意愿评分", "willingness for new products",
         "Panel rating of the will and ability to try new products and markets."),
    Word("supply_chain_fit", "rating", "供应链优化评分", "supply-chain fit",
         "Panel rating of what the customer does for our supply chain and technology."),
)  # fmt: skip

# The values of a fact that a document declares as a ``flag``.
FLAG = ("no", "yes")
VOCABULARY: dict[str, Word] = {word.name: word for word in WORDS}
RATINGS: tuple[Word, ...] = tuple(word for word in WORDS if word.type == "rating")
