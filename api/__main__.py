"""`fenji` and `python -m api`: the command line."""

from __future__ import annotations

import sys

from api.cli import cli
from api.cli.door import refusing


def main() -> None:
    """Run the command line; a refusal is one sentence and exit code 1."""
    sys.exit(refusing(cli))


if __name__ == "__main__":
    main()
