# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 敏感选择的审阅 Review of a sensitive choice
#
# 一个有争议的数字定下之前,先看有多少客户、多少金额取决于它。每个数都由同一批客户精确重算得出。
#
# Before a disputed figure is settled: how many customers and how much money hang on it. Each number is an exact re-grading of the same customers.

# %% tags=["parameters"]
folder: str = "inputs"  # a folder that `fenji backtest run` has made: .fenji/backtests/1/inputs
date: str = None  # the day of the figures of one date; the last when left out
tier_of_interest: str = None  # this tier and better are served; the second best when left out
vary: list = []  # the grid: [{"path": "HC.A2.weight", "values": ["10%", "15%"]}, ...]; chosen when left out
combine: str = "product"  # all combinations, or "each" figure alone
scale: str = "dimension"  # which other weights make room: of the "dimension", "all", or "none"
hours: dict = {}  # service hours a customer and period by tier: {"S": "8", "A": "4"}
capacity: str = None  # the hours, or customers, that there is service for
draws: int = 200  # of noise on the weights
concentration: int = 200  # of the Dirichlet distribution: the higher, the closer to the weights
seed: int = 1
weight_step: str = "2%"  # steps of the tornado
cut_step: str = "10%"
band_step: str = "1"

# %%
from api.workbench import choice

grid = {"vary": vary, "combine": combine, "scale": scale, "hours": hours, "capacity": capacity}
drawn = {"draws": draws, "concentration": concentration, "seed": seed}
steps = {"weight_step": weight_step, "cut_step": cut_step, "band_step": band_step}
review = choice.open(folder, date=date, tier_of_interest=tier_of_interest, **grid, **drawn, **steps)

# %%
review.overview()

# %%
review.places()

# %% [markdown]
# ## 其他读法 Other readings
#
# 条文不清之处,换一种读法会有多少客户变动;不能机械套用的写明原因。
#
# Where a clause is unclear, whom another reading moves; one that cannot be applied mechanically says why.

# %%
review.readings()

# %%
review.not_applied()

# %% [markdown]
# ## 逐项敏感性 One figure at a time
#
# 每个权重、分数段与分数线各调低、调高一步,其余权重按比例让位。Each weight, rung and band a step lower and higher, the other weights in proportion.

# %%
review.tornado_picture()

# %%
review.tornado()

# %% [markdown]
# ## 权重扰动 Noise on the weights
#
# 权重在现值附近随机抽取,看多少客户的等级不变。Weights drawn around the candidate's: how many customers keep their tier.

# %%
review.noise_picture()

# %%
review.noise()

# %% [markdown]
# ## 分数线 Where the tier begins

# %%
review.bands_picture()

# %% [markdown]
# ## 收入与服务的前沿 Frontier of revenue and service
#
# 每个方案都在全部日期上重算:占到多少后续期金额,需要多少服务。Every variant over all dates: what it captures, and the service it takes.

# %%
review.frontier_picture()

# %%
review.frontier()

# %% [markdown]
# ## 指标 Figures

# %%
review.save_metrics()
