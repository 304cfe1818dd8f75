"""The commands of the pages: each is a verb with options that exist, and the short block of both READMEs runs as written."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import openpyxl
import pytest
from graphql import build_schema, validate
from graphql import parse as parse_graphql

from api.cli import cli

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
PAGES = (*READMES, "api/README.md", "policies/README.md", "notebooks/README.md")
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
INLINE = re.compile(r"`(fenji [a-z][^`]*)`")


def blocks(page: str) -> list[str]:
    """Return the shell blocks of a page."""
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


def commands(page: str) -> Iterator[list[str]]:
    """Yield the words after `fenji` of each line of a page's shell blocks that calls it."""
    for block in blocks(page):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words and Path(words[0]).name == "fenji":
                yield words[1:]


def parse(words: list[str]) -> click.Command:
    """Return the verb that the words call, its options and arguments parsed; nothing is run, click's errors are raised."""
    command: click.Command = cli
    context = click.Context(cli, info_name="fenji")
    while isinstance(command, click.Group):
        name, found, words = command.resolve_command(context, words)
        assert found is not None
        command, context = found, click.Context(found, parent=context, info_name=name)
    command.parse_args(context, list(words))
    return command


def plain(home: str) -> dict[str, str]:
    """Return an environment with nothing of this process but what finds the programs, and FENJI_HOME."""
    return {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "FENJI_HOME": home, "LC_ALL": "C.UTF-8"}


CALLS = [(page, shlex.join(words)) for page in PAGES for words in commands(page)]


@pytest.mark.parametrize(("page", "line"), CALLS, ids=[f"{page}: {line}" for page, line in CALLS])
def test_each_command_of_a_page_is_a_verb_with_options_that_exist(page: str, line: str) -> None:
    assert parse(shlex.split(line)).callback is not None


@pytest.mark.parametrize("page", [*PAGES, "schema/README.md", "ARCHITECTURE.md"])
def test_each_verb_named_in_a_sentence_exists(page: str) -> None:
    for text in INLINE.findall((ROOT / page).read_text(encoding="utf-8")):
        command: click.Command = cli
        for word in text.split()[1:]:
            if not isinstance(command, click.Group):
                break
            assert word in command.commands, f"{page}: `{text}`"
            command = command.commands[word]


def test_a_wrong_option_or_verb_on_a_page_would_be_seen() -> None:
    with pytest.raises(click.UsageError, match="No such option"):
        parse(["import", "customers", "customers.csv", "--no-such"])
    with pytest.raises(click.UsageError, match="No such command"):
        parse(["policies", "check", "sabcd-weighted"])


def test_both_readmes_show_the_same_commands() -> None:
    first, second = (blocks(page) for page in READMES)
    assert first == second


@pytest.mark.parametrize("page", READMES)
def test_the_commands_of_the_readme_run_as_written(page: str, tmp_path: Path) -> None:
    (block,) = [block for block in blocks(page) if "fenji" in block]
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent, target_is_directory=True)
    (tmp_path / "customers.csv").write_text("公司全称,source_key\n华北机械有限公司,1\n", encoding="utf-8")
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["source_key", "customer_key", "ordered_on", "amount"], ["o1", "1", "2024-03-05", "12.5万"]):
        book.active.append(row)
    book.save(tmp_path / "orders.xlsx")
    done = subprocess.run(
        ["sh", "-exc", block], cwd=tmp_path, env=plain(str(tmp_path / "home")), capture_output=True, text=True, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "customers.csv (utf-8, comma-delimited): 1 created, 0 changed, 0 unchanged, 0 rejected" in done.stdout
    assert "orders.xlsx (workbook, sheet 'Sheet'): 1 created, 0 changed, 0 unchanged, 0 rejected" in done.stdout
    assert "sabcd-weighted: no errors." in done.stdout


def walk_throughs() -> dict[str, str]:
    """Return the block of each walk-through of api/README.md by its heading."""
    text = (ROOT / "api/README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^### Walk-through: (\w+).*?```sh\n(.*?)```", text, re.DOTALL | re.MULTILINE))


def test_the_walk_throughs_read_files_and_mappings_that_are_there(shared: Path) -> None:
    found = walk_throughs()
    assert set(found) == {"CDNOW", "Northwind"}
    for block in found.values():
        for name, mapping in re.findall(r"\$DATA/(\S+) --mapping (\S+)", block):
            assert (shared / name).is_file()
            assert (ROOT / "api" / "mappings" / f"{mapping}.yaml").is_file()


@pytest.mark.parametrize("name", sorted(walk_throughs()))
def test_a_walk_through_ends_with_the_grades_that_the_page_tells(name: str, shared: Path, tmp_path: Path) -> None:
    if not os.environ.get("FENJI_WALK_THROUGHS"):
        pytest.skip("whole walk-throughs take a minute; set FENJI_WALK_THROUGHS=1 to run them")
    home = tmp_path / "home"
    block = re.sub(r"^export FENJI_HOME=\S+", f"export FENJI_HOME={shlex.quote(str(home))}", walk_throughs()[name])
    environment = {**plain(str(home)), "DATA": str(shared), "COLUMNS": "200"}
    done = subprocess.run(["sh", "-exc", block], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    told = {"CDNOW": ("23,570 created", "69,659 created", "3,250", "76.5%"),
            "Northwind": ("91 created", "830 created", "2,155 created", "68.2%")}[name]  # fmt: skip
    for figure in told:
        assert figure in done.stdout, f"{figure} is not in {done.stdout}"


def test_the_targets_of_make_on_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in (*PAGES, "schema/README.md", "ARCHITECTURE.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        named = set(re.findall(r"^make ([a-z]+)$|`make ([a-z]+)`", text, re.MULTILINE))
        assert {first or second for first, second in named} <= targets, page


def test_links_between_the_pages_lead_somewhere() -> None:
    for page in (*PAGES, "schema/README.md", "ARCHITECTURE.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#:\s]+)\)", text):
            assert ((ROOT / page).parent / link).exists(), f"{page}: {link}"


def test_the_graphql_examples_of_the_cookbook_are_all_on_the_page() -> None:
    text = (ROOT / "api/README.md").read_text(encoding="utf-8")
    for path in (ROOT / "api/operations/examples").glob("*.graphql"):
        assert re.search(rf"\b{path.stem}\b", text), path.name


def test_the_graphql_written_out_on_the_page_fits_the_schema() -> None:
    schema = build_schema((ROOT / "schema/schema.graphql").read_text(encoding="utf-8"))
    text = (ROOT / "api/README.md").read_text(encoding="utf-8")
    bodies = [json.loads(body)["query"] for body in re.findall(r"-d '(\{.*?\})'$", text, re.MULTILINE)]
    examples = re.findall(r"```graphql\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`((?:subscription|query|mutation) \{[^`]*)`", text)
    assert bodies
    assert examples
    assert inline
    for source in (*bodies, *examples, *inline):
        assert validate(schema, parse_graphql(source)) == [], source
