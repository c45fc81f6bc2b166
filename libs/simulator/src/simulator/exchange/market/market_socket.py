"""The market channel: books on subscribing, then what changes; custom kinds only for those who asked."""

from aiohttp import web

from simulator.hub import EVERYONE
from simulator.sessions import Session, parsed, strings
from simulator.stage import STAGE, Stage
from simulator.world import Frame, Json

CUSTOM_KINDS = frozenset({"best_bid_ask", "new_market", "market_resolved"})
ASSETS_MAX = 2000
ASSETS_WITH_BOOK_MAX = 500
"""Above so many assets a connection gets no first books any more."""
REFUSAL = "INVALID OPERATION"


class MarketSession(Session):
    """One client of the market channel."""

    channel = "clob"
    sends_arrays = True

    def __init__(self, stage: Stage, request: web.Request) -> None:
        super().__init__(stage, request)
        self._assets: dict[str, str | None] = {}
        self._custom = False

    def received(self, text: str) -> None:
        if text == "PING":
            self.send("PONG")
            return
        message = parsed(text)
        assets = strings(message.get("assets_ids", [])) if message else None
        if message is None or assets is None or len(assets) > ASSETS_MAX:
            self.send(REFUSAL)
            return
        operation = message.get("operation", "subscribe" if message.get("type") == "market" else None)
        if operation == "subscribe":
            self._subscribe(assets, message)
        elif operation == "unsubscribe":
            self._unsubscribe(assets)
        else:
            self.send(REFUSAL)

    def hear(self, frame: Frame, text: str, is_spoiled: bool) -> None:
        if self._custom or frame.payload["event_type"] not in CUSTOM_KINDS:
            self.send(text, mergeable=not is_spoiled)

    def _subscribe(self, assets: list[str], message: Json) -> None:
        hub, world, now_ns = self.stage.hub, self.stage.world, self.stage.hub.position_ns
        if message.get("custom_feature_enabled") is True:
            self._custom = True
            hub.listen(self.channel, EVERYONE, self)
        books: list[Json] = []
        for asset in assets:
            if asset in self._assets or len(self._assets) >= ASSETS_MAX:
                continue
            condition = world.condition(asset, now_ns)
            self._assets[asset] = condition
            hub.listen(self.channel, asset, self)
            if condition is not None:
                hub.listen(self.channel, condition, self)
            if message.get("initial_dump", True) is not False and len(self._assets) <= ASSETS_WITH_BOOK_MAX:
                book = self.stage.flow.book(asset)
                books += [book] if book else []
        if books:
            self.say(books)

    def _unsubscribe(self, assets: list[str]) -> None:
        for asset in assets:
            condition = self._assets.pop(asset, None)
            self.stage.hub.ignore(self.channel, asset, self)
            if condition is not None and condition not in self._assets.values():
                self.stage.hub.ignore(self.channel, condition, self)


async def connect(request: web.Request) -> web.StreamResponse:
    return await MarketSession(request.app[STAGE], request).serve()


def routes() -> list[web.RouteDef]:
    return [web.get("/ws/market", connect)]
