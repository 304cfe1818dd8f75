# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 分级政策回测 Backtest of a grading policy
#
# 草案与现行版本在同一批客户上重放:每个日期只用当日已知的事实,后续期金额取该日之后的订单。
#
# Candidate and champion are replayed on the same customers: facts as known on each date, outcomes from the orders after it.

# %% tags=["parameters"]
folder: str = "inputs"  # a folder that `fenji backtest run` has made: .fenji/backtests/1/inputs
dates: list = ["2026-03-31"]  # days at whose end the facts are taken, ascending
horizon_months: int = 6  # outcomes are the orders of (t, t + h]
tier_of_interest: str = "A"  # the swap set is of this tier and better
limits: list = []  # go or no-go, set before the run: [{"figure": "auc_gain", "at_least": 0}]
service: dict | None = None  # {"capacity_hours": 5000, "tiers": {"A": {"hours": 12, "cost": 6000}}}

# %%
from api import workbench

study = workbench.open(
    folder, dates=dates, horizon_months=horizon_months, tier_of_interest=tier_of_interest, limits=limits, service=service,
)  # fmt: skip

# %%
study.overview()

# %% [markdown]
# ## 结论 Verdict
#
# 界限在运行前设定;每个日期都须满足,表中为最差的一个。Limits were set before the run; every date must keep them, the worst is shown.

# %%
study.verdict()

# %% [markdown]
# ## 等级分布 Distribution
#
# 待定、不适用与错误各占一行,没有客户被略去。Pending, not applicable and error have rows of their own: nobody is dropped.

# %%
study.structure_picture()

# %%
study.structure()

# %% [markdown]
# ## 金额集中度 Concentration

# %%
study.lorenz_picture()

# %%
study.concentration()

# %% [markdown]
# ## 各日期的等级 Tiers over dates

# %%
study.over_dates_picture()

# %%
study.over_dates()

# %% [markdown]
# ## 等级迁移 Migration
#
# 行为现行版本的等级,列为草案的等级;括号内为占该行的比例。Rows are the champion's tiers, columns the candidate's.

# %%
study.migration_picture()

# %%
study.migration()

# %%
study.moves()

# %% [markdown]
# ## 后续期金额 Next-period revenue
#
# 好的等级次序应当预示后续采购:等级越高,每客户后续期金额越大。A good order foretells: the better the tier, the more is bought next.

# %%
study.foresight_picture()

# %%
study.foresight_of_all()

# %%
study.foresight()

# %%
study.order_holds()

# %% [markdown]
# ## 流失 Churn
#
# 流失:此前 12 个月有订单、后续期没有订单的客户。Lost: ordered in the 12 months before, and nothing in the period after.

# %%
study.churn_picture()

# %%
study.churn()

# %% [markdown]
# ## 区分度 Discrimination
#
# 次序能否分辨后续有采购的客户,以及前若干客户占后续期金额的份额。Does the order tell who buys next, and what do its first customers buy?

# %%
study.capture_picture()

# %%
study.discrimination()

# %% [markdown]
# ## 与简单排序比较 Plain rankings
#
# 政策的次序是否胜过不费工夫的排序:近一年金额、近度频度额度、生命周期价值。Is the policy's order better than what costs nothing?

# %%
study.rankings_picture()

# %%
study.rankings()

# %%
study.lifetime_models()

# %% [markdown]
# ## 进出名单 Swap set
#
# 净值 = 后续毛利 − 期内服务成本;描述所见,不证明因果。Net value = profit next − cost of service; it describes, and proves no cause.

# %%
study.swap()

# %%
study.movers(20)

# %% [markdown]
# ## 区间与检验 Intervals and tests
#
# 区间由客户成对重抽样而来;差的区间不含 0,才说明草案与现行不同。A difference is told from chance where its interval leaves out 0.

# %%
study.estimates_picture()

# %%
study.estimates()

# %%
study.memberships()

# %%
study.discontinuities()

# %%
study.bunching()

# %% [markdown]
# ## 稳定性 Stability
#
# PSI、CSI 超过临界值,说明分布的变化超出偶然。Above its critical value a distribution has moved by more than chance.

# %%
study.stability()

# %%
study.characteristics_picture()

# %%
study.characteristics()

# %%
study.walk()

# %% [markdown]
# ## 信息缺失 What is missing

# %%
study.coverage_picture()

# %%
study.coverage()

# %%
study.missing()

# %%
study.answers()

# %%
study.shared_out()

# %% [markdown]
# ## 人工决定 People

# %%
study.overrides()

# %%
study.raters()

# %% [markdown]
# ## 服务负荷 Service

# %%
study.service_picture()

# %%
study.service()

# %% [markdown]
# ## 泄漏检查 Look-ahead
#
# 单独就能预示后续采购的事实,多半取自日期之后。A fact that foretells by itself is likely to come from after the date.

# %%
study.suspects()

# %% [markdown]
# ## 指标 Figures

# %%
study.save_metrics()
