"""Binance's public streams: combined and raw, `trade` and `aggTrade`, and live subscribing."""

import orjson
from aiohttp import web

from simulator.sessions import Session, parsed, strings
from simulator.stage import STAGE, Stage
from simulator.world import Frame, Json
from simulator.world.exchanges import aggregate_of

STREAMS_MAX = 1024
AGGREGATE = "@aggTrade"
TRADE = "@trade"


class BinanceSession(Session):
    """One client of Binance. A name that nobody knows is accepted and stays silent, as it really does."""

    channel = "binance"

    def __init__(self, stage: Stage, request: web.Request, streams: list[str], combined: bool) -> None:
        super().__init__(stage, request)
        self._first = streams
        self._streams: set[str] = set()
        self._combined = combined

    def opened(self) -> None:
        self._subscribe(self._first)

    def received(self, text: str) -> None:
        message = parsed(text)
        if message is None:
            self._refuse(None, 3, "Invalid JSON: expected value")
            return
        number, params = message.get("id"), strings(message.get("params", []))
        method = message.get("method")
        if params is None or len(params) > STREAMS_MAX:
            self._refuse(number, 2, "Invalid request: params must be a list of strings")
        elif method == "SUBSCRIBE":
            self._subscribe(params)
            self.say({"result": None, "id": number})
        elif method == "UNSUBSCRIBE":
            self._unsubscribe(params)
            self.say({"result": None, "id": number})
        elif method == "LIST_SUBSCRIPTIONS":
            self.say({"result": sorted(self._streams), "id": number})
        else:
            self._refuse(number, 2, f"Invalid request: unknown method {method!r}")

    def hear(self, frame: Frame, text: str, is_spoiled: bool) -> None:
        if is_spoiled:
            self.send(text)
            return
        if frame.key in self._streams:
            self.send(text if self._combined else orjson.dumps(frame.payload["data"]).decode())
        stream = frame.key.removesuffix(TRADE) + AGGREGATE
        if stream in self._streams:
            data = aggregate_of(frame.payload["data"])
            payload: Json = {"stream": stream, "data": data} if self._combined else data
            self.send(orjson.dumps(payload).decode())

    def _subscribe(self, streams: list[str]) -> None:
        for stream in streams:
            if len(self._streams) < STREAMS_MAX:
                self._streams.add(stream)
                self.stage.hub.listen(self.channel, _trades_of(stream), self)

    def _unsubscribe(self, streams: list[str]) -> None:
        self._streams.difference_update(streams)
        left = {_trades_of(stream) for stream in self._streams}
        for stream in streams:
            if _trades_of(stream) not in left:
                self.stage.hub.ignore(self.channel, _trades_of(stream), self)

    def _refuse(self, number: object, code: int, message: str) -> None:
        self.say({"error": {"code": code, "msg": message}, "id": number})


def _trades_of(stream: str) -> str:
    """Name the trades that a stream is made from."""
    return stream.removesuffix(AGGREGATE) + TRADE if stream.endswith(AGGREGATE) else stream


async def combined(request: web.Request) -> web.StreamResponse:
    names = [name for name in request.query.get("streams", "").split("/") if name]
    return await BinanceSession(request.app[STAGE], request, names, combined=True).serve()


async def raw(request: web.Request) -> web.StreamResponse:
    names = [name for name in request.match_info.get("stream", "").split("/") if name]
    return await BinanceSession(request.app[STAGE], request, names, combined=False).serve()


def routes() -> list[web.RouteDef]:
    return [
        web.get("/binance/stream", combined),
        web.get("/binance/ws", raw),
        web.get("/binance/ws/{stream:.+}", raw),
    ]
