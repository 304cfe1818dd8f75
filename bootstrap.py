"""Makes the environment in .venv from requirements.lock, with Python's own library only.

`python3 bootstrap.py` installs what the lock names, hashes checked, with uv where uv works and with plain pip where
it does not, and does nothing when the environment is already the one of the lock. `python3 bootstrap.py lock` writes
the lock anew from pyproject.toml (needs uv).
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / ".fenji-stamp"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
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


def fingerprint() -> str:
    """Return what the environment depends on, as one hash."""
    parts = [LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode(), str(ROOT).encode()]
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


def install_with_uv() -> None:
    """Install the lock and this project with uv, itself installed into the new environment."""
    environment = uv_environment()
    run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"uv=={UV_VERSION}")
    uv = [PYTHON, "-m", "uv", "pip"]
    run(*uv, "install", "--quiet", "--require-hashes", "--python", PYTHON, "-r", LOCK, env=environment)
    run(*uv, "install", "--quiet", "--no-deps", "--no-build-isolation", "--python", PYTHON, "-e", ROOT, env=environment)


def install_with_pip() -> None:
    """Install the lock and this project with plain pip."""
    pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(*pip, "--require-hashes", "-r", LOCK)
    run(*pip, "--no-deps", "--no-build-isolation", "-e", ROOT)


def install() -> None:
    """Bring .venv to the state of the lock; a second call does nothing."""
    if sys.version_info < (3, 11):  # noqa: UP036  # this script runs before any version is known to fit
        sys.exit(
            f"Fenji needs Python 3.11 or newer, this is {sys.version.split()[0]}; name another: make PYTHON=python3.12 …"
        )
    if STAMP.exists() and STAMP.read_text() == fingerprint():
        return
    print("Setting up .venv (about a minute, once) …", flush=True)
    try:
        run(sys.executable, "-m", "venv", "--clear", VENV)  # nothing of an older lock may stay and hide a missing line
    except subprocess.CalledProcessError:
        sys.exit("Python's venv module does not work here; on Debian and Ubuntu: apt-get install python3-venv")
    tool = os.environ.get("FENJI_INSTALLER", "uv")
    if tool not in ("uv", "pip"):
        sys.exit(f"FENJI_INSTALLER is {tool!r}; it may be uv or pip")
    if tool == "uv":
        try:
            install_with_uv()
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"uv does not work here ({error}); going on with pip", flush=True)
            tool = "pip"
    if tool == "pip":
        install_with_pip()
    STAMP.write_text(fingerprint())


def lock() -> None:
    """Write requirements.lock: every extra that tests need, all platforms, hashes, no address."""
    extras = [option for extra in ("notebooks", "postgres") for option in ("--extra", extra)]
    run(PYTHON, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-emit-index-url",
        "--no-header", "--no-annotate", "--python-version", "3.11", *extras, "--group", "test",
        "--group", "build", ROOT / "pyproject.toml", "-o", LOCK, env=uv_environment(), cwd=ROOT)  # fmt: skip


if __name__ == "__main__":
    lock() if sys.argv[1:] == ["lock"] else install()
