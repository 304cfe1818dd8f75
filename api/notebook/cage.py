"""The launcher of a confined kernel: ``python -m api.notebook.cage PLAN COMMAND …`` confines itself and runs the command.

A plan is JSON: ``level``, ``parent`` (who must be alive), ``root`` (an empty folder), ``readable`` and ``writable``
paths, ``user`` (another uid, or null), ``limits``, ``environment`` and ``folder`` (to start in).  The launcher stays
beside the command, ends with it and takes everything that the command has started along, whoever dies first.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from api.notebook import linux

DEVICES = ("null", "zero", "full", "random", "urandom")
# What libraries ask the machine, where /proc as a whole is closed.
PROC = ("self", "meminfo", "cpuinfo", "stat", "filesystems", "sys/kernel/osrelease", "sys/vm/overcommit_memory")
ENDED = 125  # the level of the plan cannot be reached


def main(arguments: list[str]) -> int:
    """Run the command under the plan and return its exit code; ENDED when the plan cannot be kept."""
    plan: dict[str, Any] = json.loads(arguments[0])
    command = arguments[1:]
    try:
        if plan["level"] == "namespaces":
            return _in_namespaces(plan, command)
        if plan["level"] == "inside":  # bubblewrap has done the rest
            _begin(plan, command, landlocked=False)
        return _beside(plan, command)
    except OSError as error:
        sys.stderr.write(f"confinement {plan['level']}: {error}\n")
        return ENDED


def _in_namespaces(plan: dict[str, Any], command: list[str]) -> int:
    """A new root of the plan's paths, new processes, no network; the first process inside takes all others along."""
    _die_with(plan["parent"], signal.SIGKILL)
    processes = _processes(plan)
    names = ["mount", "pid", "net", "ipc", "uts"]
    if os.geteuid() != 0:
        user, group = os.geteuid(), os.getegid()
        linux.unshare("user", *names)
        linux.map_self(user, group)
    else:
        linux.unshare(*names)
    first = os.fork()
    if first == 0:
        _leave(lambda: _first(plan, command, processes))
    return _code(os.waitpid(first, 0)[1])


def _first(plan: dict[str, Any], command: list[str], processes: int) -> int:
    linux.control(linux.PARENT_DEATH, signal.SIGKILL)
    _new_root(Path(plan["root"]), [Path(path) for path in plan["readable"]], [Path(path) for path in plan["writable"]])
    kernel = os.fork()
    if kernel == 0:
        _leave(lambda: _begin(plan, command, landlocked=False, processes=processes))
    while True:
        pid, status = os.wait()  # also of those whose own parent has ended
        if pid == kernel:
            return _code(status)


def _new_root(root: Path, readable: list[Path], writable: list[Path]) -> None:
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", root, "tmpfs", options="mode=755,size=1m")
    for path in (*readable, *writable):
        _show(path, root, 0 if path in writable else linux.READ_ONLY)
    mounted = [("tmpfs", "dev", "mode=755,size=1m"), ("proc", "proc", "")]
    if not _below(writable, Path("/tmp")):
        mounted.append(("tmpfs", "tmp", "mode=1777,size=256m"))
    for kind, name, options in mounted:
        (root / name).mkdir(exist_ok=True)
        linux.mount(kind, root / name, kind, options=options)
    for device in DEVICES:
        _show(Path("/dev") / device, root, 0)
    (root / "dev" / "shm").mkdir()
    linux.mount("tmpfs", root / "dev" / "shm", "tmpfs", options="mode=1777,size=256m")
    linux.change_root(root)
    linux.restrict_mount("/", linux.READ_ONLY, recursive=False)


def _below(paths: list[Path], folder: Path) -> bool:
    return any(folder in path.parents for path in paths)


