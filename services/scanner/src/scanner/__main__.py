"""Runs the service: `python -m scanner`."""

from common.runtime.service import main
from scanner.service import assemble
from scanner.settings import Settings

if __name__ == "__main__":
    main(Settings, assemble)
