"""Takes limits on, cuts the network off, and becomes a converter: run by programs.py as a script.

Usage: launch.py MEMORY CPU_SECONDS FILE_BYTES MEANS PROGRAM ARGUMENT…, with only the standard
library (``python -I -S``). A hook between fork and exec would be unsafe beside threads.

MEANS is a list of ``namespace`` (Linux: an empty network of its own) and ``filter`` (Linux: the
kernel refuses to make sockets), separated by commas. Each that the system allows is taken. On
Linux, where none works, the program is not started: see docs/adr/0073. ``inherited`` says that
whoever starts it was started so.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import sys

#: Status of a process that could not be cut off from the network.
NOT_CUT_OFF = 97
#: Of files open at a time; fonts are opened one by one.
MAX_FILES = 256
#: Conversions come after whoever writes now.
NICENESS = 10

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
#: Of linux/audit.h, with the numbers of ``socket`` and ``io_uring_setup`` there.
_MACHINES = {
    "x86_64": (0xC000003E, (41, 425)),
    "aarch64": (0xC00000B7, (198, 425)),
}
#: From here on x86_64 numbers its calls once more, for programs of the x32 kind.
_X32 = 0x40000000
# Instructions of linux/filter.h, and answers of linux/seccomp.h.
_LOAD, _IS_EQUAL, _IS_AT_LEAST, _ANSWER = 0x20, 0x15, 0x35, 0x06
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | 1  # EPERM


class _Step(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("steps", ctypes.POINTER(_Step)))


def own_namespace(libc: ctypes.CDLL) -> bool:
    """Leave the network of the machine for an empty one; return whether the system allows it."""
    # Whoever may do it alone, root, keeps the right to read what root owns.
    return any(libc.unshare(way) == 0 for way in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET))


def socket_filter(libc: ctypes.CDLL) -> bool:
    """Have the kernel refuse sockets from now on; return whether the system allows it."""
    known = _MACHINES.get(platform.machine())
    if known is None:
        return False
    architecture, calls = known
    # Offsets in struct seccomp_data: the number of the call, then the architecture.
    steps = [
        _Step(_LOAD, 0, 0, 4),
        _Step(_IS_EQUAL, 1, 0, architecture),
        _Step(_ANSWER, 0, 0, _KILL),
        _Step(_LOAD, 0, 0, 0),
        _Step(_IS_AT_LEAST, 0, 1, _X32),
        _Step(_ANSWER, 0, 0, _REFUSE),
    ]
    for call in calls:
        steps += [_Step(_IS_EQUAL, 0, 1, call), _Step(_ANSWER, 0, 0, _REFUSE)]
    steps.append(_Step(_ANSWER, 0, 0, _ALLOW))
    program = _Program(len(steps), (_Step * len(steps))(*steps))
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program)) == 0)


def inherited(_libc: ctypes.CDLL) -> bool:
    """Take it from whoever started this that there is no network."""
    return True


def is_cut_off(means: str) -> bool:
    """Take each of ``means`` that the system allows; return whether one of them works."""
    ways = {"namespace": own_namespace, "filter": socket_filter, "inherited": inherited}
    libc = ctypes.CDLL(None, use_errno=True)
    taken = [ways[name](libc) for name in means.split(",") if name]
    return any(taken)


def main(memory: str, seconds: str, size: str, means: str, *command: str) -> int:
    """Become ``command``; return the status where that may not be."""
    if sys.platform == "linux" and not is_cut_off(means):
        sys.stderr.write("The system gives no means to cut a converter off from the network.\n")
        return NOT_CUT_OFF
    os.nice(NICENESS)
    for which, bound in (
        (resource.RLIMIT_AS, int(memory)),
        (resource.RLIMIT_FSIZE, int(size)),
        (resource.RLIMIT_NOFILE, MAX_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
    os.execv(command[0], command)  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
