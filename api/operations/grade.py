"""Grades: the reads."""

from __future__ import annotations

import strawberry

from api.operations.reading import connected, single
from schema.objects.grade import Grade


@strawberry.type
class GradeQueries:
    """Reads of grades."""

    grades = connected(Grade, "Grades that runs gave, the newest run first, by pages. 等级列表", [("run.as_of", True)])
    grade = single(Grade, "A grade; null when there is none. 单个等级")
