"""Runs the service: `python -m oracle`."""

from common.runtime.service import main
from oracle.service import assemble
from oracle.settings import Settings

if __name__ == "__main__":
    main(Settings, assemble)
