"""The bounds of live trading. Units are in the names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRules:
    """How often the venue is asked, how long it is waited for, and when it is not believed any more."""

    user_url: str
    """Of the user channel."""
    is_dry_run: bool = False
    """Whether orders are signed and told of, and nothing is done at the venue: no post, no cancel, no heartbeat."""
    poll_ms: int = 1000
    """Between two looks at the orders that are not settled."""
    reconcile_s: float = 10.0
    """Between two snapshots of the account."""
    warm_s: float = 20.0
    """Between two renewals of the connections for orders and cancels: well below what a venue lets be idle."""
    heartbeat_s: float = 5.0
    heartbeat_patience_s: float = 8.0
    """Without an accepted heartbeat for so long trading stops: the venue itself cancels everything after ten."""
    arrival_s_max: float = 30.0
    """How long after an order may have been given to the venue it can still be worked off there."""
    farewell_s_max: float = 5.0
    """How long the end of the service waits for the venue to have cancelled everything."""
    cancel_retry_s_min: float = 0.2
    cancel_retry_s_max: float = 2.0
    trades_overlap_s: float = 60.0
    """How far before what is looked for trades are listed, for clocks differ."""
    tokens_max: int = 40
    """Tokens whose balances one snapshot asks for."""
    orders_kept_max: int = 5000
    user_open_s_max: float = 10.0
    user_ping_s: float = 10.0
    user_pong_s_max: float = 5.0
    user_lag_s_max: float = 3.0
    """What other channels told so long ago and the user channel did not makes it stale."""
    user_frame_bytes_max: int = 1 << 20
    user_backoff_s_min: float = 0.25
    user_backoff_s_max: float = 5.0

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, int | float) and not isinstance(value, bool) and not value > 0:
                raise ValueError(f"{name}: expected more than 0, found {value}")
