"""Where the recorded morning lies, and what to say when it does not."""

import os
from pathlib import Path

import pytest

RECORDING = Path(os.environ.get("PM_ARB_DATA") or Path(__file__).parents[3] / "shared" / "data")

needs_recording = pytest.mark.skipif(
    not any(RECORDING.glob("btcusd-chainlink*.csv.gz")) or not any(RECORDING.glob("btc-5m-markets*.jsonl.gz")),
    reason=f"no recorded morning in {RECORDING}: set PM_ARB_DATA",
)
