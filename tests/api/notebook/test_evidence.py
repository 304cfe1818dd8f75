"""Evidence bundles: verified anywhere, and every alteration named."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from study_inputs import DATES, write_inputs

from api.notebook import NOTEBOOKS
from api.notebook.evidence import MANIFEST, canonical_manifest, hash_of, keep, place_of
from api.notebook.runner import run
from api.notebook.verification import Finding, facts_fingerprint, verify
from policies.refusal import Refusal

PARAMETERS = {"folder": "inputs", "dates": list(DATES), "horizon_months": 6, "tier_of_interest": "A"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of one run; not to be altered."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "running"
    write_inputs(folder / "inputs")
    days = {day: facts_fingerprint(folder / "inputs" / "snapshots" / f"{day}.parquet") for day in DATES}
    run(NOTEBOOKS / "backtest_policy.py", PARAMETERS, folder, cache=home / "cache", about={"snapshots": days})
    return place_of(home, keep(folder, home))


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    """A copy of the bundle in another place, which a test may alter."""
    copy = Path(shutil.copytree(made, tmp_path / "copy"))
    for path in copy.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return copy


def differing(bundle: Path) -> dict[str, str]:
    return {finding.what: finding.said for finding in verify(bundle) if not finding.holds}


def sealed_anew(bundle: Path) -> None:
    """A manifest that goes with altered files: what a forger would write."""
    manifest = json.loads((bundle / MANIFEST).read_text(encoding="utf-8"))
    manifest["files"] = {name: hash_of(bundle / name) for name in manifest["files"]}
    (bundle / MANIFEST).write_bytes(canonical_manifest(manifest))


def test_a_bundle_is_read_only_lies_under_its_hash_and_says_what_it_was_made_of(made: Path) -> None:
    manifest = json.loads((made / MANIFEST).read_text(encoding="utf-8"))
    assert hash_of(made / MANIFEST) == f"sha256:{made.name}"
    assert not any(path.stat().st_mode & (stat.S_IWUSR | stat.S_IWOTH) for path in made.rglob("*") if path.is_file())
    assert {"confinement", "files", "notebook", "packages", "parameters", "python", "snapshots"} <= set(manifest)
    files = set(manifest["files"])
    assert {"backtest_policy.py", "events.jsonl", "executed.ipynb", "metrics.json", "report.html"} <= files
    assert {"inputs/candidate.yaml", "inputs/champion.yaml", f"inputs/snapshots/{DATES[0]}.parquet"} <= files
    events = [json.loads(line) for line in (made / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [event["event"] for event in events][-1] == "page"
    assert all(event["milliseconds"] >= 0 for event in events)


def test_a_bundle_verifies_where_it_lies_and_as_a_copy(made: Path, bundle: Path) -> None:
    for place in (made, bundle):
        found = list(verify(place))
        assert [finding.what for finding in found] == ["manifest", "files", "snapshots", "report", "figures"]
        assert all(finding.holds for finding in found), found


def test_a_bundle_is_run_again_to_the_same_bytes(bundle: Path) -> None:
    found = list(verify(bundle, rerun=True))
    assert found[-1] == Finding("rerun", True, hash_of(bundle / "metrics.json"))
    assert found[-2].said == found[-1].said


def test_keeping_the_same_bundle_again_keeps_the_first(made: Path, bundle: Path) -> None:
    assert keep(bundle, made.parent.parent) == f"sha256:{made.name}"
    assert not bundle.exists()
    assert differing(made) == {}


ALTERATIONS: dict[str, Callable[[Path], object]] = {
    "metrics.json was changed": lambda place: (place / "metrics.json").write_text("{}"),
    "report.html was changed": lambda place: (place / "report.html").write_bytes(b""),
    f"inputs/snapshots/{DATES[0]}.parquet is missing": lambda place: (
        place / f"inputs/snapshots/{DATES[0]}.parquet"
    ).unlink(),
    "inputs/more.txt was added": lambda place: (place / "inputs/more.txt").write_text("x"),
    "executed.ipynb is no ordinary file": lambda place: _linked(place / "executed.ipynb"),
}


def _linked(path: Path) -> None:
    kept = path.rename(path.parent.parent / "elsewhere")
    path.symlink_to(kept)


@pytest.mark.parametrize("said", ALTERATIONS)
def test_the_file_that_differs_is_named_and_nothing_further_is_said(bundle: Path, said: str) -> None:
    ALTERATIONS[said](bundle)
    found = list(verify(bundle))
    assert [(finding.what, finding.holds) for finding in found] == [("manifest", True), ("files", False)]
    assert said in found[1].said


def test_a_manifest_that_was_written_anew_is_not_the_one_of_its_name(made: Path, bundle: Path, tmp_path: Path) -> None:
    manifest = json.loads((bundle / MANIFEST).read_text(encoding="utf-8"))
    manifest["confinement"] = {"level": "better"}
    (bundle / MANIFEST).write_bytes(canonical_manifest(manifest))
    renamed = bundle.rename(tmp_path / made.name)
    assert f"but the bundle is called {made.name}" in differing(renamed)["manifest"]


def test_figures_forged_together_with_the_manifest_are_computed_anew_and_caught(bundle: Path) -> None:
    metrics = bundle / "metrics.json"
    metrics.write_text(metrics.read_text().replace('"monotone":true', '"monotone":false'))
    sealed_anew(bundle)
    assert set(differing(bundle)) == {"figures"}


def test_a_snapshot_changed_together_with_the_manifest_has_another_fingerprint(bundle: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = bundle / "inputs" / "snapshots" / f"{DATES[1]}.parquet"
    table = pq.read_table(path)
    amounts = [None if value is None else value + 1 for value in table["amount_12m"].to_pylist()]
    place = table.schema.get_field_index("amount_12m")
    pq.write_table(table.set_column(place, "amount_12m", pa.array(amounts, pa.int64())), path)
    sealed_anew(bundle)
    found = differing(bundle)
    assert found["snapshots"] == f"the facts of {DATES[1]} are not those of their fingerprint"


def test_a_report_that_would_run_something_does_not_verify(bundle: Path) -> None:
    page = bundle / "report.html"
    page.write_text(
        page.read_text(encoding="utf-8").replace("</main>", "<script>approve()</script></main>"), encoding="utf-8"
    )
    sealed_anew(bundle)
    assert differing(bundle) == {"report": "<script>"}


def test_a_notebook_that_forges_when_it_runs_again_is_caught(bundle: Path) -> None:
    source = bundle / "backtest_policy.py"
    cell = (
        '\n# %%\ntext = open("metrics.json").read()\nopen("metrics.json", "w").write(text.replace("true", "false"))\n'
    )
    source.write_text(source.read_text(encoding="utf-8") + cell, encoding="utf-8")
    sealed_anew(bundle)
    *others, last = verify(bundle, rerun=True)
    assert all(finding.holds for finding in others)
    assert (last.what, last.holds) == ("rerun", False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "is no evidence bundle: it has no manifest.json"),
        (b"{", "cannot be read"),
        (b"[]", "a manifest of None"),
        (b'{"schema": "fenji.evidence/1"}', "a manifest of 'fenji.evidence/1'; this Fenji reads fenji.evidence/2"),
        (b'{"schema": "fenji.evidence/2"}', "lacks notebook, parameters, files, packages"),
        (
            b'{"schema": "fenji.evidence/2", "notebook": "../x.py", "parameters": {}, "files": {}, "packages": {}}',
            "lacks the plain name of a notebook",
        ),
    ],
)
def test_what_is_no_bundle_is_refused_in_a_sentence(tmp_path: Path, content: Any, message: str) -> None:
    if content is not None:
        (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(Refusal, match=message):
        list(verify(tmp_path))


def test_a_hash_that_is_none_leads_nowhere(tmp_path: Path) -> None:
    for wrong in ("sha256:../../etc/passwd", "sha256:" + "g" * 64, "../" * 20, ""):
        with pytest.raises(Refusal, match="is no hash of evidence"):
            place_of(tmp_path, wrong)
    assert os.listdir(tmp_path) == []
