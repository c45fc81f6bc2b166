"""Live trading: the way to the venue, and all that the venue says of our orders, merged into one history."""

from executor.adapters.live.gateway import LiveGateway
from executor.adapters.live.naming import OrderNamer, token_protocol
from executor.adapters.live.rules import LiveRules

__all__ = ["LiveGateway", "LiveRules", "OrderNamer", "token_protocol"]
