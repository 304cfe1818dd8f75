"""Spark in local mode, in a process of its own: it reaches no network, leaves nothing behind, and its log is shown when it fails.

``python -m api.spark JOB.json`` is that process.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from api.errors import ExtraMissing
from policies.refusal import Refusal

_LEAST_JAVA = 17
# No address of a cluster, no configuration of another Spark.
_PASSED_ON = ("PATH", "HOME", "LANG", "JAVA_HOME", "LD_LIBRARY_PATH", "SYSTEMROOT")
_ENVIRONMENT = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost", "HADOOP_USER_NAME": "fenji"}
_SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.catalogImplementation": "in-memory",
}


def require() -> None:
    """Raise Refusal when the extra ``spark`` or Java is not installed."""
    if importlib.util.find_spec("pyspark") is None:
        raise ExtraMissing("spark", ["pyspark"])
    home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(home) / "bin" / "java") if home else "java")
    cure = f"install Java {_LEAST_JAVA} or newer (Debian and Ubuntu: apt-get install openjdk-17-jre-headless)"
    if java is None:
        where = f"JAVA_HOME is {home}, where none is" if home else "none is on the PATH"
        raise Refusal(f"Spark needs Java, and {where}; {cure}.", code="extra_missing")
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(?:1\.)?(\d+)', told)
    if version is None or int(version[1]) < _LEAST_JAVA:
        found = version[1] if version else "of no version that it tells"
        raise Refusal(f"Spark needs Java {_LEAST_JAVA}, and {java} is {found}; {cure}.", code="extra_missing")


def run(facts: Path, statements: Mapping[Path, str], settings: Mapping[str, str] | None = None) -> None:
    """Run statements over a Parquet file, the view ``facts``; the rows of each go into the folder it is under, as Parquet.

    The folders must exist; the order of rows is not kept.  Raises Refusal when Spark cannot run or stops.
    """
    require()
    with tempfile.TemporaryDirectory(prefix="fenji-spark-", ignore_cleanup_errors=True) as name:
        private = Path(name)
        # Spark takes [ and * in a path for a pattern: it sees plain names only.
        (private / "facts.parquet").symlink_to(facts.absolute())
        for number, folder in enumerate(statements):
            (private / f"rows-{number}").symlink_to(folder.absolute(), target_is_directory=True)
        java = f"-Djava.io.tmpdir={name} -XX:-UsePerfData -XX:-DontCompileHugeMethods"
        places = {"spark.local.dir": name, "spark.sql.warehouse.dir": name, "spark.driver.extraJavaOptions": java}
        job = {"statements": list(statements.values()), "settings": {**_SETTINGS, **places, **(settings or {})}}
        (private / "job.json").write_text(json.dumps(job), encoding="utf-8")
        passed = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
        done = subprocess.run(
            [sys.executable, "-m", "api.spark", "job.json"],
            cwd=private, env={**passed, **_ENVIRONMENT, "TMPDIR": name}, capture_output=True, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise Refusal(f"Spark stopped: {_cause(done.stderr.decode(errors='replace'))}", code="refused")


def _cause(log: str) -> str:
    """Return the last complaint of Spark's log, or its last line."""
    lines = [line.strip() for line in log.splitlines() if line.strip()] or ["it said nothing"]
    causes = [line for line in lines if re.search(r"(Exception|Error)\b", line) and not line.startswith("at ")]
    return (causes or lines)[-1][:500]


def main(path: Path) -> None:
    """Run the job of ``run`` in this process, in the folder it lies in."""
    from pyspark.sql import SparkSession

    job = json.loads(path.read_text(encoding="utf-8"))
    builder = SparkSession.builder.master("local[*]").appName("fenji")
    for name, value in job["settings"].items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.read.parquet("facts.parquet").createOrReplaceTempView("facts")
    for number, statement in enumerate(job["statements"]):
        session.sql(statement).write.mode("append").parquet(f"rows-{number}")
    session.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
