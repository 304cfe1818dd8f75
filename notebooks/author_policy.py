# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 编写政策 Author a policy
#
# 现行版本 → 草案 → 影响 → 检查 → 保存。草案是一份副本,改动从不触及现行版本。
#
# Champion → draft → effect → check → save. The draft is a copy; no change touches the champion.

# %% tags=["parameters"]
folder: str = "inputs"  # a folder of inputs with champion.yaml, such as .fenji/backtests/1/inputs
date: str | None = None  # day of the snapshot; the last when None
changes: dict = {}  # places and their new values: {"HC.A2.ladder.cuts.1": "12"}
balances: dict = {}  # weights, the others in proportion: {"HC.A2": "18%"}
customer: int | None = None  # the customer to explain; the largest who moves when None
listed: int = 20  # movers listed by name

# %%
from api import workbench

champion = workbench.champion(folder)
p = workbench.draft(champion, on=workbench.snapshot(folder, date))
p.snapshot

# %%
workbench.policy_table(champion)

# %% [markdown]
# ## 改动 Changes
#
# 在 Jupyter 中逐项修改,Tab 键补全:`p.HC.A2.ladder.cuts[1] = 12`,`p.bands.S = 88`;`p.undo()` 撤销。
#
# In Jupyter, place by place with completion; `p.undo()` takes a change back.

# %%
p.apply(changes, balances)

# %%
p.changes()

# %% [markdown]
# ## 影响 Effect

# %%
effect = p.effect()
effect.headline()

# %%
effect.picture()

# %%
effect.distribution()

# %%
effect.moves_picture()

# %%
effect.moves()

# %%
effect.movers(listed)

# %% [markdown]
# ## 权重滑块 Sliders
#
# 在 `make lab` 中可拖动;报告中为其位置的图。They move in `make lab`; a report shows where they stand.

# %%
p.sliders()

# %% [markdown]
# ## 一个客户 One customer

# %%
p.explain(customer or effect.largest())

# %% [markdown]
# ## 检查 Check

# %%
p.check()

# %% [markdown]
# ## 保存 Save
#
# 草案写在指标中;`fenji notebook run` 把它存为 draft.yaml。自己的会话中:`p.save(by="登录名")`,回测后 `p.submit(by="登录名")`。
#
# The draft stands in the figures, and `fenji notebook run` leaves it as draft.yaml. In a session of your own: `p.save(by=…)`.

# %%
p.save_metrics()
