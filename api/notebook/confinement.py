"""How far this machine lets a kernel be confined: the levels, what each keeps, and the launcher's command line.

Found by trying, in every run: nothing here needs root or a package of the system.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import api
from policies.refusal import Refusal

# level -> what a kernel cannot do there; the strongest first.
PROMISES: dict[str, str] = {
    "namespaces": "sees only the system's libraries, its inputs and its folder; no network; no other process; bounded memory",
    "bubblewrap": "sees only the system's libraries, its inputs and its folder; no network; no other process; bounded memory",
    "landlock": "opens only the system's libraries, its inputs and its folder; no network; bounded memory",
    "rlimits": "bounded memory and files; no network where system calls can be filtered; reads what its user may read",
}
STRENGTH = {"namespaces": 3, "bubblewrap": 3, "landlock": 2, "rlimits": 1}
NOBODY = 65534
# What programs need of the system; nothing in which applications keep data.
SYSTEM = ("/lib", "/lib32", "/lib64", "/bin", "/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib", "/usr/local/bin",
          "/usr/share/fonts", "/usr/share/fontconfig", "/usr/share/zoneinfo", "/etc/fonts", "/etc/ld.so.cache", "/etc/ld.so.conf",
          "/etc/ld.so.conf.d", "/etc/alternatives", "/nix/store")  # fmt: skip
PARTS = ("bin", "lib", "lib64", "share", "pyvenv.cfg")  # of an environment of Python
MEGABYTE = 1_000_000
ROOT = Path(api.__path__[0]).resolve().parent
# They lie side by side, in a checkout as in an installation.
PACKAGES = [ROOT / name for name in ("api", "schema", "policies", "notebooks")]


@dataclass(frozen=True)
class Bounds:
    """What a kernel may use: memory of a process, size of a file, processes beyond those of its user today."""

    memory_mb: int = 4096
    file_mb: int = 200
    processes: int = 256


@dataclass(frozen=True)
class Confinement:
    """A level that was reached, the uid of the kernel, and whether system calls are filtered."""

    level: str
    user: int
    filtered: bool

    def described(self, bounds: Bounds) -> dict[str, Any]:
        """Return it as the manifest keeps it."""
        network = "none" if self.level in ("namespaces", "bubblewrap") or self.filtered else "not prevented"
        return {"level": self.level, "promise": PROMISES[self.level], "network": network,
                "other_user": self.user != os.geteuid(), "memory_mb": bounds.memory_mb, "file_mb": bounds.file_mb}  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """The folders of one kernel: ``work`` and ``sockets`` are its own, ``root`` becomes its root, ``readable`` is shown.

    ``code`` holds links to this application's packages: the folder that they lie in may hold its data as well.
    """

    root: Path
    work: Path
    sockets: Path
    code: Path
    readable: tuple[Path, ...] = ()


def visible(readable: Sequence[Path] = ()) -> list[Path]:
    """Return every path that a kernel may read: the system's libraries, Python, this application's code, and what is given."""
    prefixes = dict.fromkeys(
        Path(prefix) for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    )
    found = [Path(path) for path in SYSTEM]
    found += [prefix / part for prefix in prefixes for part in PARTS]
    found += PACKAGES
    return [path for path in dict.fromkeys([*found, *readable]) if path.exists()]


def require_hidden(private: Sequence[Path]) -> None:
    """Raise Refusal when what must stay private lies in what every kernel reads."""
    shown = visible()
    for secret in (path.resolve() for path in private):
        for path in shown:
            if path.resolve() == secret or path.resolve() in secret.parents:
                raise Refusal(
                    f"{secret} lies in {path}, which every notebook may read; move it elsewhere (FENJI_HOME, FENJI_DATABASE_URL).",
                    code="confinement_missing",
                )


def reached(least: str = "rlimits") -> Confinement:
    """Return the strongest confinement that works here; Refusal below ``least``."""
    if least not in STRENGTH:
        raise Refusal(f"{least!r} is no level of confinement; choose one of {', '.join(STRENGTH)}.", code="invalid")
    found, tried = _strongest()
    if STRENGTH[found.level] < STRENGTH[least]:
        raise Refusal(
            f"Notebooks must be confined by {least} at least (FENJI_CONFINEMENT), but this machine allows {found.level} only "
            f"({'; '.join(tried)}). Install bubblewrap, allow user namespaces, or set FENJI_CONFINEMENT={found.level}.",
            code="confinement_missing",
        )
    return found


@lru_cache
def _strongest() -> tuple[Confinement, tuple[str, ...]]:
    """Return the strongest level that a program can be run at, and why those above it could not."""
    tried: list[str] = []
    for level in PROMISES:
        found, why = probe(level)
        if found is not None:
            return found, tuple(tried)
        tried.append(f"{level}: {why}")
    raise Refusal(f"No kernel can be started here: {'; '.join(tried)}.", code="confinement_missing")


def probe(level: str) -> tuple[Confinement | None, str]:
    """Try a level with a short program; return the confinement, or None and why not."""
    import tempfile  # only where a level is tried

    if level == "bubblewrap" and shutil.which("bwrap") is None:
        return None, "bwrap is not installed"
    if sys.platform != "linux" and level != "rlimits":
        return None, f"not on {sys.platform}"
    why = "?"
    for candidate in _variants(level):
        with tempfile.TemporaryDirectory(prefix="fenji-") as private:
            cell = make_cell(Path(private), candidate)
            tried = subprocess.run(
                command(candidate, cell, Bounds(), {}, [sys.executable, "-c", "import json, api.notebook.cage"]),
                capture_output=True, text=True, check=False, env={"PATH": os.environ.get("PATH", "")}, cwd=ROOT, timeout=60,
            )  # fmt: skip
        if tried.returncode == 0:
            return candidate, ""
        why = (tried.stderr.strip().splitlines() or [f"it ended with {tried.returncode}"])[-1]
    return None, why


def _variants(level: str) -> list[Confinement]:
    """Return how a level may be reached, best first: as another user when root, with and without the filter."""
    own = os.geteuid()
    users = [NOBODY, own] if own == 0 else [own]
    return [Confinement(level, user, filtered) for filtered in (True, False) for user in users]


def cell_of(private: Path, readable: Sequence[Path] = ()) -> Cell:
    """Return the folders of a kernel under a private one."""
    code = private / "code"
    shown = (code, *(path.resolve() for path in readable))
    return Cell(private / "root", private / "work", private / "r", code, shown)


def make_cell(private: Path, confinement: Confinement, readable: Sequence[Path] = ()) -> Cell:
    """Make the folders of a kernel under a private one; those it writes in are its own."""
    cell = cell_of(private, readable)
    private.chmod(0o711)
    cell.code.mkdir(mode=0o755)
    for package in PACKAGES:
        (cell.code / package.name).symlink_to(package)
    for folder in (cell.root, cell.work, cell.sockets, cell.work / ".home"):
        folder.mkdir(mode=0o700)
    for folder in (cell.work, cell.sockets, cell.work / ".home"):
        give(folder, confinement)
    return cell


def give(path: Path, confinement: Confinement) -> None:
    """Make a path the kernel's own."""
    if confinement.user != os.geteuid():
        os.chown(path, confinement.user, confinement.user)


