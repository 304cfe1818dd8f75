"""Contracts in bulk."""

from __future__ import annotations

from api.commands.bulk.change import Change
from api.commands.bulk.creation import Creation
from api.commands.bulk.removal import Removal
from schema.tables import Contract


class ContractCreation(Creation):
    """New contracts of customers."""

    noun, table, permission = "contracts", Contract, "edit_order"


class ContractChange(Change):
    """Changes of contracts."""

    noun, table, permission = "contracts", Contract, "edit_order"


class ContractRemoval(Removal):
    """Contracts deleted, but none that another renews."""

    noun, table, permission = "contracts", Contract, "edit_order"
    named_by = ((Contract, "renewal_of_id", "a contract that renews it"),)
