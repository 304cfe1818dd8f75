"""Assessments in bulk: many ratings settled at once."""

from __future__ import annotations

from api.commands.bulk.batch import Batch
from api.commands.bulk.creation import Creation
from schema.tables import Assessment


class AssessmentCreation(Creation):
    """Settled ratings of customers; who settles them is named where the rows name nobody."""

    noun, table, permission = "assessments", Assessment, "assess"

    def complete(self, batch: Batch) -> None:
        """Name who settled the ratings."""
        for entry in batch.standing():
            entry.columns = {"settled_by": batch.actor.login, **entry.columns}
