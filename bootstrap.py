"""Makes the environment in .venv from requirements.lock, with Python's own library only.

`python3 bootstrap.py` installs what the lock names, hashes checked, with uv where uv works and with plain pip where
it does not, and does nothing when the environment is already the one of the lock. `python3 bootstrap.py spark` adds
what is large and seldom needed, the extra `spark` from requirements-spark.lock; `python3 bootstrap.py benchmark` the
peers of the benchmarks, `python3 bootstrap.py browser` the driver of a browser, `python3 bootstrap.py fuzz` schemathesis. `python3 bootstrap.py lab` makes an
environment of its own, .venv-lab, with JupyterLab from requirements-lab.lock: notebooks that are run as evidence run in
.venv, which stays lean. `python3 bootstrap.py lock` writes the locks anew from pyproject.toml (needs uv).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LAB = ROOT / ".venv-lab"
LOCK = ROOT / "requirements.lock"
# Added to the environment only when asked for; each has a lock of its own.
ADDITIONS = ("spark", "benchmark", "browser", "fuzz")
UV_VERSION = "0.13.9"

# pip's configuration is where mirrors, proxies and certificates are set in practice; uv does not read it.
PIP_TO_UV = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
    "proxy": "HTTPS_PROXY",
}


def run(*command: str | Path, **options: object) -> None:
    """Run a command and raise CalledProcessError when it fails."""
    subprocess.run([str(part) for part in command], check=True, **options)  # type: ignore[call-overload]  # options vary


def lock_of(addition: str) -> Path:
    """Return the lock of an addition, or of the lab."""
    return ROOT / f"requirements-{addition}.lock"


def python_of(venv: Path) -> Path:
    """Return the interpreter of an environment."""
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def fingerprint(lock: Path = LOCK) -> str:
    """Return what the environment depends on, as one hash."""
    parts = [lock.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode(), str(ROOT).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def uv_environment() -> dict[str, str]:
    """Return the environment variables that tell uv what pip is configured to use."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    configured: dict[str, str] = {}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        configured[name.rsplit(".", 1)[-1]] = value.strip().strip("'\"")
    environment = dict(os.environ)
    for option, variable in PIP_TO_UV.items():
        if configured.get(option):
            environment.setdefault(variable, configured[option])
    # pip takes the best version of all its indexes; uv would stop at the first. The hashes of the lock guard the choice.
    environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")
    return environment


def install_with_uv(lock: Path, python: Path) -> None:
    """Install a lock with uv, itself installed into a new environment, and this project."""
    environment = uv_environment()
    run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"uv=={UV_VERSION}")
    uv = [python, "-m", "uv", "pip"]
    # Compiled now, as pip does by itself: where Python may not write byte code, every start would compile it again.
    run(
        *uv,
        "install",
        "--quiet",
        "--compile-bytecode",
        "--require-hashes",
        "--python",
        python,
        "-r",
        lock,
        env=environment,
    )
    run(*uv, "install", "--quiet", "--no-deps", "--no-build-isolation", "--python", python, "-e", ROOT, env=environment)


def install_with_pip(lock: Path, python: Path) -> None:
    """Install a lock and this project with plain pip."""
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, "--require-hashes", "-r", lock)
    run(*pip, "--no-deps", "--no-build-isolation", "-e", ROOT)


def install() -> None:
    """Bring .venv to the state of the lock; a second call does nothing."""
    make(VENV, LOCK)


def install_lab() -> None:
    """Bring .venv-lab to the state of its lock; a second call does nothing."""
    make(LAB, lock_of("lab"))


def make(venv: Path, lock: Path) -> None:
    """Make an environment with what a lock names and this project; nothing to do when it is there already."""
    if sys.version_info < (3, 11):  # noqa: UP036  # this script runs before any version is known to fit
        sys.exit(
            f"Fenji needs Python 3.11 or newer, this is {sys.version.split()[0]}; name another: make PYTHON=python3.12 …"
        )
    stamp = venv / ".fenji-stamp"
    if stamp.exists() and stamp.read_text() == fingerprint(lock):
        return
    print(f"Setting up {venv.name} (about a minute, once) …", flush=True)
    try:
        run(sys.executable, "-m", "venv", "--clear", venv)  # nothing of an older lock may stay and hide a missing line
    except subprocess.CalledProcessError:
        sys.exit("Python's venv module does not work here; on Debian and Ubuntu: apt-get install python3-venv")
    install_lock(lock, python_of(venv))
    stamp.write_text(fingerprint(lock))


def add(addition: str) -> None:
    """Bring an addition into .venv, after what its lock names; a second call does nothing."""
    install()
    lock, stamp = lock_of(addition), VENV / f".fenji-{addition}"
    if stamp.exists() and stamp.read_text() == fingerprint(lock):
        return
    print(f"Adding {lock.name} to .venv (once) …", flush=True)
    install_lock(lock, python_of(VENV))
    stamp.write_text(fingerprint(lock))


def install_lock(lock: Path, python: Path) -> None:
    """Install a lock with uv, or with pip where uv does not work or FENJI_INSTALLER says so."""
    tool = os.environ.get("FENJI_INSTALLER", "uv")
    if tool not in ("uv", "pip"):
        sys.exit(f"FENJI_INSTALLER is {tool!r}; it may be uv or pip")
    if tool == "uv":
        try:
            install_with_uv(lock, python)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"uv does not work here ({error}); going on with pip", flush=True)
            tool = "pip"
    if tool == "pip":
        install_with_pip(lock, python)


def lock() -> None:
    """Write the locks, all platforms, hashes, no address: what tests need in one, each addition in its own."""
    extras = [option for extra in ("notebooks", "postgres") for option in ("--extra", extra)]
    served = ["--extra", "oidc", "--extra", "telemetry"]
    compile_lock([*extras, *served, "--group", "test", "--group", "build", ROOT / "pyproject.toml"], LOCK)
    lab = ["--constraint", LOCK, *extras, "--extra", "lab", "--group", "build", ROOT / "pyproject.toml"]
    compile_lock(lab, lock_of("lab"))
    import tomllib  # since Python 3.11; install() tells which version is needed

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = {**project["project"]["optional-dependencies"], **project["dependency-groups"]}
    for addition in ADDITIONS:
        with tempfile.NamedTemporaryFile("w", suffix=".in") as wanted:
            wanted.write("\n".join(named[addition]))
            wanted.flush()
            compile_lock(["--constraint", LOCK, wanted.name], lock_of(addition))


def compile_lock(wanted: list[str | Path], lock: Path) -> None:
    """Write one lock with uv."""
    run(python_of(VENV), "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url",
        "--no-header", "--no-annotate", "--python-version", "3.11", *wanted, "-o", lock, env=uv_environment(), cwd=ROOT)  # fmt: skip


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["environment"]
    steps = {
        "environment": install,
        "lab": install_lab,
        "lock": lock,
        **{addition: partial(add, addition) for addition in ADDITIONS},
    }
    if len(wanted) != 1 or wanted[0] not in steps:
        sys.exit(f"python3 bootstrap.py takes one of: {', '.join(steps)}")
    steps[wanted[0]]()
