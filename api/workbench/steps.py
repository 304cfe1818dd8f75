"""The steps of a draft: each state of the changed copy, and the places through which it is read and changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from api.workbench.balance import balanced
from api.workbench.places import Values, at, label, names, plain, put, step, without
from policies.check import check
from policies.compiler import compile_plan
from policies.differences import Difference, structure_differences
from policies.document import Policy
from policies.findings import Findings
from policies.loading import from_values
from policies.plan import Plan
from policies.reading import DocumentError, Path
from policies.refusal import Refusal
from policies.writing import to_yaml, values_of


@dataclass(frozen=True)
class State:
    """A draft at one moment: its plain values, the document, and what was done to come here."""

    values: Values
    document: Policy
    done: str = ""

    @cached_property
    def text(self) -> str:
        """Return the document as YAML."""
        return to_yaml(self.values)

    @cached_property
    def findings(self) -> Findings:
        """Return what the check finds."""
        return check(self.document)

    @cached_property
    def plan(self) -> Plan:
        """Return the plan; UnsoundPolicy for a document that cannot be graded with."""
        return compile_plan(self.document)


class Steps:
    """The states of a draft, from the original to the present one; the original never changes."""

    def __init__(self, original: Policy, shown: Callable[[str, Findings], None]) -> None:
        values = values_of(original)
        self.original, self.shown = original, shown
        self.states = [State(values, from_values(values))]
        self.undone: list[State] = []

    @property
    def now(self) -> State:
        """Return the present state."""
        return self.states[-1]

    def put(self, path: Path, value: object) -> None:
        """Put a value at a path; Refusal with the value and the cure when no document can have it there."""
        place = label(self.now.values, path)
        found = value._held() if isinstance(value, Place) else plain(value)
        self.take(put(self.now.values, path, found), f"{place} = {found!r}")

    def delete(self, path: Path) -> None:
        """Take what stands at a path out; Refusal when the document cannot do without it."""
        self.take(without(self.now.values, path), f"del {label(self.now.values, path)}")

    def take(self, values: Values, done: str) -> None:
        """Go on to other values; Refusal, and nothing changed, when no document has them.  New findings are shown."""
        try:
            state = State(values, from_values(values), done)
        except DocumentError as error:
            faults = "; ".join(f"{problem.path}: {problem.message}" for problem in error.problems[:3])
            raise Refusal(f"{done} is refused, and the draft is as it was. {faults}.", code="policy_invalid") from None
        known = {(finding.code, finding.path) for finding in self.now.findings}
        self.states.append(state)
        self.undone.clear()
        new = [one for one in state.findings if (one.code, one.path) not in known]
        if new:
            self.shown(done, Findings(new))

    def back(self, many: int) -> None:
        """Go back; Refusal when there are not so many steps."""
        if not 1 <= many < len(self.states):
            raise Refusal(f"There are {len(self.states) - 1} changes to undo, not {many}.", code="invalid")
        for _ in range(many):
            self.undone.append(self.states.pop())

    def again(self) -> None:
        """Take the last undone step once more; Refusal when nothing was undone."""
        if not self.undone:
            raise Refusal("There is nothing to redo: no change was undone since the last one.", code="invalid")
        self.states.append(self.undone.pop())

    def changes(self) -> tuple[Difference, ...]:
        """Return what differs from the original, in words."""
        return structure_differences(self.original, self.now.document)

    def balance(self, path: Path, share: object, among: str) -> None:
        """Give a weight another share and the others of its group the rest, in their proportion, exactly."""
        values, done = balanced(self.now.values, path, plain(share), among)
        self.take(values, done)


class Place:
    """A part of a draft: reading gives parts or the text that stands there, assigning changes the draft.

    ``dir`` shows what can be set; what Python cannot write as a name is read by ``[...]``.
    """

    __slots__ = ("_path", "_steps")
    _path: Path
    _steps: Steps

    def __init__(self, steps: Steps, path: Path) -> None:
        object.__setattr__(self, "_steps", steps)
        object.__setattr__(self, "_path", path)

    def _held(self) -> Any:
        return plain(at(self._steps.now.values, self._path))

    def _child(self, name: str | int) -> Any:
        path = step(self._steps.now.values, self._path, name)
        found = at(self._steps.now.values, path)
        return Place(self._steps, path) if isinstance(found, dict | list) else found

    def _assign(self, name: str | int, value: object) -> None:
        values, here = self._steps.now.values, at(self._steps.now.values, self._path)
        known = names(values, self._path)
        if isinstance(here, list) and isinstance(value, dict) and isinstance(name, str) and name not in known:
            added = [*here, {"id": name, **value}]  # a new gate, rule or indicator, under its id
            self._steps.put(self._path, added)
        else:
            self._steps.put(step(values, self._path, name), value)

    def _delete(self, name: str | int) -> None:
        path = step(self._steps.now.values, self._path, name)
        if at(self._steps.now.values, path) is None:
            raise Refusal(
                f"{label(self._steps.now.values, path)} is not there, so it cannot be taken out.", code="invalid"
            )
        self._steps.delete(path)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)  # what Python and Jupyter ask of every object
        return self._child(name)

    def __setattr__(self, name: str, value: object) -> None:
        self._assign(name, value)

    def __delattr__(self, name: str) -> None:
        self._delete(name)

    def __getitem__(self, name: str | int) -> Any:
        return self._child(name)

    def __setitem__(self, name: str | int, value: object) -> None:
        self._assign(name, value)

    def __delitem__(self, name: str | int) -> None:
        self._delete(name)

    def __len__(self) -> int:
        return len(at(self._steps.now.values, self._path))

    def __iter__(self) -> Iterator[Any]:
        here = at(self._steps.now.values, self._path)
        return iter([self._child(i) for i in range(len(here))] if isinstance(here, list) else list(here))

    def __dir__(self) -> list[str]:
        return [name for name in names(self._steps.now.values, self._path) if name.isidentifier()]

    def _ipython_key_completions_(self) -> list[str]:
        return list(names(self._steps.now.values, self._path))

    def __eq__(self, other: object) -> bool:
        held: object = self._held()
        return held == (other._held() if isinstance(other, Place) else plain(other))

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return to_yaml(self._held()).rstrip("\n")
