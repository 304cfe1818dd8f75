"""Feedback-improvement items in bulk."""

from __future__ import annotations

from api.commands.bulk.change import Change
from api.commands.bulk.creation import Creation
from schema.tables import Improvement


class ImprovementCreation(Creation):
    """Reported problems of customers; every item begins open."""

    noun, table, permission = "improvements", Improvement, "edit_service"


class ImprovementChange(Change):
    """Changes of items; their state has its own steps."""

    noun, table, permission = "improvements", Improvement, "edit_service"
