"""Runs the service: `python -m executor`."""

from common.runtime.service import main
from executor.service import assemble
from executor.settings import Settings

if __name__ == "__main__":
    main(Settings, assemble)
