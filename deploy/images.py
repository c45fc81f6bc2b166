#!/usr/bin/env python3
"""Lists the images: how large each is, what of that is ours, what it carries, and a digest of its files.

`python deploy/images.py [TAG]`, after they were built. The digest is of the paths, modes and contents of all files that
an image adds to its base: two builds of the same sources have the same.
"""

import json
import shutil
import subprocess
import sys

IMAGES = ("oracle", "venue", "scanner", "risk", "executor", "ledger", "alerter", "bootstrap", "simulator")
MEGABYTE = 1_000_000
LOOK = """
import hashlib, importlib.metadata, json, os
digest, size = hashlib.sha256(), 0
for folder, folders, files in os.walk("/opt/venv"):
    folders.sort()
    for name in sorted(files):
        path = os.path.join(folder, name)
        if os.path.islink(path):
            digest.update(f"{path} -> {os.readlink(path)}".encode())
            continue
        with open(path, "rb") as file:
            content = file.read()
        size += len(content)
        digest.update(f"{path} {os.stat(path).st_mode:o} {hashlib.sha256(content).hexdigest()}".encode())
carried = sorted({each.metadata["Name"].lower() for each in importlib.metadata.distributions(path=[
    next(os.path.join("/opt/venv/lib", each, "site-packages") for each in os.listdir("/opt/venv/lib"))])})
print(json.dumps({"digest": digest.hexdigest(), "size": size, "carried": carried}))
"""


def main() -> int:
    """Print a line an image; answer the exit code."""
    tag = sys.argv[1] if len(sys.argv) > 1 else "latest"
    if shutil.which("docker") is None:
        sys.stderr.write("images: expected the command docker, found none\n")
        return 1
    sys.stdout.write(f"{'image':<22} {'MB':>6} {'ours':>6}  {'content':<14} carries\n")
    for name in IMAGES:
        image = f"pm-arb-{name}:{tag}"
        try:
            found = inspect(image)
        except subprocess.CalledProcessError as error:
            sys.stderr.write(f"images: expected {image}, found none: {error.stderr.strip()[-200:]}\n")
            return 1
        carried = " ".join(found["carried"])
        sizes = f"{found['image_size'] / MEGABYTE:>6.0f} {found['size'] / MEGABYTE:>6.0f}"
        sys.stdout.write(f"{'pm-arb-' + name:<22} {sizes}  {found['digest'][:12]:<14} {carried}\n")
    return 0


def inspect(image: str) -> dict[str, object]:
    """Answer what is in an image."""
    size = json.loads(_docker("image", "inspect", image))[0]["Size"]
    found = json.loads(
        _docker("run", "--rm", "--network", "none", "--entrypoint", "python", image, "-I", "-S", "-c", LOOK)
    )
    return found | {"image_size": size}


def _docker(*arguments: str) -> str:
    command = ["docker", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours


if __name__ == "__main__":
    raise SystemExit(main())
