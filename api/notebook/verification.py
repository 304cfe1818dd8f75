"""The verification of an evidence bundle, anywhere and without a database: its files, its inputs, its figures."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from api.notebook.evidence import MANIFEST, REPORT, canonical_manifest, hash_of, read_manifest
from api.notebook.offline import faults
from api.notebook.runner import INPUTS, METRICS, Limits, Report, run
from policies.backtest.metrics import fingerprint
from policies.backtest.parameters import checked
from policies.backtest.replay import CANDIDATE, CHAMPION, SNAPSHOTS, Replay
from policies.loading import read_file
from policies.refusal import Refusal
from policies.version import semantic_hash

BACKTEST = "backtest_policy.py"


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: whether it holds, and what was found."""

    what: str
    holds: bool
    said: str


def verify(
    bundle: Path, *, rerun: bool = False, least: str = "rlimits", report: Report | None = None
) -> Iterator[Finding]:
    """Check a bundle step by step; where its files differ nothing further is said, for it would mean nothing.

    With ``rerun`` its notebook is run again, from the bundle's own source and inputs, and must write the same
    ``metrics.json`` byte for byte.  Refusal for what is no bundle.
    """
    manifest = read_manifest(bundle)
    content = list(_files(bundle, manifest))
    yield from content
    if not all(finding.holds for finding in content):
        return
    yield from _inputs(bundle, manifest)
    yield _page(bundle)
    if manifest["notebook"] == BACKTEST:
        yield _figures(bundle, manifest)
    if rerun:
        yield _again(bundle, manifest, least, report)


def _files(bundle: Path, manifest: dict[str, Any]) -> Iterator[Finding]:
    """Every file is there, is what it was, and none was added; the folder is named by what it holds."""
    address = fingerprint((bundle / MANIFEST).read_bytes())
    name = bundle.resolve().name
    named = len(name) != 64 or address == f"sha256:{name}"
    said = f"{address}" if named else f"the manifest is {address}, but the bundle is called {name}"
    yield Finding("manifest", named and canonical_manifest(manifest) == (bundle / MANIFEST).read_bytes(), said)
    listed: dict[str, str] = manifest["files"]
    there = {
        path.relative_to(bundle).as_posix(): path
        for path in bundle.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    faults_ = [f"{name} is missing" for name in listed if name not in there]
    faults_ += [f"{name} was added" for name in there if name not in listed and name != MANIFEST]
    for name, path in there.items():
        if path.is_symlink() or not path.is_file():
            faults_.append(f"{name} is no ordinary file")
        elif name in listed and hash_of(path) != listed[name]:
            faults_.append(f"{name} was changed ({hash_of(path)[:19]}…, not {listed[name][:19]}…)")
    yield Finding("files", not faults_, "; ".join(sorted(faults_)) or f"{len(listed)} files are as they were")


def _inputs(bundle: Path, manifest: dict[str, Any]) -> Iterator[Finding]:
    """The snapshots have their fingerprints, the documents their hashes."""
    days: dict[str, str] = manifest.get("snapshots") or {}
    wrong = [
        day for day, known in days.items() if facts_fingerprint(bundle / INPUTS / SNAPSHOTS / f"{day}.parquet") != known
    ]
    if days:
        said = (
            f"the facts of {', '.join(wrong)} are not those of their fingerprint"
            if wrong
            else f"{len(days)} have their fingerprints"
        )
        yield Finding("snapshots", not wrong, said)
    for side, name in (("candidate", CANDIDATE), ("champion", CHAMPION)):
        if manifest.get(side):
            found = semantic_hash(read_file(bundle / INPUTS / name))
            yield Finding(side, found == manifest[side], found)


def facts_fingerprint(path: Path) -> str:
    """Return the fingerprint of a snapshot's Parquet, as api.commands.snapshot takes it of the rows."""
    with pq.ParquetFile(path) as file:
        digest = hashlib.sha256("\n".join(f"{field.name} {field.type}" for field in file.schema_arrow).encode())
        for batch in file.iter_batches(batch_size=20_000):
            rows = zip(*(column.to_pylist() for column in batch.columns), strict=True)
            digest.update("".join(f"{row!r}\n" for row in rows).encode())
    return f"sha256:{digest.hexdigest()}"


def _page(bundle: Path) -> Finding:
    found = faults((bundle / REPORT).read_text(encoding="utf-8"))
    return Finding("report", not found, "; ".join(found[:3]) or "runs nothing and loads nothing")


def _figures(bundle: Path, manifest: dict[str, Any]) -> Finding:
    """The figures are those which this Fenji computes from the inputs."""
    kept = (bundle / METRICS).read_bytes()
    values = {name: value for name, value in manifest["parameters"].items() if name != "folder"}
    try:
        found = Replay(bundle / INPUTS, checked(values)).metrics()
    except Refusal as refusal:
        return Finding("figures", False, f"they cannot be computed: {refusal.message}")
    return _same("figures", kept, found, manifest)


def _again(bundle: Path, manifest: dict[str, Any], least: str, report: Report | None) -> Finding:
    """The notebook, run again, writes the same figures."""
    with tempfile.TemporaryDirectory(prefix="fenji-") as place:
        folder = Path(place)
        if (bundle / INPUTS).is_dir():
            shutil.copytree(bundle / INPUTS, folder / INPUTS)
        try:
            found = run(bundle / manifest["notebook"], manifest["parameters"], folder, cache=folder / "cache", limits=Limits(),
                        report=report, least=least)  # fmt: skip
        except Refusal as refusal:
            return Finding("rerun", False, refusal.message)
    return _same("rerun", (bundle / METRICS).read_bytes(), found, manifest)


def _same(what: str, kept: bytes, found: bytes, manifest: dict[str, Any]) -> Finding:
    if kept == found:
        return Finding(what, True, fingerprint(kept))
    made = manifest["packages"].get("fenji")
    return Finding(
        what, False, f"{METRICS} is {fingerprint(kept)}, computed is {fingerprint(found)} (made by Fenji {made})"
    )
