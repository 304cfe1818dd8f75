"""The language's page: its example runs, and it names every key of the schema."""

import re
from pathlib import Path

from policies.appointment import Appointments
from policies.case import Case
from policies.condition import Condition, Effect, Gate
from policies.document import Indicator, Ladder, Panel, Parameter, Rules, Scorecard
from policies.hold import Hold
from policies.review import Borderline, Review
from policies.tiers import RankedTiers, TierOrder

PAGE = (Path(__file__).resolve().parents[2] / "policies" / "README.md").read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(example, "policies/README.md", "exec"), {})


def test_every_key_of_a_document_stands_on_the_page() -> None:
    for model in (
        Scorecard,
        Rules,
        Indicator,
        Ladder,
        Panel,
        RankedTiers,
        TierOrder,
        Parameter,
        Gate,
        Effect,
        Condition,
        Appointments,
        Hold,
        Review,
        Borderline,
        Case,
    ):
        for name, field in model.model_fields.items():
            assert re.search(rf"\b{field.alias or name}\b", PAGE), f"{model.__name__}.{name} is not on the page"
