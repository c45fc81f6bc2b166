"""Gamma's events and markets, field for field: some of them JSON inside of JSON, as the real API has it."""

from dataclasses import dataclass

import orjson

from simulator.world.frame import Json
from simulator.world.instants import eastern_span, iso, spaced
from simulator.world.markets import Market
from simulator.world.versions import SECOND, catalogue_condition_id

NAMES = {"BTC": "Bitcoin", "ETH": "Ethereum", "SOL": "Solana", "XRP": "XRP", "DOGE": "Dogecoin", "BNB": "BNB"}
SERIES = {
    ("BTC", 300): "10684", ("BTC", 900): "10192", ("ETH", 300): "10683", ("ETH", 900): "10191",
}  # fmt: skip
TAGS = (("21", "Crypto", "crypto"), ("102127", "Up or Down", "up-or-down"))
ART = "https://polymarket-upload.s3.us-east-2.amazonaws.com/{}+fullsize.png"
FEE_SCHEDULE: Json = {"exponent": 1, "rate": 0.07, "takerOnly": True, "rebateRate": 0.2}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a market stands at an instant: what is quoted, and once it is over how it went."""

    at_s: int
    bid: float | None
    ask: float | None
    traded: float | None
    ended: bool
    outcome: str | None
    strike: float | None
    final: float | None

    @property
    def resolved(self) -> bool:
        return self.outcome is not None

    @property
    def middle(self) -> float:
        return ((self.bid or 0.0) + (1.0 if self.ask is None else self.ask)) / 2


def title(market: Market) -> str:
    name = NAMES.get(market.symbol, market.symbol)
    return f"{name} Up or Down - {eastern_span(market.start_s, market.end_s)}"


def rule_text(symbol: str) -> str:
    name = NAMES.get(symbol, symbol)
    return (
        f'This market resolves to "Up" if the time-weighted average price (TWAP) of {name} that Chainlink '
        "generates is, at the end of the time range in the title, greater than or equal to what it was at "
        'the beginning of that range. In every other case it resolves to "Down".\n'
        f"It is settled by Chainlink's {symbol}/USD 60-second TWAP data stream, found at {source(symbol)}.\n"
        "Other sources, other streams and spot prices do not count."
    )


def source(symbol: str) -> str:
    return f"https://data.chain.link/streams/{symbol.lower()}-usd-twap-60s-streams"


def seeded_market(market: Market, standing: Standing) -> Json:
    """Describe a market of the averaging rule."""
    config = f"{market.symbol.lower()}-{market.duration_s // 60}m-twap-60"
    art = ART.format(market.symbol)
    fixed: Json = {
        "id": market.market_id, "question": title(market),
        "conditionId": catalogue_condition_id(market.version, market.condition_id),
        "slug": market.slug, "resolutionSource": source(market.symbol), "endDate": iso(market.end_s),
        "startDate": iso(market.listed_s), "image": art, "icon": art,
        "description": rule_text(market.symbol), "outcomes": '["Up", "Down"]', "active": True,
        "new": False, "featured": False, "archived": False, "restricted": True, "cyom": False,
        "questionID": "0x" + market.condition_id[:1:-1], "enableOrderBook": True,
        "orderPriceMinTickSize": 0.01, "orderMinSize": 5, "marketMakerAddress": "",
        "clobTokenIds": tokens_text(market), "umaBond": "500", "umaReward": "2",
        "makerBaseFee": 1000, "takerBaseFee": 1000, "negRisk": False, "negRiskOther": False,
        "acceptingOrdersTimestamp": iso(market.listed_s), "createdAt": iso(market.listed_s),
        "updatedAt": iso(standing.at_s // 60 * 60), "endDateIso": iso(market.end_s)[:10],
        "startDateIso": iso(market.listed_s)[:10], "hasReviewedDates": True, "ready": False,
        "funded": False, "approved": True, "rewardsMinSize": 50, "rewardsMaxSpread": 4.5,
        "clearBookOnStart": False, "eventStartTime": iso(market.start_s), "feesEnabled": True,
        "makerRebatesFeeShareBps": 10000, "feeType": "crypto_fees_v2", "feeSchedule": dict(FEE_SCHEDULE),
        "cryptoMarketConfigId": config,
        "cryptoMarketConfig": {
            "id": config, "asset": market.symbol.lower(), "duration": f"{market.duration_s // 60}m",
            "twapEnabled": True, "twapLookbackSeconds": 60,
        },
        "automaticallyActive": True, "manualActivation": False, "rfqEnabled": False,
        "holdingRewardsEnabled": False, "pendingDeployment": False, "deploying": False,
        "umaResolutionStatuses": "[]", "version": market.version,
    }  # fmt: skip
    return fixed | versioned(market) | quoted(standing) | closing(market, standing)


def versioned(market: Market) -> Json:
    """Write the ids of the second version: a real array, and nothing where the first version's would stand."""
    fields: Json = {"positionIds": list(market.position_ids)} if market.position_ids else {}
    return fields | {"clobTokenIds": None} if market.version == SECOND else fields


