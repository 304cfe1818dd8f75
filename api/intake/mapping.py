"""Mapping files: which column of a foreign file becomes which field, in YAML with a closed schema."""

from __future__ import annotations

import codecs
import re
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from api.commands.cells import nearest
from api.commands.fields import NOUNS
from policies.refusal import Refusal

SHIPPED = Path(str(files("api"))) / "mappings"


class Closed(BaseModel):
    """A model that refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Lookup(Closed):
    """A value from a second file beside the imported one: the cell ``value`` of the row whose ``key`` equals ``by``."""

    file: str = Field(pattern=r"^[^/\\]+$")
    key: str
    value: str
    by: Source


class Source(Closed):
    """Where a field's text comes from: a header of the file, a constant, a template, or a lookup."""

    header: str | None = None
    constant: str | None = None
    template: str | None = None
    lookup: Lookup | None = None

    @model_validator(mode="before")
    @classmethod
    def _header_alone(cls, data: Any) -> Any:
        return {"header": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _exactly_one(self) -> Source:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of header, constant, template, lookup, not {given or 'none'}")
        return self

    def headers(self) -> list[str]:
        """Return the headers of the imported file that the source reads; a template's {row} is no header."""
        if self.lookup:
            return self.lookup.by.headers()
        if self.template is not None:
            return [name for name in re.findall(r"\{([^{}]*)\}", self.template) if name != "row"]
        return [] if self.header is None else [self.header]


class Mapping(Closed):
    """A mapping file as a whole; ``decimals`` says to how many decimals a field's number is rounded, once."""

    noun: str
    source_system: str | None = Field(None, max_length=60)
    delimiter: Literal[",", ";", "\t", "|", "whitespace"] | None = None
    encoding: str | None = None
    distinct: Literal["first"] | None = None
    decimals: dict[str, Annotated[int, Field(ge=0, le=8)]] = {}
    columns: dict[str, Source]

    @model_validator(mode="before")
    @classmethod
    def _tab_by_name(cls, data: Any) -> Any:
        return {**data, "delimiter": "\t"} if isinstance(data, dict) and data.get("delimiter") == "tab" else data

    @model_validator(mode="after")
    def _known_names(self) -> Mapping:
        if self.noun not in NOUNS:
            raise ValueError(
                f"noun {self.noun!r} is unknown{nearest(self.noun, NOUNS)}; it is one of {', '.join(NOUNS)}"
            )
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except LookupError:
                raise ValueError(f"encoding {self.encoding!r} is unknown; write utf-8, gb18030 or latin-1") from None
        fields = [field.name for field in NOUNS[self.noun].fields]
        for name in (*self.columns, *self.decimals):
            if name not in fields:
                raise ValueError(
                    f"{self.noun} has no field {name!r}{nearest(name, fields)}; it has {', '.join(fields)}"
                )
        return self


def load_mapping(name: str) -> Mapping:
    """Read a mapping by the name of a shipped one (``cdnow-orders``) or by its path; Refusal says what is wrong in it."""
    shipped = sorted(path.stem for path in SHIPPED.glob("*.yaml"))
    path = SHIPPED / f"{name}.yaml" if name in shipped else Path(name)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal(
            f"There is no readable mapping {name!r} ({getattr(error, 'strerror', None) or 'not UTF-8'}); "
            f"give a file, or one of {', '.join(shipped)}{nearest(name, shipped)}.",
            code="file_invalid",
        ) from error
    return parse_mapping(text, path.name)


def parse_mapping(text: str, name: str) -> Mapping:
    """Return the mapping that ``text`` writes; Refusal (file_invalid) names each mistake and the nearest valid key."""
    try:
        data = yaml.load(text, _Loader)  # _Loader makes strings, lists and mappings only
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f" in line {mark.line + 1}" if mark else ""
        raise Refusal(
            f"{name} is no YAML{line}: {getattr(error, 'problem', error)}; correct it.", code="file_invalid"
        ) from error
    if not isinstance(data, dict):
        raise Refusal(f"{name} is no mapping file; it begins with noun: and columns:.", code="file_invalid")
    try:
        return Mapping.model_validate(data)
    except ValidationError as error:
        raise Refusal(f"{name}: {'; '.join(map(_sentence, error.errors()))}.", code="file_invalid") from error


def _sentence(error: Any) -> str:
    """Return one mistake of a mapping file as a person would say it."""
    *way, last = [str(part) for part in error["loc"]] or [""]
    where = f" in {'.'.join(way)}" if way else ""
    if error["type"] == "extra_forbidden":
        model = Mapping if not way else Lookup if way[-1] == "lookup" else Source
        known = list(model.model_fields)
        return f"the key {last!r}{where} is unknown{nearest(last, known)}; valid keys are {', '.join(known)}"
    if error["type"] == "missing":
        return f"the key {last!r}{where} is missing"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"]) + (f" ({'.'.join([*way, last])})" if last else "")
    return f"{last}{where} is {error['input']!r}: {error['msg'][:1].lower()}{error['msg'][1:]}"


class _Loader(yaml.BaseLoader):
    """YAML whose scalars all stay text, so that ``no`` or 00123 mean what they say; a key given twice is refused."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key.value!r} stands twice", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


Lookup.model_rebuild()
