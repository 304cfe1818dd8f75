"""Evidence bundles: a folder whose name is the hash of its manifest, which lists the hash of every file in it."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from policies.backtest.metrics import canonical, fingerprint
from policies.refusal import Refusal

SCHEMA = "fenji.evidence/2"
MANIFEST, EVENTS, REPORT = "manifest.json", "events.jsonl", "report.html"
STORE = "evidence"  # under the application's home
LIBRARIES = ("fenji", "duckdb", "pyarrow", "sqlglot", "numpy")
MOST_MANIFEST = 10_000_000


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file as it is written everywhere."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def hashes(folder: Path, part: str = ".") -> dict[str, str]:
    """Return the hash of every file of a folder, or of a part of it, by its path; the manifest has none."""
    files = sorted(path for path in (folder / part).rglob("*") if path.is_file() and not path.is_symlink())
    return {
        name: hash_of(folder / name)
        for name in (path.relative_to(folder).as_posix() for path in files)
        if name != MANIFEST
    }


def write_manifest(
    folder: Path, notebook: str, parameters: Mapping[str, Any], confinement: Mapping[str, Any], about: Mapping[str, Any],
    libraries: Sequence[str],
) -> None:  # fmt: skip
    """Write what a run was made of: the hash of every file, the parameters and the versions of the libraries."""
    manifest = {
        **about,
        "schema": SCHEMA,
        "notebook": notebook,
        "parameters": dict(parameters),
        "files": hashes(folder),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "packages": {name: version(name) for name in sorted({*libraries, *LIBRARIES})},
        "confinement": dict(confinement),
    }
    partial = folder / "manifest.partial"
    partial.write_bytes(canonical_manifest(manifest))
    partial.replace(folder / MANIFEST)


def keep(folder: Path, home: Path) -> str:
    """Move a finished run's folder into the store, read-only, under the hash of its manifest; return that hash."""
    address = fingerprint((folder / MANIFEST).read_bytes())
    place = place_of(home, address)
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    place.parent.mkdir(parents=True, exist_ok=True)
    if place.exists():  # the same bytes: it stays as it is
        shutil.rmtree(folder)
    else:
        folder.replace(place)
    return address


def place_of(home: Path, address: str) -> Path:
    """Return where the bundle of a hash lies; Refusal for what is no hash."""
    digits = address.removeprefix("sha256:")
    if len(digits) != 64 or not set(digits) <= set("0123456789abcdef"):
        raise Refusal(f"{address[:80]!r} is no hash of evidence; it has 64 digits, 0 to 9 and a to f.", code="invalid")
    return home / STORE / digits


def canonical_manifest(manifest: Mapping[str, Any]) -> bytes:
    """Return the bytes whose hash is a bundle's address."""
    return canonical(dict(manifest))


def read_manifest(bundle: Path) -> dict[str, Any]:
    """Return the manifest of a bundle; Refusal when there is none that can be read."""
    path = bundle / MANIFEST
    if not path.is_file() or path.stat().st_size > MOST_MANIFEST:
        raise Refusal(f"{bundle} is no evidence bundle: it has no {MANIFEST}.", code="file_invalid")
    try:
        found = json.loads(path.read_bytes())
    except ValueError as error:
        raise Refusal(f"{path} cannot be read: {error}.", code="file_invalid") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        said = found.get("schema") if isinstance(found, dict) else None
        raise Refusal(f"{path} is a manifest of {said!r}; this Fenji reads {SCHEMA}.", code="file_invalid")
    kinds = {"notebook": str, "parameters": dict, "files": dict, "packages": dict}
    wrong = [name for name, kind in kinds.items() if not isinstance(found.get(name), kind)]
    if wrong or Path(found["notebook"]).name != found["notebook"]:
        raise Refusal(f"{path} lacks {', '.join(wrong) or 'the plain name of a notebook'}.", code="file_invalid")
    return found
