"""Runs the service: `python -m alerter`."""

from alerter.service import assemble
from alerter.settings import Settings
from common.runtime.service import main

if __name__ == "__main__":
    main(Settings, assemble)
