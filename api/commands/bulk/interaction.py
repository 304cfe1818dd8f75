"""Interactions in bulk."""

from __future__ import annotations

from api.commands.bulk.change import Change
from api.commands.bulk.creation import Creation
from api.commands.bulk.removal import Removal
from schema.tables import Interaction


class InteractionCreation(Creation):
    """New interactions of customers."""

    noun, table, permission = "interactions", Interaction, "edit_customer"


class InteractionChange(Change):
    """Changes of interactions."""

    noun, table, permission = "interactions", Interaction, "edit_customer"


class InteractionRemoval(Removal):
    """Interactions deleted."""

    noun, table, permission = "interactions", Interaction, "edit_customer"
