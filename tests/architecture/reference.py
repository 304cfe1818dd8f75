"""Writes and checks the generated parts of the documentation, between <!-- generated: NAME --> marks.

`python tests/architecture/reference.py --write` writes them; the test beside this file compares.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
MARK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def first_line(module: Path) -> str:
    """Return the first sentence of a module's docstring."""
    docstring = ast.get_docstring(ast.parse(module.read_text())) or ""
    return docstring.strip().split("\n\n")[0].replace("\n", " ")


def tracked(*patterns: str) -> list[Path]:
    """Return the files of the repository that match, tracked or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sorted(ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).exists())


def modules() -> str:
    """The map: every module with its first sentence, folder by folder."""
    folders: dict[Path, list[Path]] = {}
    for path in tracked("policies/*.py", "schema/*.py", "api/*.py", "notebooks/*.py"):
        folders.setdefault(path.parent.relative_to(ROOT), []).append(path)
    lines = []
    for folder, paths in sorted(folders.items(), key=lambda item: _rank(item[0])):
        package = next((first_line(path) for path in paths if path.name == "__init__.py"), "")
        rows = [f"| {path.stem} | {first_line(path)} |" for path in paths if path.name != "__init__.py"]
        lines.append(f"\n**{folder}/** {package}".rstrip())
        lines += ["\n| module | what lives there |\n|---|---|", *rows] if rows else []
    return "\n".join(lines).strip() + "\n"


def _rank(folder: Path) -> tuple[int, str]:
    return ["policies", "schema", "api", "notebooks"].index(folder.parts[0]), str(folder)


def settings() -> str:
    """Every setting."""
    from api.settings import Settings

    rows = (
        f"| `FENJI_{name.upper()}` | {field.description} | `{field.default}` |"
        for name, field in Settings.model_fields.items()
    )
    return "| variable | what it sets | default |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def codes() -> str:
    """Every code of a refusal."""
    from api.errors import CODES

    rows = (f"| `{code}` | {english} | {chinese} |" for code, (english, chinese) in CODES.items())
    return "| code | meaning | 含义 |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def notebooks() -> str:
    """The catalogue of notebooks."""
    from api.notebook.catalogue import table

    return "\n".join(table()) + "\n"


def permissions() -> str:
    """Who may do what, who sees which kind of personal field, and who sees which rows."""
    from api.access import PERMISSIONS, PERSONAL, ROWS

    def rows(table: dict[str, frozenset[str]]) -> str:
        return "\n".join(f"| `{name}` | {', '.join(sorted(roles))} |" for name, roles in table.items())

    seen = "\n".join(
        f"| `{table.__name__}` | {', '.join(sorted(one.roles))} | {one.meaning} |" for table, one in ROWS.items()
    )
    return (
        f"| action | roles |\n|---|---|\n{rows(PERMISSIONS)}\n\n"
        f"| kind of personal field | roles that see it as it is |\n|---|---|\n{rows(PERSONAL)}\n\n"
        f"| rows of | roles that see every row | what the others see |\n|---|---|---|\n{seen}\n"
    )


def verbs() -> str:
    """Every verb of the command line."""
    from api.cli import cli

    def walk(command: click.Command, name: str) -> Iterator[tuple[str, str]]:
        if isinstance(command, click.Group):
            for child in sorted(command.commands):
                yield from walk(command.commands[child], f"{name} {child}")
        else:
            arguments = " ".join(
                p.make_metavar(click.Context(command)) for p in command.params if isinstance(p, click.Argument)
            )
            yield f"{name} {arguments}".strip(), (command.help or "").split("\n\n")[0].replace("\n", " ")

    rows = (f"| `{usage}` | {text} |" for usage, text in walk(cli, "fenji"))
    return "| verb | what it does |\n|---|---|\n" + "\n".join(rows) + "\n"


def vocabulary() -> str:
    """Every word that a policy may mention."""
    from policies.vocabulary import WORDS

    rows = (f"| `{word.name}` | {word.type} | {word.zh} | {word.meaning} |" for word in WORDS)
    return "| word | type | 中文 | meaning |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def policies() -> str:
    """Every shipped policy."""
    from policies.documents import shipped
    from policies.loading import load

    documents = [(load(name), path) for name, path in shipped().items()]
    rows = (
        f"| `{found.id}` | {found.kind} | {found.title.zh} | {found.title.en} | [{path.name}](documents/{path.name}) |"
        for found, path in documents
    )
    return "| id | kind | 中文 | title | document |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"


def checks() -> str:
    """What the cases of every shipped policy reach and notice."""
    from policies import compile_plan, coverage, load, mutation
    from policies.documents import shipped
    from policies.exact import percent_down

    rows = []
    for name in shipped():
        plan = compile_plan(load(name))
        reached, made = coverage(plan), mutation(plan)
        there = len(reached.parts) - len(reached.missed)
        shares = f"{there} of {len(reached.parts)} ({percent_down(there, len(reached.parts))})"
        noticed = f"{made.killed} of {made.tried} ({percent_down(made.killed, made.tried)})"
        rows.append(f"| `{name}` | {reached.cases} | {shares} | {noticed} |")
    return "| policy | cases | parts reached | changes noticed |\n|---|---|---|---|\n" + "\n".join(rows) + "\n"


def mappings() -> str:
    """Every shipped mapping."""
    from api.intake.mapping import SHIPPED, load_mapping

    found = ((path.stem, load_mapping(path.stem)) for path in sorted(SHIPPED.glob("*.yaml")))
    rows = (f"| `{name}` | `{one.noun}` | `{one.source_system}` |" for name, one in found)
    return "| mapping | noun | source system |\n|---|---|---|\n" + "\n".join(rows) + "\n"


def cookbook() -> str:
    """Every ready-made operation and what it takes."""
    from api.console.cookbook import recipes

    rows = (
        f"| [{one.example.name}](operations/examples/{one.example.name}.graphql) | {one.example.title} | {one.kind} | "
        f"{'–' if one.statements is None else one.statements} | {one.cost} |"
        for one in recipes()
    )
    return "| file | what it shows | kind | SQL statements | cost |\n|---|---|---|---|---|\n" + "\n".join(rows) + "\n"


PARTS: dict[str, Callable[[], str]] = {
    part.__name__: part
    for part in (
        modules,
        settings,
        codes,
        permissions,
        verbs,
        vocabulary,
        policies,
        checks,
        mappings,
        notebooks,
        cookbook,
    )
}


def generated(text: str) -> str:
    """Return ``text`` with each generated part as it ought to be; KeyError for an unknown part."""
    return MARK.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n{found[3]}", text)


if __name__ == "__main__":
    for page in tracked("*.md"):
        old = page.read_text()
        new = generated(old)
        if new != old and "--write" in sys.argv:
            page.write_text(new)
            print(f"wrote {page.relative_to(ROOT)}")  # noqa: T201  # a script talks to its caller
        elif new != old:
            sys.exit(f"{page.relative_to(ROOT)} is not current; run `make documentation`")
