"""Surveys in bulk."""

from __future__ import annotations

from api.commands.bulk.change import Change
from api.commands.bulk.creation import Creation
from api.commands.bulk.removal import Removal
from schema.tables import Survey


class SurveyCreation(Creation):
    """New surveys of customers."""

    noun, table, permission = "surveys", Survey, "edit_service"


class SurveyChange(Change):
    """Changes of surveys."""

    noun, table, permission = "surveys", Survey, "edit_service"


class SurveyRemoval(Removal):
    """Surveys deleted."""

    noun, table, permission = "surveys", Survey, "edit_service"
