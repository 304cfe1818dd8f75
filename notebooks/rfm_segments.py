# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 近度频度额度分群 Segments by recency, frequency and amount
#
# 由订单文件算出每位客户距上次采购的天数、订单数与累计金额,再用政策的首个匹配规则归入一个分群。
#
# From a file of orders: days since the last order, number of orders and amount of each customer, then the first rule of a policy that fits.

# %% tags=["parameters"]
folder: str = "inputs"  # holds orders.csv with customer_id, order_date, revenue
date: str = "2006-12-31"  # day at whose end the facts are taken
policy: str = "rfm-segments"  # a shipped policy, or the path of a file

# %%
from api.workbench import segments

found = segments.open(folder, date=date, policy=policy)
found.overview()

# %% [markdown]
# ## 分群 Segments
#
# 每位客户恰好在一个分群;空的分群也列出。Every customer is in exactly one segment; empty segments are shown too.

# %%
found.table()

# %%
found.picture()

# %% [markdown]
# ## 指标 Figures

# %%
found.save_metrics()
