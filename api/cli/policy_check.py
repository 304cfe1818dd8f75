"""`fenji policy check`: findings with line, customer and cure, what the cases reach, and which changes none notices."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.console import Console
from rich.padding import Padding
from rich.progress import track
from rich.table import Table
from rich.text import Text

from policies import load
from policies.documents import shipped
from policies.exact import percent_down
from policies.findings import Finding
from policies.loading import read_file
from policies.reading import DocumentError
from policies.refusal import Refusal
from policies.report import FORMAT, Report, report, unreadable

CONSOLE = Console(highlight=False)
# So many parts that no case reaches, or changes that none notices, are listed without --all.
FEW = 10
_BAR = 20


@click.command("check")
@click.argument("sources", metavar="POLICY...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object; its keys are in policies/README.md.")
@click.option(
    "--all", "everything", is_flag=True, help="List every part that no case reaches, and every unnoticed change."
)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def policy_check(sources: tuple[str, ...], as_json: bool, everything: bool, language: str) -> None:
    """Check policies, each a file, a folder of files, or the id of a shipped one; exit 1 when there are errors."""
    names = [name for source in sources for name in _files(source)]
    watched = not as_json and len(names) > 1 and CONSOLE.is_terminal
    reports = {
        name: _report(name)
        for name in track(names, "checking", console=Console(stderr=True), transient=True, disable=not watched)
    }
    errors = sum(found.errors for found in reports.values())
    if as_json:
        files = [found.as_values(name) for name, found in reports.items()]
        warnings = sum(found.warnings for found in reports.values())
        values = {"format": FORMAT, "errors": errors, "warnings": warnings, "files": files}
        click.echo(json.dumps(values, ensure_ascii=False, indent=2))
    for name, found in reports.items() if not as_json else ():
        if len(reports) == 1 or found.findings:
            _print(name, found, brief=len(reports) > 1, everything=everything, english=language == "en")
    if len(reports) > 1 and not as_json:
        _print_together(reports, english=language == "en")
    broken = [
        f"{name}: {found.errors} error{'s' if found.errors > 1 else ''}."
        for name, found in reports.items()
        if found.errors
    ]
    if broken:
        raise Refusal(" ".join(broken), code="policy_invalid")
    for name in reports if not as_json else ():
        CONSOLE.print(f"{name}: no errors.", markup=False, soft_wrap=True)


def _files(source: str) -> list[str]:
    """Return the policies of a folder, or the one file or shipped id that is named."""
    folder = Path(source)
    if source in shipped() or not folder.is_dir():
        return [source]
    names = sorted(str(path) for path in folder.iterdir() if path.suffix in (".yaml", ".yml", ".json"))
    names = [name for name in names if not name.endswith(".schema.json")]
    if not names:
        raise Refusal(f"There is no .yaml, .yml or .json file in {source}.", code="not_found")
    return names


def _report(name: str) -> Report:
    """Return the report of a file or of a shipped policy; a file that is there and no document has its faults as findings."""
    try:
        return report(
            load(name) if name in shipped() else read_file(Path(name)) if Path(name).is_file() else load(name)
        )
    except DocumentError as error:
        if not Path(name).is_file():
            raise
        return unreadable(error)


def _print(name: str, found: Report, *, brief: bool, everything: bool, english: bool) -> None:
    title = Text(name, "bold")
    if found.document is not None:
        title.append(f"  {found.document.title.en if english else found.document.title.zh}", "none")
    CONSOLE.print(title)
    for severity, many, one in (("error", "errors", "error"), ("warning", "warnings", "warning")):
        findings = [finding for finding in found.findings if finding.severity == severity]
        if findings:
            number = f"{len(findings)} {many if len(findings) > 1 else one}"
            CONSOLE.print(Text(f"\n  {number}", "bold red" if severity == "error" else "bold yellow"))
            CONSOLE.print(_findings(findings))
    if not brief:
        _print_coverage(found, everything=everything, english=english)
        _print_mutation(found, everything=everything, english=english)
    CONSOLE.print()


def _findings(findings: list[Finding]) -> Padding:
    """Return findings as lines: where, what, who shows it, and the cure."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", min_width=4, style="cyan")
    grid.add_column(overflow="fold")
    for finding in findings:
        grid.add_row(str(finding.line or ""), Text.assemble((finding.path or "document", "bold"), f" [{finding.code}]"))
        grid.add_row("", Text(finding.message))
        if finding.counter_example is not None:
            shown = ", ".join(f"{key} = {value}" for key, value in finding.counter_example.items())
            grid.add_row("", Text(f"e.g. {shown}", "italic"))
        grid.add_row("", Text(f"→ {finding.cure}", "green"))
    return Padding(grid, (0, 0, 0, 2), expand=False)


