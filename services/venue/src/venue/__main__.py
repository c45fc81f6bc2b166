"""Runs the service: `python -m venue`."""

from common.runtime.service import main
from venue.service import assemble
from venue.settings import Settings

if __name__ == "__main__":
    main(Settings, assemble)
