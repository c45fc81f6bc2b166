"""Coinbase Exchange's feed: `subscribe` messages, the `ticker` and `heartbeat` channels."""

import asyncio
from itertools import product

from aiohttp import web

from simulator.sessions import Session, parsed, strings
from simulator.stage import STAGE
from simulator.world import Frame, Json

SUBSCRIBE_WITHIN_S = 5.0
CHANNEL_NAMES = ("ticker", "heartbeat")


class CoinbaseSession(Session):
    """One client of Coinbase, who is sent away unless it subscribes to something within five seconds."""

    channel = "coinbase"

    def opened(self) -> None:
        self._wanted: set[tuple[str, str]] = set()
        self._asked = False
        asyncio.get_running_loop().call_later(SUBSCRIBE_WITHIN_S, self._expect)

    def received(self, text: str) -> None:
        message = parsed(text)
        kind = message.get("type") if message else None
        if message is None or kind not in ("subscribe", "unsubscribe"):
            self._refuse("Malformed JSON" if message is None else f"{kind!r} is not a valid type")
            return
        pairs = _pairs(message)
        if not pairs:
            self._refuse("no channels or product_ids provided")
            return
        for name, product_id in pairs:
            if name not in CHANNEL_NAMES:
                self._refuse(f"{name} is not a valid channel")
                return
            if self.stage.world.snapshot(product_id, self.stage.clock()) is None and not self._lists(product_id):
                self._refuse(f"{product_id} is not a valid product")
                return
        self._apply(kind == "subscribe", pairs)

    def hear(self, frame: Frame, text: str, is_spoiled: bool) -> None:
        if (frame.payload["type"], frame.key) in self._wanted:
            self.send(text, mergeable=not is_spoiled)

    def _apply(self, adds: bool, pairs: list[tuple[str, str]]) -> None:
        self._asked = True
        fresh = [pair for pair in pairs if pair not in self._wanted]
        (self._wanted.update if adds else self._wanted.difference_update)(pairs)
        products = {product_id for _, product_id in self._wanted}
        for _, product_id in pairs:
            change = self.stage.hub.listen if product_id in products else self.stage.hub.ignore
            change(self.channel, product_id, self)
        self.say(self._subscriptions())
        for name, product_id in fresh if adds else ():
            newest = self.stage.world.snapshot(product_id, self.stage.hub.position_ns)
            if name == "ticker" and newest is not None:
                self.say(newest)

    def _subscriptions(self) -> Json:
        channels = []
        for name in CHANNEL_NAMES:
            products = sorted(product_id for wanted, product_id in self._wanted if wanted == name)
            if products:
                channels.append({"name": name, "product_ids": products, "account_ids": None})
        return {"type": "subscriptions", "channels": channels}

    def _lists(self, product_id: str) -> bool:
        return product_id in {f"{symbol}-USD" for symbol in self.stage.settings.symbols}

    def _refuse(self, reason: str) -> None:
        self.say({"type": "error", "message": "Failed to subscribe", "reason": reason})

    def _expect(self) -> None:
        if not self._asked:
            self.drop()


def _pairs(message: Json) -> list[tuple[str, str]]:
    """Read the channels and products asked for; a channel may name its own products."""
    shared = strings(message.get("product_ids", [])) or []
    channels, pairs = message.get("channels"), []
    for channel in channels if isinstance(channels, list) else []:
        if isinstance(channel, str):
            pairs += list(product([channel], shared))
        elif isinstance(channel, dict) and isinstance(channel.get("name"), str):
            own = strings(channel.get("product_ids", shared)) or []
            pairs += list(product([channel["name"]], own))
    return pairs


async def connect(request: web.Request) -> web.StreamResponse:
    return await CoinbaseSession(request.app[STAGE], request).serve()


def routes() -> list[web.RouteDef]:
    return [web.get("/coinbase", connect)]
