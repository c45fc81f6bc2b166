"""Ties a process to the life of the one that started it, then becomes the program it was asked to run.

Run as a plain script: `tether.py PARENT SIGNAL USER GROUP PROGRAM ARGUMENT...`. On Linux the kernel sends SIGNAL when
the parent dies, however it dies; elsewhere the next start finds and ends what was left. USER and GROUP of -1 change
nothing.
"""

import contextlib
import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
ORPHANED = 75  # EX_TEMPFAIL of sysexits.h


def main(arguments: list[str]) -> None:
    """Become the program; returns only by exiting."""
    parent, number, user, group = (int(argument) for argument in arguments[:4])
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # after the change of user, which would clear it
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() != parent:
        sys.exit(ORPHANED)
    command = arguments[4:]
    os.execvp(command[0], command)  # noqa: S606 - to become the program, without a shell, is its purpose


if __name__ == "__main__":
    main(sys.argv[1:])
