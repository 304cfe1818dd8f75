"""Completion below the parts of a draft: IPython's own completers do not look into objects that answer for their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from api.workbench.steps import Place
from policies.refusal import Refusal

# The object, its parts (.A2, [1], ["金"]), and what is written of the next name.
_WRITTEN = re.compile(r"([A-Za-z_]\w*)((?:\.\w+|\[[^\[\]]*\])*)\.(\w*)$")
_PART = re.compile(r"\.(\w+)|\[\s*(?:(-?\d+)|\"([^\"]*)\"|'([^']*)')\s*\]")


def completions(text: str, names: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return what is written of the last name, and the names that it can become; none where no draft is meant."""
    found = _WRITTEN.search(text)
    here = names.get(found[1]) if found else None
    if found is None or not isinstance(here, Place):
        return "", []
    try:
        for part in _PART.finditer(found[2]):
            here = here._child(int(part[2])) if part[2] else here._child(part[1] or part[3] or part[4])
            if not isinstance(here, Place):
                return "", []
    except Refusal:
        return "", []
    return found[3], [name for name in dir(here) if name.startswith(found[3])]


def register(completer: Any, names: Mapping[str, Any]) -> None:
    """Add the completion to IPython's completer, once."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier="fenji_draft_matcher")  # type: ignore[untyped-decorator]  # IPython has no types here
    def matcher(context: Any) -> dict[str, Any]:
        fragment, known = completions(context.text_until_cursor, names)
        offered = [SimpleCompletion(text=name, type="property") for name in known]
        return {"completions": offered, "matched_fragment": fragment, "suppress": bool(offered)}

    if not any(getattr(one, "matcher_identifier", "") == "fenji_draft_matcher" for one in completer.custom_matchers):
        completer.custom_matchers.append(matcher)
