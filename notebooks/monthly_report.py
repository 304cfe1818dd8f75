# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 评级月报 Monthly grading report
#
# 一次已完成的评级:等级分布、与上期相比的变动、待定客户、需复核的客户、指定与服务情况。
#
# One finished grading: tiers, moves since the run before, who is pending, whom to look at, appointments and service.

# %% tags=["parameters"]
folder: str = "inputs"  # a folder that `fenji notebook run monthly_report --run N` makes
listed: int = 20  # customers listed in each table

# %%
from api import workbench

report = workbench.monthly(folder)
report.overview()

# %% [markdown]
# ## 等级分布 Distribution
#
# 两列为同一批客户,金额均按本期事实。The same customers in both columns; amounts are those of this run's facts.

# %%
report.distribution_picture()

# %%
report.distribution()

# %% [markdown]
# ## 与上期相比 Since the run before

# %%
report.moves_picture()

# %%
report.moves()

# %%
report.movers(listed)

# %% [markdown]
# ## 待定 Pending
#
# 补上哪项数据能使最多客户定级。Which missing answer would settle most customers.

# %%
report.pending()

# %%
report.answers_worth()

# %% [markdown]
# ## 人工复核 To be looked at

# %%
report.review()

# %%
report.to_review(listed)

# %% [markdown]
# ## 指定与人工调整 Appointments

# %%
report.appointments()

# %% [markdown]
# ## 服务 Service

# %%
report.service()

# %% [markdown]
# ## 指标 Figures

# %%
report.save_metrics()
