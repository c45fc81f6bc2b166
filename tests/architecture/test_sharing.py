"""How the suite is shared between workers: what belongs together stays with one of them, or whole systems collide."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = ("tests/unit/common/test_money.py", "tests/unit/common/test_parsing.py")
WORKERS = re.compile(r"^WORKERS \?= (.+)$", re.MULTILINE)
RUN_BY = re.compile(r"\[(gw\d+)\] \[ *\d+%\] PASSED ([^:]+)::")


def test_the_tests_of_one_file_run_in_one_worker() -> None:
    shared = WORKERS.findall((ROOT / "Makefile").read_text(encoding="utf-8"))[0].split()
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", *shared, *FILES]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False).stdout

    by_file: dict[str, set[str]] = {}
    for worker, file in RUN_BY.findall(said):
        by_file.setdefault(file, set()).add(worker)
    assert sorted(by_file) == sorted(FILES), said
    assert {file: len(workers) for file, workers in by_file.items()} == dict.fromkeys(FILES, 1)
