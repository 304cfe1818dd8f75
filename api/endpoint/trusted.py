"""Trusted documents: GraphQL documents that the server knows by their SHA-256, so that a client sends no text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from api.errors import NotFound
from policies.refusal import Refusal

HASH = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
MANIFEST_KEYS = (
    "a manifest is an object of documents by their SHA-256, as graphql-codegen writes persisted-documents.json"
)


def digest(text: str) -> str:
    """Return the lower-case hexadecimal SHA-256 of a document's text."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Documents:
    """The texts of documents by their hash."""

    texts: Mapping[str, str]

    @classmethod
    def of(cls, folder: Path) -> Documents:
        """Read a folder: each ``.graphql`` file is a document, each ``.json`` file a manifest of them by hash."""
        if not folder.is_dir():
            raise NotFound(f"There is no folder of trusted documents at {folder}; set FENJI_DOCUMENTS to one.")
        texts: dict[str, str] = {}
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".graphql", ".gql"):
                text = path.read_text(encoding="utf-8")
                texts[digest(text)] = text
            elif path.suffix == ".json":
                texts |= _manifest(path)
        return cls(texts)

    def text(self, identity: str) -> str | None:
        """Return the text of a document by its identifier, ``sha256:`` and the hash or the hash alone; None when unknown."""
        found = HASH.fullmatch(identity)
        return self.texts.get(found[1]) if found else None


def _manifest(path: Path) -> dict[str, str]:
    """Return the documents of a manifest; FileInvalid when a hash is not that of its text."""
    try:
        found = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise Refusal(f"{path} is not JSON: {error}.", code="file_invalid") from error
    if not isinstance(found, dict):
        raise Refusal(f"{path} is no manifest; {MANIFEST_KEYS}.", code="file_invalid")
    texts = {}
    for name, text in found.items():
        wanted = HASH.fullmatch(name)
        if not isinstance(text, str) or not wanted or digest(text) != wanted[1]:
            message = f"{path}: {name[:80]!r} is not the SHA-256 of its document; {MANIFEST_KEYS}."
            raise Refusal(message, code="file_invalid")
        texts[wanted[1]] = text
    return texts
