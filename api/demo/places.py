"""Where the demonstration's customers sit: cities by economic weight, telephone areas, and the team that serves them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from schema.reference import RegionRow, regions

# A city's weight is about its product of 2023 in 100 million yuan, rounded (public yearly statistics, from memory: good
# for a weight, for nothing else); every prefecture that is not named weighs OTHER_WEIGHT and has no landline.
OTHER_WEIGHT = 600
_CITIES = """
310000 47200 021,110000 43800 010,440300 34600 0755,440100 30400 020,500000 30100 023,320500 24700 0512,510100 22100 028
330100 20100 0571,420100 20000 027,320100 17400 025,120000 16700 022,330200 16500 0574,370200 15800 0532
320200 15500 0510,430100 14300 0731,410100 13600 0371,440600 13300 0757,350100 12900 0591,350500 12200 0595
370100 12800 0531,340100 12700 0551,610100 12000 029,320600 11800 0513,441900 11400 0769,320400 10100 0519
370600 10200 0535,130200 9100 0315,320300 8900 0516,210200 8800 0411,330300 8700 0577,530100 7900 0871,210100 8100 024
350200 8100 0592,330600 7800 0575,130100 7500 0311,321000 7400 0514,320900 7400 0515,220100 7000 0431,330400 7100 0573
321200 6700 0523,370700 7600 0536,331000 6200 0576,330700 6000 0579,371300 6100 0539,360100 7300 0791,230100 5600 0451
140100 5600 0351,610800 7100 0912,150600 5900 0477,420600 5800 0710,420500 5800 0717,410300 5500 0379,441300 5600 0752
440400 4200 0756,442000 3900 0760,450100 5500 0771,520100 5200 0851,650100 4200 0991,321100 5300 0511,320800 5000 0517
340200 4700 0553,330500 4000 0572,370300 4600 0533,370800 5500 0537,130600 4000 0312,130900 4400 0317,620100 3500 0931
460100 2400 0898,640100 2700 0951,630100 1800 0971,150100 3800 0471,150200 4300 0472,360700 4600 0797,360400 3900 0792
430600 4800 0730,430700 4400 0736,430400 4200 0734,430200 3700 0733,350600 5700 0596,440700 4000 0750,440500 3200 0754
510700 4000 0816,511500 3800 0831,510600 3000 0838,450200 3100 0772,450300 2500 0773,520300 4800 0852,530300 3900 0874
"""

# People of the demonstration: account managers by area (all of them users), people in service, the review panel.
SALES = ("wang.lei", "li.na", "zhao.min", "chen.jie")
SERVICE = ("he.qing", "sun.hao", "zhou.ting", "wu.qiang")
PANEL = ("lin.ce", "xu.wen", "ma.jun")
_TEAMS = {
    "华东": ("wang.lei", "华东销售部"),
    "华南": ("li.na", "华南销售部"),
    "华北": ("zhao.min", "北方销售部"),
    "东北": ("zhao.min", "北方销售部"),
    "华中": ("chen.jie", "中西部销售部"),
    "西南": ("chen.jie", "中西部销售部"),
    "西北": ("chen.jie", "中西部销售部"),
}
_ENDING = re.compile(
    "(市|地区|盟|(朝鲜族|土家族|苗族|藏族|羌族|彝族|布依族|侗族|哈尼族|壮族|傣族|白族|景颇族|傈僳族|回族|蒙古族|蒙古|哈萨克|柯尔克孜)*自治州)$"
)


@dataclass(frozen=True)
class Place:
    """A prefecture or municipality with its weight, telephone area (empty: unknown) and the team that serves it."""

    code: str
    city: str
    province: str
    area: str
    weight: float
    dialling: str
    owner: str
    department: str

    @property
    def short(self) -> str:
        """Return the city as it stands in a company name: 苏州, 延边, 北京."""
        return _ENDING.sub("", self.city)


@cache
def places() -> tuple[Place, ...]:
    """Return every place a customer may sit in, by its code."""
    named = [entry.split(" ") for entry in _CITIES.strip().replace("\n", ",").split(",")]
    weights = {code: (float(weight), dialling) for code, weight, dialling in named}
    rows = {row.code: row for row in regions()}
    missing = weights.keys() - rows.keys()
    if missing:
        raise ValueError(f"cities {sorted(missing)} are not in schema/reference/regions.tsv; correct _CITIES")
    return tuple(_place(row, rows, weights) for row in rows.values() if row.is_city)


def _place(row: RegionRow, rows: dict[str, RegionRow], weights: dict[str, tuple[float, str]]) -> Place:
    """Return the place of a region."""
    province = rows[row.parent] if row.parent else row
    area = province.area or ""
    weight, dialling = weights.get(row.code, (float(OTHER_WEIGHT), ""))
    owner, department = _TEAMS[area]
    return Place(row.code, row.name, province.name, area, weight, dialling, owner, department)
