"""Parameters as Python source that can carry no code: plain names, JSON values, and only names the notebook declares."""

from __future__ import annotations

import ast
import keyword
import math
from collections.abc import Mapping
from typing import Any

from policies.refusal import Refusal


def literal(value: object) -> str:
    """Return a JSON value as a Python literal; Refusal for any other type, also nested, and for NaN and infinity."""
    if value is None or type(value) in (bool, int, str):
        return repr(value)
    if type(value) is float and math.isfinite(value):
        return repr(value)
    if type(value) is list:
        return f"[{', '.join(map(literal, value))}]"
    if type(value) is dict and all(type(key) is str for key in value):
        return f"{{{', '.join(f'{key!r}: {literal(item)}' for key, item in value.items())}}}"
    raise Refusal(
        f"A parameter of type {type(value).__name__} ({str(value)[:40]!r}) cannot be given to a notebook; "
        "give text, whole numbers, finite numbers, true, false, null, lists and objects of them.",
        code="invalid",
    )


def assignments(parameters: Mapping[str, Any]) -> str:
    """Return one line ``name = literal`` for each parameter; Refusal for a name that is no plain identifier."""
    for name in parameters:
        if (
            not (isinstance(name, str) and name.isascii() and name.isidentifier())
            or keyword.iskeyword(name)
            or name[0] == "_"
        ):
            raise Refusal(
                f"{str(name)[:80]!r} cannot be a parameter's name; use letters, digits and _ and begin with a letter.",
                code="invalid",
            )
    return "".join(f"{name} = {literal(value)}\n" for name, value in parameters.items())


def declared(source: str) -> frozenset[str]:
    """Return the names that a parameters cell assigns at its top level."""
    names: set[str] = set()
    for statement in ast.parse(source).body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        targets = [statement.target] if isinstance(statement, ast.AnnAssign) else targets
        names.update(target.id for target in targets if isinstance(target, ast.Name))
    return frozenset(names)


def require_declared(parameters: Mapping[str, Any], source: str) -> None:
    """Raise Refusal for a parameter that the notebook's parameters cell does not have."""
    known = declared(source)
    unknown = sorted(set(parameters) - known)
    if unknown:
        raise Refusal(
            f"The notebook has no parameter {', '.join(unknown)}; it has {', '.join(sorted(known)) or 'none'}.",
            code="invalid",
        )
