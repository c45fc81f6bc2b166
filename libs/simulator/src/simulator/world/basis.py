"""How far an exchange trades from the settlement feed: a slow process that reverts to its mean."""

import math

from simulator.world.chance import gaussian, stream

NODE_S = 60
MEMORIES = 5
"""After so many relaxation times what a shock leaves behind is below a hundredth, and is forgotten."""


class Basis:
    """A moving average of past shocks, one a minute, a line between minutes: in ratio to the price."""

    def __init__(self, seed: int, exchange: str, symbol: str, spread_bps: float, relaxation_s: int) -> None:
        self._shocks = stream(seed, "basis", exchange, symbol)
        memory = math.exp(-NODE_S / relaxation_s)
        scale = spread_bps * 1e-4 * math.sqrt(1 - memory * memory)
        self._weights = [scale * memory**age for age in range(MEMORIES * relaxation_s // NODE_S + 1)]
        self._line: tuple[int, float, float] | None = None

    def at(self, second: int) -> float:
        minute, inside_s = divmod(second, NODE_S)
        if self._line is None or self._line[0] != minute:
            self._line = (minute, self._node(minute), self._node(minute + 1))
        return self._line[1] + (self._line[2] - self._line[1]) * inside_s / NODE_S

    def _node(self, minute: int) -> float:
        return sum(weight * gaussian(self._shocks, minute - age) for age, weight in enumerate(self._weights))
