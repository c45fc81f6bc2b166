"""The executor's settings. Its caps are its own: whatever risk allows, these hold.

The wallet's secrets are a group apart. Only what trades live asks for it, so that on paper no key is ever in memory.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, SecretStr

from common.settings import ServiceSettings
from common.settings import Settings as BaseSettings

CONFIRMATION = "I UNDERSTAND"
"""What must be typed, or stand in LIVE_CONFIRMATION, before an order may cost real money."""


class Settings(ServiceSettings):
    """What the executor may do at most, on which venue, and how its paper venue behaves."""

    paper_trading: bool = True
    """Orders go to a paper venue that fills against the live book; false: to the real one, if every gate is open."""
    dry_run: bool = True
    """Live only: orders are signed and shown, and nothing is posted. Real money needs it to be false."""
    live_confirmation: str = ""
    """`I UNDERSTAND`, for a start that nobody attends; `pm-arb up` asks for it on a terminal."""
    initial_bankroll: Annotated[Decimal, Field(gt=0, le=1_000_000)] = Decimal(200)
    """Dollars that the wallet must hold, and may spend, when live trading starts."""
    polymarket_signature_type: Annotated[int, Field(ge=0, le=3)] = 3
    """Which of the key's wallets pays: 0 the key's own address, 1 a proxy, 2 a Safe, 3 a deposit wallet."""
    polymarket_funder: Annotated[str, Field(pattern="^(0x[0-9a-fA-F]{40})?$")] = ""
    """Address of the wallet that pays; found out by the official client when empty."""
    clob_url: str = "https://clob.polymarket.com"
    clob_user_ws_url: str = "wss://ws-subscriptions-clob.polymarket.com/ws/user"
    """Where the venue tells of our own orders and fills."""
    geoblock_url: str = "https://polymarket.com/api/geoblock"
    gamma_url: str = "https://gamma-api.polymarket.com"
    relayer_url: str = "https://relayer-v2.polymarket.com"
    """Asked for the wallet, its approvals and redemptions only, by the official client."""
    polygon_rpc_url: str = "https://polygon.drpc.org"
    venue_clock_skew_ms_max: Annotated[int, Field(ge=1, le=5000)] = 5000
    """How far this machine's clock may be off the venue's at the start."""
    reconcile_interval_s: Annotated[float, Field(ge=0.1, le=3600)] = 10.0
    """How often the book is held against the venue's."""
    order_poll_ms: Annotated[int, Field(ge=50, le=60_000)] = 1000
    """How often an open order is asked for."""
    venue_heartbeat_s: Annotated[float, Field(ge=0.1, le=6)] = 5.0
    """How often the venue is told that we are alive; after ten seconds without it cancels everything."""
    order_arrival_s: Annotated[float, Field(ge=1, le=300)] = 30.0
    """For so long after it left, an order that the venue does not know may still arrive there, and stays unknown."""
    risk_silence_ms: Annotated[int, Field(ge=500, le=600_000)] = 5000
    """Without a heartbeat of risk for this long no order leaves."""
    max_trade_size: Annotated[Decimal, Field(gt=0, le=1000)] = Decimal(20)
    """US dollars of notional and fee that one order may cost; the hard cap of the last hop."""
    max_order_shares: Annotated[Decimal, Field(gt=0, le=100_000)] = Decimal(500)
    orders_per_minute_max: Annotated[int, Field(ge=1)] = 30
    clock_skew_ms_max: Annotated[int, Field(ge=0, le=60_000)] = 500
    """How far ahead of this clock an approval may be stamped."""
    order_timeout_ms: Annotated[int, Field(ge=100)] = 10_000
    """An order without an end, or a match that is not final, after this long is asked for."""
    orders_kept_max: Annotated[int, Field(ge=100)] = 5000
    """Orders kept in memory, so that none is placed twice; older ones are past their `valid_until` in any case."""
    markets_kept_max: Annotated[int, Field(ge=100)] = 5000
    paper_latency_ms: Annotated[int, Field(ge=0, le=60_000)] = 100
    """From the desk to the paper venue; the market's taker delay comes on top."""
    paper_confirm_ms: Annotated[int, Field(ge=0, le=600_000)] = 2000
    """From a paper match to its being final."""
    paper_book_age_ms_max: Annotated[int, Field(ge=1, le=60_000)] = 3000
    """A book that was last confirmed longer ago than this fills nothing."""


class WalletSettings(BaseSettings):
    """The wallet's secrets: each best given as a file that only the executor's user can read."""

    polymarket_private_key: SecretStr = SecretStr("")
    """`0x` and 64 hexadecimal digits. Whoever has it has the money."""
    polymarket_api_key: SecretStr = SecretStr("")
    """With the two below: all three, or none, and then they are derived from the private key."""
    polymarket_secret: SecretStr = SecretStr("")
    polymarket_passphrase: SecretStr = SecretStr("")
    polymarket_relayer_api_key: SecretStr = SecretStr("")
    """Lets the official client redeem and approve for wallets that are contracts (signature types 1 to 3)."""
