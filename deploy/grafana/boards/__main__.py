"""Writes the dashboards: `make dashboards`, from the root of the repository."""

import sys
from pathlib import Path

from boards.all import dashboards

FOLDER = Path(__file__).resolve().parents[1] / "dashboards"

for name, text in dashboards().items():
    (FOLDER / name).write_text(text, encoding="utf-8")
    sys.stdout.write(f"{name}\n")
