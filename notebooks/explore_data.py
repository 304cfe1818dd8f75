# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 探索数据 Explore the data
#
# 编写政策之前先看数据:哪些事实已知,值如何分布,谁远离其余,缺失集中在哪类客户。
#
# Before a policy is written: which facts are known, how their values lie, who is far out, and where data is missing.

# %% tags=["parameters"]
folder: str = "inputs"  # a folder of inputs, such as .fenji/backtests/1/inputs, or of kept snapshots, .fenji/snapshots
date: str | None = None  # day of the snapshot; the last when None
facts: list = ["amount_12m", "orders_12m", "tenure", "satisfaction"]  # whose distribution is drawn

# %%
from api import workbench

data = workbench.explore(workbench.snapshot(folder, date))
data.snapshot

# %% [markdown]
# ## 覆盖 Coverage
#
# 缺失、待确认与不适用是三种不同的状态。Missing, asked and not applicable are three different states.

# %%
data.coverage_picture()

# %%
data.coverage()

# %% [markdown]
# ## 按客户状态的缺失 Missing by customer state

# %%
data.missing_by("status")

# %% [markdown]
# ## 分布 Distributions

# %%
data.quantiles()

# %%
data.distributions(facts)

# %% [markdown]
# ## 离群值 Outliers
#
# 四分位距 3 倍以外(Tukey 1977);不一定是错误。Beyond three interquartile ranges: far out, not necessarily wrong.

# %%
data.outliers()

# %% [markdown]
# ## 指标 Figures

# %%
data.save_metrics()