def _print_coverage(found: Report, *, everything: bool, english: bool) -> None:
    reached = found.coverage
    if reached is None:
        return
    head = f"{reached.cases} cases reach" if english else f"{reached.cases} 个用例的覆盖"
    CONSOLE.print(Text(f"\n  {head}", "bold"))
    grid = Table.grid(padding=(0, 2))
    for justify in ("left", "right", "left", "left"):
        grid.add_column(justify=justify, no_wrap=True)
    for share in reached.shares:
        full = share.reached == share.parts
        bar = Text("█" * (_BAR * share.reached // share.parts), "green" if full else "yellow")
        bar.append("·" * (_BAR - len(bar)), "dim")
        number = f"{share.reached} / {share.parts}"
        grid.add_row(
            share.title.en if english else share.title.zh, percent_down(share.reached, share.parts), bar, number
        )
    CONSOLE.print(Padding(grid, (0, 0, 0, 4), expand=False))
    missed = [(part.line, part.title.en if english else part.title.zh) for part in reached.missed]
    _print_lines("No case reaches" if english else "没有用例到达", missed, everything=everything, english=english)


def _print_mutation(found: Report, *, everything: bool, english: bool) -> None:
    made = found.mutation
    if made is None or not made.tried:
        return
    share = percent_down(made.killed, made.tried)
    if english:
        head = f"Small changes that a case notices: {share} ({made.killed} / {made.tried})"
    else:
        head = f"改动能被用例察觉: {share} ({made.killed} / {made.tried})"
    CONSOLE.print(Text(f"\n  {head}", "bold"))
    lines = [
        (survivor.line, survivor.change.en if english else survivor.change.zh)
        for survivor in made.survivors[: None if everything else FEW]
    ]
    title = "No case notices" if english else "没有用例察觉"
    _print_lines(title, lines, everything=everything, english=english, number=len(made.survivors))


def _print_lines(
    title: str, lines: list[tuple[int, str]], *, everything: bool, english: bool, number: int | None = None
) -> None:
    """Print sentences with their lines in the document, the first few of them or all."""
    number = len(lines) if number is None else number
    if not lines:
        return
    CONSOLE.print(Text(f"\n    {title}"))
    grid = Table.grid(padding=(0, 2))
    grid.add_column(justify="right", min_width=4, style="cyan")
    grid.add_column(overflow="fold")
    for line, sentence in lines if everything else lines[:FEW]:
        grid.add_row(str(line or ""), Text(sentence))
    more = number - FEW
    if more > 0 and not everything:
        grid.add_row(
            "", Text(f"… and {more} more; --all lists them" if english else f"… 还有 {more} 处, --all 全部列出", "dim")
        )
    CONSOLE.print(Padding(grid, (0, 0, 0, 4), expand=False))


def _print_together(reports: dict[str, Report], *, english: bool) -> None:
    heads = ("policy", "errors", "warnings", "cases", "reached", "noticed") if english else ("政策", "错误", "提醒", "用例", "覆盖", "察觉")  # fmt: skip
    table = Table(*heads)
    for column in table.columns[1:]:
        column.justify = "right"
    table.columns[0].overflow = "fold"
    for name, found in reports.items():
        reached, made = found.coverage, found.mutation
        table.add_row(
            Text(found.document.id if found.document is not None else Path(name).name),
            str(found.errors),
            str(found.warnings),
            "–" if reached is None else str(reached.cases),
            "–" if reached is None else percent_down(len(reached.parts) - len(reached.missed), len(reached.parts)),
            "–" if made is None else percent_down(made.killed, made.tried),
        )
    CONSOLE.print(table)
