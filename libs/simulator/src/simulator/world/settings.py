"""What a simulated world is like. Two worlds with equal settings are equal to the byte."""

from dataclasses import dataclass

EXCHANGE_DELAY_MS_MAX = 50
"""A print and its delay must fit into one step of the price path, so that no print leaves its second."""


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """The seed and every dial of the world. Pairs are (key, value) tables, so the record can be hashed."""

    seed: int = 1
    lag_ms: int = 2000
    symbols: tuple[str, ...] = ("BTC", "ETH")
    durations_s: tuple[int, ...] = (60, 300, 900)
    listed_ahead_markets: tuple[tuple[int, int], ...] = ((60, 5), (300, 3), (900, 2))
    closed_listed_s: int = 3600

    anchor_price_usd: tuple[tuple[str, float], ...] = (("BTC", 78_000.0), ("ETH", 2_600.0))
    annual_volatility: tuple[tuple[str, float], ...] = (("BTC", 0.55), ("ETH", 0.75))
    volatility_clustering: float = 0.25
    jumps_per_hour: float = 2.0
    jump_bps: float = 12.0

    exchange_noise_bps: float = 0.3
    exchange_delay_ms_min: int = 5
    exchange_delay_ms_max: int = 40
    basis_bps: float = 1.5
    basis_relaxation_s: int = 600

    chainlink_delay_ms_min: int = 1000
    chainlink_delay_ms_max: int = 1600
    chainlink_lost_share: float = 0.01
    tick_age_ms_max: int = 5000

    half_spread_cents_min: float = 0.5
    half_spread_cents_max: float = 1.5
    levels_min: int = 5
    levels_max: int = 8
    depth_shares_min: int = 20
    depth_shares_max: int = 300
    prints_per_minute: float = 6.0

    resolution_delay_s_min: float = 12.0
    resolution_delay_s_max: float = 25.0
    silent_resolution_share: float = 0.02

    version_two_share: float = 0.0
    """Of the markets that belong to the second version of the protocol; above 0 some of the others name both ids."""

    def __post_init__(self) -> None:
        if self.lag_ms < 0:
            raise ValueError(f"lag_ms must not be negative, found {self.lag_ms}")
        for duration_s in self.durations_s:
            if duration_s < 60 or duration_s % 60:
                raise ValueError(f"a market lasts whole minutes, found {duration_s} s")
        if not 0 <= self.exchange_delay_ms_min <= self.exchange_delay_ms_max <= EXCHANGE_DELAY_MS_MAX:
            raise ValueError(f"exchange delays must lie between 0 and {EXCHANGE_DELAY_MS_MAX} ms, in order")
        if not 0.5 <= self.half_spread_cents_min <= self.half_spread_cents_max:
            raise ValueError("a half-spread below 0.5 cents would cross the book on a one-cent tick")
        if not 1 <= self.levels_min <= self.levels_max:
            raise ValueError("a book needs at least one level, and a minimum not above the maximum")
        if not 0 <= self.version_two_share <= 1:
            raise ValueError(f"version_two_share must lie between 0 and 1, found {self.version_two_share}")
        for symbol in self.symbols:
            self.anchor_usd(symbol)

    def ahead(self, duration_s: int) -> int:
        """How many future markets of a duration are listed beside the running one."""
        return dict(self.listed_ahead_markets).get(duration_s, 2)

    def anchor_usd(self, symbol: str) -> float:
        anchors = dict(self.anchor_price_usd)
        if symbol not in anchors:
            raise ValueError(f"no anchor price for {symbol!r}: this world knows {', '.join(anchors)}")
        return anchors[symbol]

    def volatility(self, symbol: str) -> float:
        """Annualised, of log returns, jumps included."""
        return dict(self.annual_volatility).get(symbol, 0.8)
