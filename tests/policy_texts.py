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
        ladder: {cuts: [0, 10], points: [5, 10], below: 0}
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
