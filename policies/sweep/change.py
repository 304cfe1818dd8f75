"""A change of a document: one figure or several at their paths, the other weights scaled so that they still sum to 100 %."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import ValidationError

from policies.document import KINDS, Policy
from policies.exact import exact, quoted
from policies.loading import parse
from policies.refusal import Refusal
from policies.sweep.weights import weigh
from policies.values import parameter_values
from policies.version import canonical

Scale = Literal["dimension", "all", "none"]
Form = dict[str, Any]
# What stands in the ladder of an indicator, and is named without it.
_OF_LADDER = ("cuts", "points", "below", "closed", "intervals")
# What may be added where it does not stand yet.
_OPTIONAL = ("closed", "below", "missing", "not_applicable")


def changed(document: Policy, path: str, value: Any, *, scale: Scale = "none") -> Policy:
    """Return a document with one figure changed; see ``applied``."""
    return applied(document, {path: value}, scale)


def applied(document: Policy, settings: Mapping[str, Any], scale: Scale = "none") -> Policy:
    """Return a document with the values of some paths changed.

    Paths go by ids: ``HC.A2.weight``, ``HC.weight``, ``HC.A2.cuts.2``, ``HC.A2.points``, ``HC.A2.values.active``,
    ``tiers.S`` (where the tier begins, or its share in a ranking), or from the top: ``gates.dormant.effect.cap``.  Values are exact
    text (``"12%"``, ``"1/3"``, ``60``), lists of them, or None to take something out.  Weights that are not named are scaled
    by one fraction: those of the same ``dimension``, ``all`` others, or ``none``, and then the check may refuse the sum.
    Raises Refusal for a path that is not there and for a value that is no number, DocumentError for one that does not fit.
    """
    form: Form = json.loads(canonical(document))
    weights = {path: value for path, value in settings.items() if path.split(".")[-1] == "weight"}
    for path, value in settings.items():
        holder, key = find(form, path)
        if path not in weights:
            _put(holder, key, _text(path, value))
    if weights:
        weigh(form, {path: _share(form, path, value) for path, value in weights.items()}, scale)
    return rebuilt(form)


def rebuilt(form: Form) -> Policy:
    """Return the document of a canonical form; DocumentError when it does not fit the schema."""
    model = KINDS[form["kind"]]
    try:
        return model.model_validate(form, context={"parameters": parameter_values(form.get("parameters"))})
    except ValidationError:
        return parse(json.dumps(form, ensure_ascii=False))  # says what is wrong, and where


def find(form: Form, path: str) -> tuple[Any, Any]:
    """Return what holds the value at a path, and its key there; Refusal naming what is there instead."""
    parts = path.split(".") if isinstance(path, str) and path else []
    if not parts:
        raise Refusal(f"{quoted(path)} is no path; write one such as HC.A2.weight or tiers.S.", code="invalid")
    here: Any = form
    if parts[0] == "tiers" and len(parts) == 2:
        tiers = form["tiers"]
        here = tiers.get("shares") or tiers.get("bands", {}).get("cuts") or tiers
        parts = parts[1:]
    elif parts[0] not in form:
        here = _scored(form)
    for place, part in enumerate(parts):
        key = _key(here, part)
        if key is None and isinstance(here, dict) and part in _OF_LADDER and "ladder" in here:
            here = here["ladder"]
            key = _key(here, part)
        if key is None and part in _OPTIONAL and ("input" in here or "points" in here) and place == len(parts) - 1:
            return here, part
        if key is None and isinstance(here, dict) and "indicators" in here:
            here = here["indicators"]
            key = _key(here, part)
        if key is None:
            raise _unknown(path, part, here)
        if place == len(parts) - 1:
            return here, key
        here = here[key]
    raise AssertionError("a path has a last part")


def _scored(form: Form) -> list[Any]:
    """Return the dimensions, and behind them every indicator, so that either may be named first."""
    dimensions = form.get("dimensions", [])
    return [*dimensions, *(part for dimension in dimensions for part in dimension["indicators"])]


def _key(here: Any, part: str) -> Any:
    if isinstance(here, dict):
        return part if part in here else None
    if isinstance(here, list):
        named = [i for i, item in enumerate(here) if isinstance(item, dict) and item.get("id") == part]
        if named:
            return named[0]
        if part.isascii() and part.isdigit() and int(part) < len(here):
            return int(part)
    return None


def _unknown(path: str, part: str, here: Any) -> Refusal:
    if isinstance(here, dict):
        known = [*here, *(here.get("ladder") or {}), *(item["id"] for item in here.get("indicators", ()))]
    elif isinstance(here, list):
        known = [item["id"] if isinstance(item, dict) and "id" in item else str(i) for i, item in enumerate(here)]
    else:
        return Refusal(f"{path}: nothing stands below {quoted(here)}, so there is no {part!r}.", code="invalid")
    nearest = difflib.get_close_matches(part, known, 1, 0.5)
    hint = f"did you mean {nearest[0]}? " if nearest else ""
    return Refusal(f"{path}: there is no {part!r}; {hint}known here: {', '.join(known)}.", code="invalid")


def _put(holder: Any, key: Any, value: Any) -> None:
    if value is None and isinstance(holder, dict):
        holder.pop(key, None)
    else:
        holder[key] = value


def _text(path: str, value: Any) -> Any:
    """Return a value as the canonical form writes it; Refusal for a float, which is no exact number."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, list | tuple):
        return [_text(path, part) for part in value]
    if isinstance(value, dict):
        return {name: _text(path, part) for name, part in value.items()}
    try:
        return str(exact(value))
    except ValueError as error:
        raise Refusal(f"{path}: {error}.", code="invalid") from None


def _share(form: Form, path: str, value: Any) -> Any:
    """Return the id of a weight's dimension, that of its indicator or None, and the number."""
    holder, _ = find(form, path)
    try:
        number = exact(value)
    except ValueError as error:
        raise Refusal(f"{path}: {error}.", code="invalid") from None
    for dimension in form.get("dimensions", []):
        if holder is dimension:
            return dimension["id"], None, number
        if any(holder is part for part in dimension["indicators"]):
            return dimension["id"], holder["id"], number
    raise Refusal(f"{path}: only dimensions and indicators have weights.", code="invalid")
