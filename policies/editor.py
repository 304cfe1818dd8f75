"""The JSON Schema of policy documents, for editors: keys, values and words are completed and checked while one writes."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from policies.document import KINDS, Missing
from policies.vocabulary import VOCABULARY

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NUMBER: JsonSchemaValue = {
    "description": "An exact number: 10, 0.3, 15% or 1/3.",
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[+-]?[0-9]+(\.[0-9]+%?|%|/[0-9]+)?\s*$"}],
}
_WHOLE: JsonSchemaValue = {
    "description": "A whole number.",
    "anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\s*[+-]?[0-9]+\s*$"}],
}
# The pattern of values.Word: an editor offers the vocabulary there.
WORD = r"^[A-Za-z][A-Za-z0-9_]*$"
# What a validator of our own accepts, by its name, where pydantic cannot know it.
_ACCEPTS: dict[str, JsonSchemaValue] = {
    "exact": _NUMBER,
    "whole": _WHOLE,
    "interval_text": {"description": "20-50, [20, 50), >=90, 90以上, 不满40.", "type": ["string", "number"]},
    "text": {"type": ["string", "number", "boolean"]},
    "threshold": {
        "description": "An exact number (10, 0.3, 15% or 1/3), or the id of a parameter.",
        "anyOf": [*_NUMBER["anyOf"], {"type": "string", "pattern": WORD}],
    },
}


def policy_schema() -> JsonSchemaValue:
    """Return the schema of every kind of document, as it is written: a number may stand as text and text as a number.

    It is looser than the check, which knows what depends on other parts, and refuses no document that can be read.
    """
    kinds = [TypeAdapter(model) for model in KINDS.values()]
    references, definitions = _Generator.generate_all(kinds)
    return {
        "$schema": DIALECT,
        "title": "Fenji grading policy 分级政策",
        "oneOf": [references[index] for index in range(len(kinds))],
        **definitions,
    }


def schema_text() -> str:
    """Return the schema as the text of ``documents/policy.schema.json``."""
    return json.dumps(policy_schema(), ensure_ascii=False, indent=1) + "\n"


class _Generator(GenerateJsonSchema):
    """Pydantic's schema, with what the reader of documents adds: every scalar arrives as text."""

    @classmethod
    def generate_all(cls, kinds: list[TypeAdapter[Any]]) -> tuple[dict[int, JsonSchemaValue], JsonSchemaValue]:
        """Return a reference for each kind, by its place, and the definitions under ``$defs``."""
        mode: JsonSchemaMode = "validation"
        found, definitions = TypeAdapter.json_schemas(
            [(index, mode, kind) for index, kind in enumerate(kinds)], by_alias=True, schema_generator=cls
        )
        return {index: schema for (index, _), schema in found.items()}, definitions

    def function_plain_schema(self, schema: core_schema.PlainValidatorFunctionSchema) -> JsonSchemaValue:
        return dict(_ACCEPTS.get(_name(schema), {}))

    def function_before_schema(self, schema: core_schema.BeforeValidatorFunctionSchema) -> JsonSchemaValue:
        known = _ACCEPTS.get(_name(schema))
        return dict(known) if known is not None else super().function_before_schema(schema)

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        found = super().model_schema(schema)
        return {"anyOf": [{"const": "pending"}, found]} if schema["cls"] is Missing else found

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        found = {**super().str_schema(schema), "type": ["string", "number"]}
        if r"\w" in found.get("pattern", ""):
            del found["pattern"]  # letters of any script here, ASCII letters in an editor
        return {"anyOf": [{"enum": list(VOCABULARY)}, found]} if found.get("pattern") == WORD else found

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        found = super().dict_schema(schema)
        for allowed in found.pop("patternProperties", {}).values():
            found["additionalProperties"] = allowed
        return {**found, "propertyNames": self.generate_inner(schema["keys_schema"])}

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _name(schema: core_schema.PlainValidatorFunctionSchema | core_schema.BeforeValidatorFunctionSchema) -> str:
    return str(getattr(schema["function"]["function"], "__name__", "")).lstrip("_")
