"""`fenji policy graph`: what needs what in a policy, in the order in which it is evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.table import Table

from api.cli.door import CONSOLE
from api.cli.policy import text_of
from policies import parse, sound
from policies.values import Labels

if TYPE_CHECKING:
    from policies.graph import Node


@click.command("graph")
@click.argument("source", metavar="POLICY")
@click.option(
    "--of", "name", metavar="NAME", help="Only what this word, indicator, rule, gate or part needs, and what needs it."
)
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def policy_graph(source: str, name: str | None, language: str) -> None:
    """Show in which order a policy is evaluated and what each step needs; POLICY is a file or a shipped id."""
    from policies.graph import STAGES, evaluation_order, graph, lineage  # networkx takes most of a second

    document = parse(text_of(source))
    sound(document)

    def say(labels: Labels) -> str:
        return labels.zh if language == "zh" else labels.en

    def title(node: Node) -> str:
        word = document.word(node.name) if node.stage in ("input", "part") else None
        return f"{node} {word.zh if language == 'zh' else word.en}" if word is not None else str(node)

    if name is not None:
        before, after = lineage(document, name)
        for heading, nodes in ((Labels(zh="需要", en="needs"), before), (Labels(zh="影响", en="is needed by"), after)):
            CONSOLE.print(f"{name} {say(heading)}: {', '.join(map(title, nodes)) or '–'}")
        return
    made = graph(document)
    heads = (Labels(zh="步骤", en="step"), Labels(zh="名称", en="name"), Labels(zh="需要", en="needs"))
    table = Table(*map(say, heads))
    for node in evaluation_order(document):
        needs = ", ".join(map(str, made.predecessors(node)))
        table.add_row(say(STAGES[node.stage]), title(node), needs)
    CONSOLE.print(table)
