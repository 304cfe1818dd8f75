"""Sliders for weights and cuts with live figures: widgets where there are some, a picture of their positions everywhere."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from api.workbench.knobs import Knob, knobs, moved, written
from api.workbench.latest import Latest
from api.workbench.pictures import Picture
from api.workbench.sheet import Sheet
from api.workbench.slider_picture import sliders_picture
from api.workbench.table import Note
from policies.compiler import compile_plan
from policies.loading import from_values
from policies.refusal import Refusal
from policies.writing import values_of

if TYPE_CHECKING:
    from api.workbench.draft import Draft
    from api.workbench.effect import Effect


class Sliders:
    """Knobs of a draft, where they stand, and what that does; the draft changes when ``keep`` is called."""

    def __init__(self, draft: Draft, places: tuple[str, ...] = ()) -> None:
        self.draft = draft
        self.knobs = knobs(draft._steps.now.values, places)
        self._start = draft._steps.now.values
        self.positions: dict[Knob, Fraction] = {knob: knob.value for knob in self.knobs}
        self.effect: Effect | None = None
        self.latest: Latest[dict[Knob, Fraction]] = Latest(self._figures)
        self._live: Any = None
        draft.snapshot  # noqa: B018  # refuses at once where there is none

    def move(self, place: str, value: Fraction | str) -> Sliders:
        """Move one knob, as a hand would; the figures follow."""
        from policies.exact import exact

        found = [knob for knob in self.knobs if place in (knob.place, knob.place.removesuffix(".weight"))]
        if not found:
            raise Refusal(
                f"There is no slider {place!r}; there are {', '.join(knob.place for knob in self.knobs)}.",
                code="invalid",
            )
        self.positions[found[0]] = exact(value)
        self.latest.put(dict(self.positions))
        return self

    def tried(self, positions: Mapping[Knob, Fraction]) -> Effect:
        """Return the effect of positions beside the original, without the check and without changing the draft."""
        values = {
            key: value
            for key, value in moved(self._start, positions).items()
            if key not in ("cases", "interpretations")
        }
        before, after = compile_plan(self.draft.original), compile_plan(from_values(values))
        return self.draft.compare(self.draft.original).between(before, after)

    def keep(self) -> Draft:
        """Take the positions over into the draft, as one change; its findings are shown."""
        told = ", ".join(
            f"{knob.place} = {knob.text(value)}" for knob, value in self.positions.items() if value != knob.value
        )
        if told:
            self.draft._steps.take(moved(self._start, self.positions), told)
        return self.draft

    def _figures(self, positions: dict[Knob, Fraction]) -> None:
        try:
            self.effect = self.tried(positions)
            shown: Any = Sheet((self.effect.headline(), self.effect.distribution()))
        except Refusal as refusal:
            shown = Note("此位置无法评级。", str(refusal))
        if self._live is not None:
            self._live.value = shown._repr_mimebundle_()["text/html"]

    def picture(self) -> Picture:
        """Draw where the sliders stand and the tiers there, for pages on which nothing moves."""
        self.latest.settle()
        effect = self.effect or self.tried(self.positions)
        originals = values_of(self.draft.original)
        found = {knob: written(originals, knob.path) for knob in self.knobs}
        return sliders_picture(
            self.positions, {knob: value for knob, value in found.items() if value is not None}, effect
        )

    def widget(self) -> Any:
        """Return the sliders as widgets; they are of the extra ``lab``."""
        import ipywidgets

        def follow(knob: Knob, change: Any) -> None:
            self.positions[knob] = knob.marks[change["new"]]
            self.latest.put(dict(self.positions))

        rows = []
        for knob, position in self.positions.items():
            slider = ipywidgets.SelectionSlider(
                options=[(knob.text(mark), i) for i, mark in enumerate(knob.marks)], value=knob.marks.index(position) if position in knob.marks else 0,
                description=knob.place.removesuffix(".weight"), layout={"width": "30rem"}, style={"description_width": "10rem"},
            )  # fmt: skip
            slider.observe(partial(follow, knob), names="value")
            rows.append(slider)
        button = ipywidgets.Button(description="采用 keep", tooltip="写入草案 take the positions over into the draft")
        button.on_click(lambda _: self.keep())
        self._live = ipywidgets.HTML()
        self.latest.put(dict(self.positions))
        return ipywidgets.HBox([ipywidgets.VBox([*rows, button]), self._live])

    def __repr__(self) -> str:
        self.latest.settle()
        effect = self.effect or self.tried(self.positions)
        lines = [
            f"{knob.place}: {knob.text(value)} ({knob.text(knob.least)} … {knob.text(knob.most)})"
            for knob, value in self.positions.items()
        ]
        return "\n".join([*lines, repr(Sheet((effect.headline(), effect.distribution())))])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"image/svg+xml": self.picture().svg, "text/plain": repr(self)}
        if importlib.util.find_spec("ipywidgets") is not None:
            bundle |= self.widget()._repr_mimebundle_()
        return bundle
