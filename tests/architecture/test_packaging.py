"""What an installed Fenji needs lies in its wheel: every file of the packages, and the notebooks beside them."""

from __future__ import annotations

import sys
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

sys.path.insert(0, str(Path(__file__).parent))
from reference import ROOT, tracked


def test_the_wheel_holds_every_file_of_the_packages_and_the_notebooks() -> None:
    packed = {Path(file.path) for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    needed = set(tracked("api/*", "schema/*", "policies/*", "notebooks/*"))
    assert ROOT / "notebooks" / "backtest_policy.py" in packed
    assert needed - packed == set()


def test_each_vendored_file_has_its_licence_beside_it() -> None:
    static = ROOT / "api" / "console" / "static" / "graphiql"
    page = (static / "README.md").read_text(encoding="utf-8")
    for path in static.iterdir():
        assert path.name == "README.md" or path.name in page, f"{path.name} is not in README.md"
    assert (ROOT / "notebooks" / "fonts" / "LICENSE").is_file()
