"""Runs the service: `python -m risk`."""

from common.runtime.service import main
from risk.service import assemble
from risk.settings import Settings

if __name__ == "__main__":
    main(Settings, assemble)
