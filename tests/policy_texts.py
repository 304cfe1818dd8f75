"""Small policies as text, for the tests that need one they can break."""

CARD = """\
kind: scorecard
id: small
title: {zh: 小, en: small}
inputs:
  amount_12m: {type: money, unit: 万元}
weights: absolute
missing: pending
dimensions:
  - id: X
    title: {zh: 甲, en: X}
    weight: 100%
    indicators:
      - id: X1
        input: amount_12m
        weight: 100%
        out_of: 10
        ladder: {zero: earns, cuts: [0, 10], points: [5, 10], below: 0}
tiers:
  order: [A, B]
  bands: {closed: left, cuts: {A: 60, B: 0}}
"""

TABLE = """\
kind: rules
id: table
title: {zh: 表, en: table}
population: {applies_to: {status: [active]}}
inputs: {amount_12m: {unit: 万元}}
tiers: {order: [S, C]}
rules:
  - {id: core, when: {all: [{input: amount_12m, ge: 50}, {input: satisfaction, ge: 4.5}]}, then: S}
else: C
"""

COMPOSED = """\
kind: rules
id: whole
title: {zh: 组合, en: Whole}
inputs: {staff: {type: count, title: {zh: 人数, en: Staff}}, amount_12m: {unit: 万元}}
parts:
  size:
    kind: rules
    id: size
    title: {zh: 规模, en: Size}
    tiers: {order: [large, middle, small]}
    rules:
      - {id: l, when: {any: [{input: amount_12m, ge: 50000000}, {input: staff, ge: 1000}]}, then: large}
      - {id: m, when: {input: amount_12m, ge: 10000000}, then: middle}
    else: small
    inputs: {amount_12m: {unit: 元}}
  value:
    kind: scorecard
    id: value
    title: {zh: 价值, en: Value}
    weights: absolute
    missing: pending
    dimensions:
      - id: V
        title: {zh: 价值, en: Value}
        weight: 100%
        indicators:
          - {id: a, input: orders_12m, weight: 60%, out_of: 10, ladder: {cuts: [0, 3, 6], points: [0, 5, 10]}}
          - {id: b, input: satisfaction, weight: 40%, out_of: 10, ladder: {cuts: [1, 3, 4], points: [0, 5, 10]}}
    tiers: {order: [high, medium, low], bands: {closed: left, cuts: {high: 80, medium: 50, low: 0}}}
    gates: [{id: small, when: {input: size, eq: small}, effect: {cap: medium}}]
tiers: {order: [A, B, C]}
rules:
  - {id: first, when: {all: [{input: size, in: [large, middle]}, {input: value, eq: high}]}, then: A}
  - {id: second, when: {any: [{input: size, eq: large}, {input: value, in: [high, medium]}]}, then: B}
else: C
"""

# Points 0 to 3 by orders, and 0 to 3 more by the months of cooperation: totals in sixths of 100.
RANKING = """\
kind: ranking
id: places
title: {zh: 名次, en: places}
population: {applies_to: {status: [active]}}
weights: absolute
missing: pending
dimensions:
  - id: D
    title: {zh: 甲, en: d}
    weight: 100%
    indicators:
      - {id: I1, input: orders_12m, weight: 50%, out_of: 3, ladder: {cuts: [0, 1, 2, 3], points: [0, 1, 2, 3]}}
      - {id: I2, input: tenure, weight: 50%, out_of: 3, ladder: {cuts: [0, 1, 2, 3], points: [0, 1, 2, 3]}}
tiers:
  order: [VVIP, VIP, KA, General]
  shares: {VVIP: 5%, VIP: 15%, KA: 40%}
"""
