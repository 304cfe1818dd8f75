"""Snapshots: the reads."""

from __future__ import annotations

import strawberry

from api.operations.reading import connected, single
from schema.objects.snapshot import Snapshot


@strawberry.type
class SnapshotQueries:
    """Reads of snapshots."""

    snapshots = connected(Snapshot, "Snapshots, newest first, by pages. 事实快照列表", [("id", True)])
    snapshot = single(Snapshot, "A snapshot; null when there is none. 单个事实快照")
