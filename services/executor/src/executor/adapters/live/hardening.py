"""Keeps the memory of a process that holds a key to itself: no core dump is left, and no other process may read it."""

import ctypes
import resource
import sys

from common.errors import SettingsError

PR_SET_DUMPABLE = 4
PR_GET_DUMPABLE = 3


def keep_memory_private() -> None:
    """Switch core dumps off, and reading by a debugger with them. Raises SettingsError where that does not hold."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    if not memory_is_private():
        raise SettingsError("core dumps: expected a process that cannot be dumped, found one that can")


def memory_is_private() -> bool:
    """Whether this process leaves no core dump."""
    no_core = resource.getrlimit(resource.RLIMIT_CORE)[0] == 0
    return no_core and (sys.platform != "linux" or ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)
