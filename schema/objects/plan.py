"""The plan of a run's policy version, for fields that need its document: compiled once and kept."""

from __future__ import annotations

from sqlalchemy import select

from policies import compile_plan, parse
from schema import tables
from schema.select import Lookup
from schema.select.bounded import Bounded

VERSION = tables.PolicyVersion.__table__.c

# A document never changes under its hash, so its plan is kept.
PLAN = Lookup(
    columns=("run.version.document_hash",),
    statement=select(VERSION.document_hash, VERSION.document),
    keys=(VERSION.document_hash,),
    parse=lambda document: compile_plan(parse(document)),
    kept=Bounded(32),
)
