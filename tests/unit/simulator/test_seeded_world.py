"""The seeded world is a function of its seed and of absolute time, and of nothing else."""

import random
from dataclasses import replace
from itertools import pairwise

import orjson
import pytest

from simulator.world import CHANNELS, SeededWorld, WorldSettings

NS_PER_S = 1_000_000_000
SMALL = WorldSettings(symbols=("BTC",))
QUARTER_NS = 1_795_240_800 * NS_PER_S
"""A quarter of an hour, so that markets of every duration end, start and are listed here."""
START_NS, END_NS = QUARTER_NS - 15 * NS_PER_S, QUARTER_NS + 30 * NS_PER_S


def heard(world: SeededWorld, start_ns: int, end_ns: int, channels: tuple[str, ...] = CHANNELS) -> bytes:
    frames = world.frames(start_ns, end_ns, channels)
    return orjson.dumps([[f.at_ns, f.channel, f.key, f.payload] for f in frames])


def test_the_same_seed_makes_the_same_world_to_the_byte():
    used = SeededWorld()
    used.events(END_NS + 7 * NS_PER_S)
    list(used.frames(END_NS, END_NS + 3 * NS_PER_S))

    assert heard(used, START_NS, END_NS) == heard(SeededWorld(), START_NS, END_NS)


def test_another_seed_makes_another_world():
    other = SeededWorld(replace(SMALL, seed=2))

    assert heard(other, START_NS, END_NS) != heard(SeededWorld(SMALL), START_NS, END_NS)


@pytest.mark.parametrize("seed", [1, 2])
def test_frames_are_the_same_whatever_chunks_are_asked_for(seed):
    chance, world = random.Random(seed), SeededWorld(SMALL)
    chunks, start_ns = [], START_NS + 123_456_789
    expected = list(SeededWorld(SMALL).frames(start_ns, END_NS))
    while start_ns < END_NS:
        end_ns = min(start_ns + chance.randrange(1_000_000, 4 * NS_PER_S), END_NS)
        chunks += list(world.frames(start_ns, end_ns))
        start_ns = end_ns

    assert chunks == expected


def test_a_chunk_reached_from_nowhere_continues_the_books_that_were_there():
    whole = list(SeededWorld(SMALL).frames(START_NS, END_NS, ("clob",)))
    for offset_s in (1, 9, 10, 11, 25):
        start_ns = START_NS + offset_s * NS_PER_S
        fresh = SeededWorld(SMALL).frames(start_ns, start_ns + 3 * NS_PER_S, ("clob",))

        assert list(fresh) == [f for f in whole if start_ns <= f.at_ns < start_ns + 3 * NS_PER_S]


def test_frames_come_in_the_order_of_their_time_and_inside_their_window():
    frames = list(SeededWorld(SMALL).frames(START_NS + 1, END_NS - 1))
    times = [frame.at_ns for frame in frames]

    assert times == sorted(times)
    assert times[0] > START_NS
    assert times[-1] < END_NS - 1
    assert {frame.channel for frame in frames} == set(CHANNELS)


def test_channels_that_nobody_wants_are_left_out_without_changing_the_others():
    world = SeededWorld(SMALL)
    everything = list(world.frames(START_NS, END_NS))

    assert list(SeededWorld(SMALL).frames(START_NS, END_NS, ("rtds",))) == [
        frame for frame in everything if frame.channel == "rtds"
    ]


def test_the_path_is_continuous_where_hours_meet():
    world = SeededWorld(SMALL)
    hour_ns = QUARTER_NS // (3600 * NS_PER_S) * 3600 * NS_PER_S
    before, after = world.truth("BTC", hour_ns - 1), world.truth("BTC", hour_ns)

    assert before is not None
    assert after is not None
    assert after.price == pytest.approx(before.price, rel=5e-4)


def test_an_hour_is_as_volatile_as_the_settings_say():
    world = SeededWorld(replace(SMALL, jumps_per_hour=0.0, volatility_clustering=0.0))
    start_s = QUARTER_NS // NS_PER_S
    prices = [world.truth("BTC", (start_s + 10 * i) * NS_PER_S).price for i in range(2 * 360)]
    variance_s = sum((b / a - 1) ** 2 for a, b in pairwise(prices)) / (10 * len(prices))

    assert (variance_s * 31_557_600) ** 0.5 == pytest.approx(0.55, rel=0.15)


def test_exchanges_print_near_the_settling_price_each_with_its_own_basis():
    world, gaps = SeededWorld(SMALL), {"binance": [], "coinbase": []}
    for frame in world.frames(START_NS, END_NS, ("binance", "coinbase")):
        payload = frame.payload.get("data", frame.payload)
        if payload.get("type") != "heartbeat":
            truth = world.truth("BTC", frame.at_ns)
            gaps[frame.channel].append(float(payload.get("p") or payload["price"]) / truth.price - 1)

    means = {channel: sum(found) / len(found) for channel, found in gaps.items()}
    assert all(abs(gap) < 10e-4 for found in gaps.values() for gap in found)
    assert abs(means["binance"] - means["coinbase"]) > 1e-6
    assert len(gaps["binance"]) == 450
    assert len(gaps["coinbase"]) == 225


@pytest.mark.parametrize(
    "wrong",
    [
        {"lag_ms": -1},
        {"durations_s": (90,)},
        {"half_spread_cents_min": 0.4},
        {"exchange_delay_ms_max": 51},
        {"symbols": ("BTC", "NOPE")},
        {"levels_min": 9},
    ],
)
def test_settings_that_would_break_the_world_are_refused(wrong):
    with pytest.raises(ValueError, match=r"found|must|needs|cross|no anchor"):
        WorldSettings(**wrong)
