"""What a settled market owes, paid out by the venue itself: the executor notices, says so once, and the books agree."""

import contextlib
from dataclasses import replace
from decimal import Decimal

import aiohttp
import orjson
import pytest

from builders import a_market
from common.clock import SECOND, Instant
from executor.core import Tolerances
from integration.live_executor import MICRO, a_live_executor, the_market
from simulator.exchange.settings import ExchangeSettings
from simulator.server import running
from simulator.wall import wall_ns
from simulator.world import SeededWorld, WorldSettings
from support.trading import FAST, NS_PER_S, QUARTER_S, SLUG, Scene, Trader
from support.waiting import eventually

QUICK = Tolerances(interval_ms=1000, grace_s=1, wallet_grace_s=2, gap_s=1, patience_s=8, repeat_s=1)
OFTEN = {"reconcile_s": 0.5}
CENT = Decimal("0.01")
BEFORE_THE_END_S = 240
A_VERDICT_TAKES_S = 120


class SkippingClock:
    """The exchange's clock, which goes as the wall's does, but for what is skipped."""

    def __init__(self, start_s):
        self._offset_ns = start_s * NS_PER_S - wall_ns()

    def __call__(self):
        return wall_ns() + self._offset_ns

    def skip(self, seconds):
        self._offset_ns += seconds * NS_PER_S


@contextlib.asynccontextmanager
async def a_market_near_its_end(**dials):
    """A scene, and the clock with which its market is brought to its end."""
    clock = SkippingClock(QUARTER_S - BEFORE_THE_END_S)
    settings = ExchangeSettings(**FAST | {"allows_eoa": True, "deposit_usd": 1000.0} | dials)
    async with (
        running(SeededWorld(WorldSettings()), clock=clock, exchange=settings) as server,
        aiohttp.ClientSession(server.http) as http,
    ):
        market = await on_gamma(http)
        tokens = orjson.loads(market["clobTokenIds"])
        yield Scene(server, http, Trader(server, http), tokens, market["conditionId"]), clock


async def on_gamma(http):
    async with http.get(f"/gamma/events?slug={SLUG}") as response:
        return (await response.json())[0]["markets"][0]


async def winner(http):
    """Answer the official outcome, None where there is none yet."""
    market = await on_gamma(http)
    prices = dict(zip(orjson.loads(market["outcomes"]), orjson.loads(market["outcomePrices"]), strict=True))
    return next((name for name, price in prices.items() if float(price) == 1.0), None) if market["closed"] else None


async def buy_both(live):
    """Hold some of each outcome, so that something wins."""
    for token, outcome in zip(live.scene.tokens, ("Up", "Down"), strict=True):
        price = await live.scene.taking_price(token)
        order_id = live.approve(price, 10, order_type="FAK", token_id=token, outcome=outcome)
        await live.settles(order_id)


def resolved(live, won):
    """The news of the venue's catalogue."""
    known, now = the_market(live), live.clock.now()
    return a_market(**known.model_dump() | {
        "event_id": f"resolved{now}", "change": "resolved", "winner": won, "accepting_orders": False,
        "observed_at": now, "ends_at": Instant(now - SECOND),
    })  # fmt: skip


def shares(live):
    return [live.held(0), live.held(1)]


@pytest.mark.parametrize("paid", ["after_the_outcome_is_known", "before_the_outcome_is_known"])
async def test_a_win_that_the_venue_redeems_by_itself_is_told_as_redeemed_by_the_venue(paid):
    async with (
        a_market_near_its_end(redeems_after_ms=1500) as (scene, clock),
        a_live_executor(scene=scene, tolerances=QUICK, **OFTEN) as live,
    ):
        await eventually(lambda: live.events("reconciliation_done"), why="a first look")
        before = live.dollars()
        await buy_both(live)
        held = shares(live)
        assert min(held) > 0

        clock.skip(BEFORE_THE_END_S + A_VERDICT_TAKES_S)
        won = await eventually(lambda: winner(scene.http), within_s=60, every_s=0.1, why="the market is resolved")
        if paid == "before_the_outcome_is_known":
            await eventually(lambda: shares(live) == [0, 0], within_s=10, why="the venue has paid")
        live.inbox.put(resolved(live, won))
        await eventually(lambda: live.events("position_redeemed"), within_s=15, why=lambda: f"{live.types()}")

        payout = held[("Up", "Down").index(won)]
        [settled], [redeemed] = live.events("position_settled"), live.events("position_redeemed")
        assert (redeemed.by, redeemed.market_id, redeemed.payout) == ("venue", scene.condition, payout)
        assert settled.payout == payout
        assert abs(before + settled.pnl - live.dollars()) < CENT
        await agrees_from_now_on(live)
        assert len(live.events("position_redeemed")) == 1


async def test_a_win_that_the_venue_does_not_redeem_is_asked_for_until_it_is_paid():
    asked = []

    async def redeem(redemption):
        asked.append(redemption)
        raise RuntimeError("no chain can be reached")

    patience = replace(QUICK, redemption_patience_s=1, redemption_retry_s=2, redemption_tries_max=2)
    async with (
        a_market_near_its_end(redeems_after_ms=3_600_000) as (scene, clock),
        a_live_executor(scene=scene, tolerances=patience, redeem=redeem, **OFTEN) as live,
    ):
        await eventually(lambda: live.events("reconciliation_done"), why="a first look")
        await buy_both(live)

        clock.skip(BEFORE_THE_END_S + A_VERDICT_TAKES_S)
        won = await eventually(lambda: winner(scene.http), within_s=60, every_s=0.1, why="the market is resolved")
        live.inbox.put(resolved(live, won))
        await eventually(lambda: len(asked) == 2, within_s=30, why="it is asked for, and once more")

        assert {(each.market_id, each.protocol_version, each.is_neg_risk) for each in asked} == {
            (scene.condition, "v1", False)
        }
        assert asked[1].at - asked[0].at >= 2 * SECOND
        assert live.events("position_redeemed") == [], "nothing was paid"
        assert live.desk.halted_by == (), "what a chain says stops no orders"


async def agrees_from_now_on(live):
    """Wait for three more answers: each must be that the venue's account is as the record has it."""
    since = len(live.events("reconciliation_done"))
    await eventually(lambda: len(live.events("reconciliation_done")) >= since + 3, within_s=15, why="three answers")
    answers = live.events("reconciliation_done")[since:]
    assert [(done.verdict, done.detail) for done in answers] == [("agreed", "")] * len(answers)
    assert abs(answers[-1].collateral - live.dollars()) < Decimal(1) / MICRO
