#!/usr/bin/env python3
"""Pins every dependency with its hashes: one lock for the developer's environment and one for each image.

`python deploy/lock.py` writes them all, `--check` says which no longer fit their pyproject.toml. The images' locks are
constrained by the developer's, so that what was tested is what is shipped. No lock names where it was made or from
which mirror.
"""

import argparse
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PYTHON_OLDEST = "3.11"
DEVELOPER = Path("requirements.lock")
OWN = "pm-arb"
HEADER = "# Written by `make lock`: every dependency with the hashes that installation requires. Do not edit.\n"
BUILD_TOOLS = ("setuptools>=80", "wheel>=0.45")
"""What builds the distributions inside the images; it stays in the build stage."""


@dataclass(frozen=True, slots=True)
class Lock:
    """One requirements.lock and what it is made from: a pyproject.toml, or a plain list of requirements."""

    path: Path
    project: Path | None = None
    extra: str = ""
    plain: tuple[str, ...] = ()

    def wanted(self) -> Iterator[Requirement]:
        """Answer what is asked for directly, the project's own distributions replaced by what they ask for."""
        texts = list(self.plain) if self.project is None else _asked(self.project, self.extra)
        for text in texts:
            requirement = Requirement(text)
            if requirement.name.startswith(OWN):
                yield from Lock(self.path, _distributions()[requirement.name]).wanted()
            else:
                yield requirement


def main() -> int:
    """Write or check; answer the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; name the stale locks and exit with 1")
    options = parser.parse_args()
    if options.check:
        complaints = [line for lock in locks() for line in stale(lock)]
        sys.stdout.writelines(f"{line}\n" for line in complaints)
        return 1 if complaints else 0
    for lock in locks():
        write(lock)
        sys.stdout.write(f"wrote {lock.path}\n")
    return 0


def locks() -> list[Lock]:
    """List every lock, the developer's first because it constrains the others."""
    services = sorted(path.relative_to(ROOT) for path in (ROOT / "services").glob("*/pyproject.toml"))
    return [
        Lock(DEVELOPER, Path("pyproject.toml"), extra="dev"),
        *(Lock(project.with_name("requirements.lock"), project) for project in services),
        Lock(Path("libs/simulator/requirements.lock"), Path("libs/simulator/pyproject.toml")),
        Lock(Path("deploy/bootstrap/requirements.lock"), Path("libs/common/pyproject.toml")),
        Lock(Path("deploy/build/requirements.lock"), plain=BUILD_TOOLS),
    ]


def stale(lock: Lock) -> list[str]:
    """Answer what a lock lacks of what is asked for; nothing when it fits."""
    if not (ROOT / lock.path).is_file():
        return [f"{lock.path}: expected a file, found none; run `make lock`"]
    pinned = pins(ROOT / lock.path)
    found = [(wanted, pinned.get(canonicalize_name(wanted.name))) for wanted in lock.wanted()]
    return [
        f"{lock.path}: expected {wanted}, found {version or 'nothing'}; run `make lock`"
        for wanted, version in found
        if version is None or not wanted.specifier.contains(version, prereleases=True)
    ]


def pins(path: Path) -> dict[str, Version]:
    """Read the versions that a lock pins."""
    lines = (line.split(";")[0].strip(" \\") for line in path.read_text(encoding="utf-8").splitlines() if "==" in line)
    pairs = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): Version(version.strip()) for name, version in pairs}


def write(lock: Lock) -> None:
    """Resolve anew and write the lock under a header that says nothing of this machine."""
    with tempfile.TemporaryDirectory() as folder:
        result, source = Path(folder) / "result", Path(folder) / "requirements.in"
        source.write_text("\n".join(lock.plain), encoding="utf-8")
        command = [
            str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--universal", "--generate-hashes",
            "--no-header", "--python-version", PYTHON_OLDEST, "--output-file", str(result),
            *(["--extra", lock.extra] if lock.extra else []),
            *(["--constraint", str(DEVELOPER)] if lock.path != DEVELOPER else []),
            *(["--no-annotate"] if lock.plain else []),
            *(part for name in sorted(_distributions()) for part in ("--no-emit-package", name)),
            str(lock.project or source),
        ]  # fmt: skip
        subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603 - the command is ours, no shell reads it
        (ROOT / lock.path).parent.mkdir(exist_ok=True)
        (ROOT / lock.path).write_text(HEADER + result.read_text(encoding="utf-8"), encoding="utf-8")


def _asked(project: Path, extra: str) -> list[str]:
    table = tomllib.loads((ROOT / project).read_text(encoding="utf-8"))["project"]
    optional: list[str] = table["optional-dependencies"][extra] if extra else []
    return [*table["dependencies"], *optional]


def _distributions() -> dict[str, Path]:
    folders = [*ROOT.glob("libs/*/pyproject.toml"), *ROOT.glob("services/*/pyproject.toml")]
    return {f"{OWN}-{path.parent.name}": path.relative_to(ROOT) for path in folders}


if __name__ == "__main__":
    raise SystemExit(main())
