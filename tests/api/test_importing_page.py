"""The page about importing names every noun with its fields, and its walk-throughs name mappings that are shipped."""

from __future__ import annotations

import re
from pathlib import Path

from api.commands.fields import NOUNS
from api.intake.mapping import SHIPPED, load_mapping, parse_mapping

PAGE = (Path(__file__).parents[2] / "api" / "README.md").read_text(encoding="utf-8")


def test_every_field_of_every_noun_is_on_the_page() -> None:
    for noun in NOUNS.values():
        required = " ".join(f"`{field.name}`" for field in noun.fields if field.required)
        optional = " ".join(f"`{field.name}`" for field in noun.fields if not field.required)
        assert f"| `{noun.name}` | {noun.zh} | {required} | {optional} |" in PAGE


def test_every_shipped_mapping_loads_and_is_used_on_the_page() -> None:
    shipped = {path.stem for path in SHIPPED.glob("*.yaml")}
    assert set(re.findall(r"--mapping ((?:cdnow|northwind)-[a-z-]+)", PAGE)) == shipped
    for name in shipped:
        assert load_mapping(name).columns


def test_the_example_of_a_mapping_file_is_valid() -> None:
    blocks = re.findall(r"```yaml\n(noun: .*?)```", PAGE, re.DOTALL)
    assert [parse_mapping(block, "example").delimiter for block in blocks] == ["whitespace"]
