"""Linux's own means of confinement, by ctypes: namespaces, mounts, Landlock and a filter of system calls.

Each function raises OSError where the machine does not allow it.  Python's own library has most of this from 3.12 on
or not at all.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Sequence
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)

NEW_NAMES = {"mount": 0x00020000, "uts": 0x04000000, "ipc": 0x08000000, "user": 0x10000000, "pid": 0x20000000,
             "net": 0x40000000}  # fmt: skip
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
READ_ONLY, NO_SUID, NO_DEV = 0x1, 0x2, 0x4  # of mount_setattr
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MNT_DETACH = 2
# The same number on every architecture since Linux 5.
MOUNT_SETATTR, LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 442, 444, 445, 446
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
CAPABILITIES = 0x20080522  # the third version of their sets
PARENT_DEATH, SECCOMP, DROP_BOUND, SUBREAPER, NO_NEW_PRIVILEGES = 1, 22, 24, 36, 38

# What a notebook never needs, and what would lead around the rest: by machine, (audit architecture, socket, refused calls).
CALLS: dict[str, tuple[int, int, dict[str, int]]] = {
    "x86_64": (0xC000003E, 41, {
        "connect": 42, "ptrace": 101, "mount": 165, "add_key": 248, "request_key": 249, "keyctl": 250, "unshare": 272,
        "perf_event_open": 298, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "bpf": 321,
        "userfaultfd": 323, "io_uring_setup": 425, "pidfd_getfd": 438}),
    "aarch64": (0xC00000B7, 198, {
        "mount": 40, "unshare": 97, "ptrace": 117, "connect": 203, "add_key": 217, "request_key": 218, "keyctl": 219,
        "perf_event_open": 241, "setns": 268, "process_vm_readv": 270, "process_vm_writev": 271, "bpf": 280,
        "userfaultfd": 282, "io_uring_setup": 425, "pidfd_getfd": 438}),
}  # fmt: skip
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 13  # EACCES
LOAD, EQUAL, AT_LEAST, AND, RETURN = 0x20, 0x15, 0x35, 0x54, 0x06
X32 = 0x40000000  # the second table of calls on x86_64
AF_UNIX, SOCK_STREAM, AF_NETLINK, NETLINK_ROUTE = 1, 1, 16, 0
FIRST_ARGUMENT = 16  # its place; the others follow every 8 bytes

# Landlock: rights by the version that brought them.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(*names: str) -> None:
    """Leave the namespaces named, for new ones."""
    flags = sum(NEW_NAMES[name] for name in names)
    _checked(LIBC.unshare(flags), f"unshare {' '.join(names)}")


def map_self(user: int, group: int) -> None:
    """Be in a new user namespace who one was outside."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def mount(source: str, target: str | Path, kind: str | None, flags: int = 0, options: str = "") -> None:
    """Mount."""
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    _checked(LIBC.mount(*texts, ctypes.c_ulong(flags), options.encode() or None), f"mount {target}")


def restrict_mount(target: str | Path, attributes: int, recursive: bool = True) -> None:
    """Set attributes of a mount and, with ``recursive``, of what is mounted below it."""
    wanted = struct.pack("=QQQQ", attributes, 0, 0, 0)
    flags = AT_RECURSIVE if recursive else 0
    done = LIBC.syscall(MOUNT_SETATTR, AT_FDCWD, os.fsencode(target), flags, wanted, ctypes.c_size_t(len(wanted)))
    _checked(done, f"mount_setattr {target}")


def change_root(folder: Path) -> None:
    """Make a mounted folder the root, and let go of the old one."""
    number = PIVOT_ROOT.get(platform.machine())
    if number is None:
        raise OSError(f"pivot_root is not known on {platform.machine()}")
    os.chdir(folder)
    _checked(LIBC.syscall(number, b".", b"."), "pivot_root")
    _checked(LIBC.umount2(b".", MNT_DETACH), "umount")
    os.chdir("/")


