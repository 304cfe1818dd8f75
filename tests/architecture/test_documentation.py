"""Documentation is tested: generated parts are current, and each part is on some page."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from api.errors import CODES

sys.path.insert(0, str(Path(__file__).parent))
from reference import MARK, PARTS, ROOT, first_line, generated, tracked

PAGES = tracked("*.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_generated_parts_are_current(page: Path) -> None:
    assert page.read_text() == generated(page.read_text()), "run `make documentation`"


def test_every_generated_part_is_on_a_page() -> None:
    shown = {found[1] for page in PAGES for found in MARK.findall(page.read_text())}
    assert shown == set(PARTS)


@pytest.mark.parametrize(
    "module", tracked("api/*.py", "schema/*.py", "policies/*.py"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_each_module_says_what_lives_there(module: Path) -> None:
    assert first_line(module).endswith((".", ":")), f"{module} needs a first sentence"


def test_every_code_of_a_refusal_is_documented_and_used() -> None:
    used = {
        code
        for module in tracked("api/*.py", "schema/*.py", "policies/*.py")
        for code in re.findall(r"""\bcode ?= ?["'](\w+)["']""", module.read_text())
    }
    assert used == set(CODES)
