"""Needs in bulk."""

from __future__ import annotations

from api.commands.bulk.change import Change
from api.commands.bulk.creation import Creation
from api.commands.bulk.removal import Removal
from schema.tables import Need


class NeedCreation(Creation):
    """New needs of customers."""

    noun, table, permission = "needs", Need, "edit_customer"


class NeedChange(Change):
    """Changes of needs."""

    noun, table, permission = "needs", Need, "edit_customer"


class NeedRemoval(Removal):
    """Needs deleted."""

    noun, table, permission = "needs", Need, "edit_customer"
