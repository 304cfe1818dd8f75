"""The command line: every verb, each a thin door to a command."""

from __future__ import annotations

import click

from api.cli.answers import answers
from api.cli.appointment import appointment
from api.cli.audit import audit
from api.cli.backtest import backtest
from api.cli.database import database
from api.cli.demo import demo
from api.cli.document import document
from api.cli.evidence import evidence
from api.cli.fall import fall
from api.cli.grade import grade, snapshot
from api.cli.intake import import_
from api.cli.job import job
from api.cli.notebook import notebook
from api.cli.policy import policy
from api.cli.policy_cases import policy_cases
from api.cli.policy_check import policy_check
from api.cli.policy_diff import policy_diff
from api.cli.policy_grade import grade_facts
from api.cli.policy_graph import policy_graph
from api.cli.policy_schema import policy_schema
from api.cli.rating import rating
from api.cli.schema import schema
from api.cli.serve import serve
from api.cli.user import user


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fenji")
def cli() -> None:
    """Fenji 分级: customers, their grades, and the policies behind the grades."""


for command in (
    appointment,
    audit,
    backtest,
    database,
    demo,
    document,
    evidence,
    fall,
    grade,
    import_,
    job,
    notebook,
    policy,
    rating,
    schema,
    serve,
    snapshot,
    user,
):
    cli.add_command(command)
grade.add_command(answers)
policy.add_command(grade_facts)
policy.add_command(policy_cases)
policy.add_command(policy_check)
policy.add_command(policy_graph)
policy.add_command(policy_diff)
policy.add_command(policy_schema)
