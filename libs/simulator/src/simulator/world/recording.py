"""Reads a recorded day: the settlement feed's ticks, and the markets as Gamma returned them afterwards."""

import csv
import gzip
import math
from array import array
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import orjson

from simulator.world.frame import Json

E18 = 10**18
VOLATILITY_HORIZON_MS = 30_000
VOLATILITY_SLACK_MS = 2_000
TICKS_GLOB = "btcusd-chainlink*.csv.gz"
MARKETS_GLOB = "btc-5m-markets*.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Tick:
    feed_ms: int
    value_e18: int
    sent_ms: int
    received_ms: int


@dataclass(frozen=True, slots=True)
class RecordedMarket:
    """One line of the markets file. `strike_e18` is None where no tick fell on the first second."""

    slug: str
    start_s: int
    end_s: int
    condition_id: str
    up_token: str
    down_token: str
    up_won: bool
    strike_e18: int | None
    raw: Json


class TickTape:
    """The ticks in the order of their feed time, as columns."""

    def __init__(self, ticks: list[Tick]) -> None:
        if not ticks:
            raise ValueError("a recording needs at least one tick")
        ticks = sorted(ticks, key=attrgetter("feed_ms"))
        self.feed_ms = array("q", [tick.feed_ms for tick in ticks])
        self.sent_ms = array("q", [tick.sent_ms for tick in ticks])
        self.received_ms = array("q", [tick.received_ms for tick in ticks])
        self.values_e18 = [tick.value_e18 for tick in ticks]
        self.prices = array("d", [tick.value_e18 / E18 for tick in ticks])
        self.arrivals = sorted(range(len(ticks)), key=lambda i: (ticks[i].received_ms, i))
        self.arrivals_ms = array("q", [ticks[i].received_ms for i in self.arrivals])

    def volatility(self) -> float:
        """Measure returns over half a minute: one-second returns of a smoothed feed understate them."""
        squares, count, origin = 0.0, 0, 0
        for index in range(1, len(self.feed_ms)):
            elapsed_ms = self.feed_ms[index] - self.feed_ms[origin]
            if elapsed_ms < VOLATILITY_HORIZON_MS:
                continue
            if elapsed_ms <= VOLATILITY_HORIZON_MS + VOLATILITY_SLACK_MS:
                squares += math.log(self.prices[index] / self.prices[origin]) ** 2 / (elapsed_ms / 1000)
                count += 1
            origin = index
        if count == 0:
            raise ValueError("a recording needs ticks half a minute apart to measure its volatility")
        return math.sqrt(squares / count)


def read_ticks(directory: Path, shift_s: int) -> TickTape:
    ticks = []
    for path in _files(directory, TICKS_GLOB):
        with gzip.open(path, "rt", newline="") as lines:
            ticks += [
                Tick(
                    feed_ms=int(row["feed_ts_ms"]) + shift_s * 1000,
                    value_e18=int(row["full_accuracy_value"]),
                    sent_ms=int(row["server_ts_ms"]) + shift_s * 1000,
                    received_ms=int(row["recv_ms"]) + shift_s * 1000,
                )
                for row in csv.DictReader(lines)
            ]
    return TickTape(ticks)


def read_markets(directory: Path) -> list[RecordedMarket]:
    """Read the markets with the times they really had."""
    found = []
    for path in _files(directory, MARKETS_GLOB):
        with gzip.open(path, "rb") as lines:
            found += [_market(orjson.loads(line)) for line in lines if line.strip()]
    return sorted(found, key=attrgetter("start_s"))


def first_second(directory: Path) -> int:
    """Find when a recording begins, without reading all of it."""
    firsts = []
    for path in _files(directory, TICKS_GLOB):
        with gzip.open(path, "rt", newline="") as lines:
            firsts.append(int(next(csv.DictReader(lines))["feed_ts_ms"]) // 1000)
    return min(firsts)


def _market(line: Json) -> RecordedMarket:
    up_token, down_token = line["token_ids"]
    strike = line["strike_value"]
    return RecordedMarket(
        slug=line["slug"],
        start_s=int(line["start_sec"]),
        end_s=int(line["end_sec"]),
        condition_id=line["condition_id"],
        up_token=up_token,
        down_token=down_token,
        up_won=line["outcome_prices"][0] == "1",
        strike_e18=int(strike) if strike is not None else None,
        raw=line["raw"],
    )


def _files(directory: Path, pattern: str) -> list[Path]:
    found = sorted(directory.glob(pattern))
    if not found:
        raise FileNotFoundError(f"no {pattern} in {directory}")
    return found
