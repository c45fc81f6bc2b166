"""A secret's file as Kubernetes lays it down, read by a user that is not root, in a process of its own."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from executor.adapters.live.secret_files import secret_file_faults
os.setgroups([4321]); os.setgid(1234); os.setuid(1234)
sys.stdout.write("\\n".join(secret_file_faults({"POLYMARKET_PRIVATE_KEY_FILE": sys.argv[1]})))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(
    ("group", "mode", "is_taken"),
    [(4321, 0o440, True), (4321, 0o460, False), (4321, 0o444, False), (999, 0o440, False)],
)
def test_a_file_that_root_gave_to_our_group_alone_to_read_is_taken(tmp_path, group, mode, is_taken):
    tmp_path.chmod(0o755)
    path = tmp_path / "key"
    path.write_text("0x")
    os.chown(path, 0, group)
    path.chmod(mode)
    for folder in path.parents:
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)

    run = subprocess.run([sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=False)

    assert (run.returncode, run.stderr) == (0, "")
    assert (run.stdout == "") == is_taken, run.stdout
