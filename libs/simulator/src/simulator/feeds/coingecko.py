"""CoinGecko's public prices over HTTP, `/simple/price`: thirty calls a minute and address are answered, no more."""

import math

from aiohttp import web

from simulator.answers import answer, refusal
from simulator.feeds.coingecko_prices import Calls, MissingParameterError, Prices, read
from simulator.stage import STAGE, Stage

NS_PER_S = 1_000_000_000
EXCEEDED = "You've exceeded the Rate Limit."


class CoinGecko:
    """The public plan of one server."""

    def __init__(self) -> None:
        self._prices: Prices | None = None
        self._calls = Calls()
        self._refused = 0

    async def simple_price(self, request: web.Request) -> web.Response:
        stage = request.app[STAGE]
        wait_ns = self._calls.wait_ns(request.remote or "", stage.clock()) if stage.exchange.limits_rates else 0
        if wait_ns > 0:
            return self._too_many(wait_ns)
        try:
            asked = read(request.query)
        except MissingParameterError as error:
            return refusal(str(error), 422)
        except ValueError as error:
            return refusal(str(error))
        return answer(self._known(stage).listed(asked, stage.clock() // NS_PER_S))

    def _known(self, stage: Stage) -> Prices:
        if self._prices is None:
            self._prices = Prices(stage.world, stage.settings.seed)
        return self._prices

    def _too_many(self, wait_ns: int) -> web.Response:
        """Refuse a call. Every other time it is told when to come back, as the real one does not always say."""
        self._refused += 1
        refused = answer({"status": {"error_code": 429, "error_message": EXCEEDED}}, 429)
        if self._refused % 2:
            refused.headers["Retry-After"] = str(math.ceil(wait_ns / NS_PER_S))
        return refused


def routes() -> list[web.RouteDef]:
    return [web.get("/coingecko/api/v3/simple/price", CoinGecko().simple_price)]