def quoted(standing: Standing) -> Json:
    """Write what moves with the book. Volumes stay nil: this world's prints are too few to stand for them."""
    fields: Json = {"liquidity": "0", "liquidityNum": 0, "volume": "0", "volumeNum": 0}
    if standing.bid is not None:
        fields["bestBid"] = standing.bid
    if standing.ask is not None:
        fields["bestAsk"] = standing.ask
    if standing.bid is not None and standing.ask is not None:
        fields["spread"] = round(standing.ask - standing.bid, 2)
    if standing.traded is not None:
        fields["lastTradePrice"] = standing.traded
    return fields


def closing(market: Market, standing: Standing) -> Json:
    """Write what tells whether a market trades, has ended, or has been decided."""
    if standing.outcome is None:
        up = round(standing.middle, 3)
        return {
            "closed": False, "acceptingOrders": not standing.ended,
            "outcomePrices": prices_text(f"{up:g}", f"{round(1 - up, 3):g}"),
        }  # fmt: skip
    won = standing.outcome == "Up"
    closed_s = market.resolves_ms // 1000
    return {
        "closed": True, "acceptingOrders": False,
        "outcomePrices": prices_text("1" if won else "0", "0" if won else "1"),
        "closedTime": spaced(closed_s), "umaEndDate": iso(closed_s), "umaResolutionStatus": "resolved",
        "automaticallyResolved": True,
    }  # fmt: skip


def event(market: Market, described: Json, standing: Standing) -> Json:
    """Wrap a market into its event. The prices that decided it appear once it is closed."""
    wrapped: Json = {
        "id": market.event_id, "ticker": market.slug, "slug": market.slug, "title": described["question"],
        "description": described["description"], "resolutionSource": described["resolutionSource"],
        "startDate": described["startDate"], "creationDate": described["startDate"],
        "endDate": described["endDate"], "image": described["image"], "icon": described["icon"],
        "active": True, "closed": standing.resolved, "archived": False, "new": False, "featured": False,
        "restricted": True, "liquidity": 0, "volume": 0, "openInterest": 0,
        "createdAt": described["createdAt"], "updatedAt": described["updatedAt"], "competitive": 0,
        "enableOrderBook": True, "negRisk": False, "commentCount": 0, "cyom": False,
        "showAllOutcomes": True, "showMarketImages": True, "enableNegRisk": False,
        "automaticallyActive": True, "startTime": iso(market.start_s), "negRiskAugmented": False,
        "pendingDeployment": False, "deploying": False, "seriesSlug": series_slug(market),
        "series": [series(market)],
        "tags": [{"id": key, "label": label, "slug": slug} for key, label, slug in TAGS],
        "markets": [described],
    }  # fmt: skip
    if standing.resolved:
        wrapped["closedTime"] = iso(market.resolves_ms // 1000)
        wrapped["eventMetadata"] = {
            name: value
            for name, value in (("priceToBeat", standing.strike), ("finalPrice", standing.final))
            if value is not None
        }
    return wrapped


def series_slug(market: Market) -> str:
    return f"{market.symbol.lower()}-up-or-down-{market.duration_s // 60}m"


def series(market: Market) -> Json:
    minutes = market.duration_s // 60
    name = f"{market.symbol} Up or Down {minutes}m"
    return {
        "id": SERIES.get((market.symbol, market.duration_s), str(90_000 + minutes)),
        "ticker": series_slug(market), "slug": series_slug(market), "title": name, "seriesType": "single",
        "recurrence": f"{minutes}m", "active": True, "closed": False, "archived": False,
    }  # fmt: skip


def tokens_text(market: Market) -> str:
    return f'["{market.up_token}", "{market.down_token}"]'


def prices_text(up: str, down: str) -> str:
    return f'["{up}", "{down}"]'


def text_list(text: str) -> list[str]:
    """Read a JSON list of strings that travels inside a string."""
    return [str(item) for item in orjson.loads(text)]