def control(option: int, value: int) -> None:
    """Call prctl."""
    _checked(LIBC.prctl(option, ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3), f"prctl {option}")


def drop_capabilities() -> None:
    """Leave nothing that a program which is run from here on could be root with."""
    last = int(Path("/proc/sys/kernel/cap_last_cap").read_text())
    for capability in range(last + 1):
        LIBC.prctl(DROP_BOUND, ctypes.c_ulong(capability), *[ctypes.c_ulong(0)] * 3)  # refused where there are none
    head, sets = struct.pack("=Ii", CAPABILITIES, 0), ctypes.create_string_buffer(24)
    _checked(LIBC.capget(head, sets), "capget")
    first, second = struct.unpack("=III", sets.raw[:12]), struct.unpack("=III", sets.raw[12:])
    _checked(LIBC.capset(head, struct.pack("=IIIIII", *first[:2], 0, *second[:2], 0)), "capset")  # nothing is inherited


def no_network() -> None:
    """Refuse sockets other than streams between processes, every connection, and calls that lead around this.

    Asking which interfaces there are stays possible: libzmq aborts without.
    """
    known = CALLS.get(platform.machine())
    if known is None:
        raise OSError(f"the calls of {platform.machine()} are not known")
    architecture, socket, refused = known
    program: list[tuple[int, str, str, int]] = [
        (LOAD, "", "", 4), (EQUAL, "", "refuse", architecture),
        (LOAD, "", "", 0), (AT_LEAST, "refuse", "", X32),
        *((EQUAL, "refuse", "", call) for call in sorted(refused.values())),
        (EQUAL, "", "allow", socket),
        (LOAD, "", "", FIRST_ARGUMENT), (EQUAL, "netlink", "", AF_NETLINK), (EQUAL, "", "refuse", AF_UNIX),
        (LOAD, "", "", FIRST_ARGUMENT + 8), (AND, "", "", 0xF), (EQUAL, "allow", "refuse", SOCK_STREAM),
        (LOAD, "", "", FIRST_ARGUMENT + 16), (EQUAL, "allow", "refuse", NETLINK_ROUTE),
        (RETURN, "", "", ALLOW), (RETURN, "", "", REFUSE),
    ]  # fmt: skip
    places = {"netlink": len(program) - 4, "allow": len(program) - 2, "refuse": len(program) - 1}
    steps = b"".join(
        struct.pack("=HBBI", code, *(places[label] - here - 1 if label else 0 for label in labels), value)
        for here, (code, *labels, value) in enumerate(program)
    )
    body = ctypes.create_string_buffer(steps)
    whole = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(body)))
    done = LIBC.prctl(SECCOMP, ctypes.c_ulong(2), ctypes.c_void_p(ctypes.addressof(whole)), *[ctypes.c_ulong(0)] * 2)
    _checked(done, "seccomp")


def landlock_version() -> int:
    """Return which Landlock the kernel has; OSError when it has none or it is off."""
    return _checked(LIBC.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1), "landlock")


def landlock(readable: Sequence[Path], writable: Sequence[Path]) -> None:
    """Leave only these paths, and no TCP and no signal to others where the kernel can refuse them."""
    version = landlock_version()
    handled = RIGHTS[max(known for known in RIGHTS if known <= version)]
    attributes = struct.pack("=QQQ", handled, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = _checked(LIBC.syscall(LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), 0), "landlock")
    try:
        for paths, rights in ((readable, EXECUTE | READ_FILE | READ_DIR), (writable, handled)):
            for path in paths:
                _allow_beneath(rules, path, rights & handled)
        _checked(LIBC.syscall(LANDLOCK_RESTRICT, rules, 0), "landlock")
    finally:
        os.close(rules)


def _allow_beneath(rules: int, path: Path, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        rule = struct.pack("=Qi", rights if path.is_dir() else rights & OF_FILES, place)
        _checked(LIBC.syscall(LANDLOCK_ADD, rules, 1, rule, 0), f"landlock {path}")
    finally:
        os.close(place)