def command(
    confinement: Confinement, cell: Cell, bounds: Bounds, environment: Mapping[str, str], program: Sequence[str]
) -> list[str]:
    """Return the command line that runs a program confined; its parent must be this process."""
    shown, home = visible(cell.readable), str(cell.work / ".home")
    plan: dict[str, Any] = {
        "level": confinement.level,
        "parent": os.getpid(),
        "root": str(cell.root),
        "folder": str(cell.work),
        "readable": [str(path) for path in shown],
        "writable": [str(cell.work), str(cell.sockets)],
        "user": confinement.user if confinement.user != os.geteuid() else None,
        "filtered": confinement.filtered,
        "limits": {"DATA": bounds.memory_mb * MEGABYTE, "FSIZE": bounds.file_mb * MEGABYTE, "CORE": 0},
        "processes": bounds.processes,
        "environment": {
            **environment,
            "HOME": home,
            "TMPDIR": home,
            "MPLCONFIGDIR": f"{home}/matplotlib",
            "IPYTHONDIR": f"{home}/ipython",
            "PYTHONPATH": str(cell.code),
        },
    }
    if confinement.level != "bubblewrap":
        return _launched(plan, program)
    return [*_bubble(plan), *_launched({**plan, "level": "inside"}, program)]


def _launched(plan: dict[str, Any], program: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "api.notebook.cage", json.dumps(plan), *program]


def _bubble(plan: dict[str, Any]) -> list[str]:
    """Return bubblewrap's part; as root it keeps what is needed to become another user."""
    spaces = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"]
    root = ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
    found = [shutil.which("bwrap") or "bwrap", *spaces, *(root if os.geteuid() == 0 else ["--unshare-user"]), "--die-with-parent",
             "--setenv", "PYTHONPATH", plan["environment"]["PYTHONPATH"], "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]  # fmt: skip  # its own, empty one
    for path in plan["readable"]:
        found += ["--symlink", os.readlink(path), path] if os.path.islink(path) else ["--ro-bind", path, path]
    for path in plan["writable"]:
        found += ["--bind", path, path]
    return [*found, "--chdir", plan["folder"], "--"]