def _show(path: Path, root: Path, attributes: int) -> None:
    """Put a path into the new root where it is in the old one; a link stays a link."""
    target = root / path.relative_to("/")
    if target.is_symlink() or not os.path.lexists(path):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        target.symlink_to(os.readlink(path))
        return
    if path.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    linux.mount(str(path), target, None, linux.MS_BIND | linux.MS_REC)
    linux.restrict_mount(target, attributes | linux.NO_SUID | (0 if path.parent == Path("/dev") else linux.NO_DEV))


def _beside(plan: dict[str, Any], command: list[str]) -> int:
    """Without namespaces: stay beside the command, inherit whom it leaves behind, and end them with it."""
    processes = _processes(plan)
    if sys.platform == "linux":
        linux.control(linux.SUBREAPER, 1)
        signal.signal(signal.SIGTERM, _end)
        _die_with(plan["parent"], signal.SIGTERM)
    kernel = os.fork()
    if kernel == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _leave(lambda: _begin(plan, command, landlocked=plan["level"] == "landlock", processes=processes))
    while True:
        pid, status = os.wait()
        if pid == kernel:
            _end_others()
            return _code(status)


def _end(*_: object) -> None:
    _end_others()
    os._exit(1)


def _end_others() -> None:
    """Kill every process that descends from this one, until there is none left."""
    while found := descendants(os.getpid()):
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


def descendants(pid: int) -> list[int]:
    """Return the living processes that descend from one, by /proc; none where there is no /proc."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, parent = stat.read_text(errors="replace").rsplit(")", 1)[1].split()[:2]
            if state != "Z":
                parents[int(stat.parent.name)] = int(parent)
    found, seen = [pid], 0
    while seen < len(found):
        found += [child for child, parent in parents.items() if parent == found[seen]]
        seen += 1
    return found[1:]


def _begin(plan: dict[str, Any], command: list[str], *, landlocked: bool, processes: int | None = None) -> NoReturn:
    """Give up what the plan does not leave, and become the command."""
    os.chdir(plan["folder"])
    for name, most in plan["limits"].items():
        _limit(name, most)
    if processes is not None:
        _limit("NPROC", processes)
    environment = {name: value for name, value in os.environ.items() if name != "JPY_PARENT_PID"} | plan["environment"]
    if sys.platform == "linux":
        readable, writable = ([Path(path) for path in plan[name]] for name in ("readable", "writable"))
        if os.geteuid() == 0:
            linux.drop_capabilities()
            if plan["user"] is not None:
                os.setgroups([])
                os.setresgid(*[plan["user"]] * 3)
                os.setresuid(*[plan["user"]] * 3)
        linux.control(linux.PARENT_DEATH, signal.SIGKILL)
        linux.control(linux.NO_NEW_PRIVILEGES, 1)
        if landlocked:
            devices = [Path("/dev") / name for name in DEVICES]
            linux.landlock([*readable, *(Path("/proc") / name for name in PROC)], [*writable, *devices])
        if plan["filtered"]:
            linux.no_network()
    os.execve(command[0], command, environment)


def _limit(name: str, most: int) -> None:
    kind = getattr(resource, f"RLIMIT_{name}")
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def _processes(plan: dict[str, Any]) -> int:
    """Return how many processes and threads the kernel's user may have: those of today, and the plan's more."""
    user = plan["user"] if plan["user"] is not None else os.geteuid()
    there = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):
            lines = dict(line.partition(":")[::2] for line in status.read_text(errors="replace").splitlines())
            there += int(lines["Threads"]) if int(lines["Uid"].split()[0]) == user else 0
    return there + int(plan["processes"])


def _die_with(parent: int, number: int) -> None:
    linux.control(linux.PARENT_DEATH, number)
    if os.getppid() != parent:
        os._exit(1)


def _leave(run: Callable[[], int]) -> NoReturn:
    """End a forked process with what the function returns, without coming back."""
    code = ENDED
    try:
        code = run()
    except BaseException as error:  # noqa: BLE001  # a forked process must end here whatever happens
        sys.stderr.write(f"confinement: {error}\n")
    finally:
        sys.stderr.flush()
        os._exit(code)


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
