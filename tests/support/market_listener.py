"""A listener of the market channel, who keeps books by what is said and comes back when cut, or when it lacks a book."""

import asyncio
from decimal import Decimal

import aiohttp
import orjson

RETRY_S = 0.05


class NoBookError(Exception):
    """A change of a book that was never told: there is none of a market that is over, and its last changes may be late."""


class MarketListener:
    """Hears all frames of some tokens.

    `books` holds what it knows of each token: side and price to size. `states` holds what it knew at each hash.
    """

    def __init__(self, http, tokens):
        self.http, self.tokens = http, tokens
        self.books, self.states, self.frames, self.connections = {}, {}, [], 0

    async def run(self):
        while True:
            try:
                async with self.http.ws_connect("/ws/market") as socket:
                    self.connections += 1
                    await socket.send_json({
                        "assets_ids": self.tokens, "type": "market", "custom_feature_enabled": True,
                    })  # fmt: skip
                    async for message in socket:
                        heard = orjson.loads(message.data)
                        for frame in heard if isinstance(heard, list) else [heard]:
                            self.hear(frame)
            except (aiohttp.ClientError, NoBookError):
                pass
            await asyncio.sleep(RETRY_S)

    def hear(self, frame):
        self.frames.append(frame)
        if frame["event_type"] == "book":
            self.books[frame["asset_id"]] = levels(frame)
            self.note(frame)
        for entry in frame.get("price_changes", ()):
            if entry["asset_id"] not in self.books:
                raise NoBookError(entry["asset_id"])
            book, place = self.books[entry["asset_id"]], (entry["side"], Decimal(entry["price"]))
            book.pop(place, None)
            if Decimal(entry["size"]):
                book[place] = Decimal(entry["size"])
        for entry in frame.get("price_changes", ()):
            self.note(entry)

    def note(self, told):
        self.states[told["asset_id"], told["hash"]] = dict(self.books[told["asset_id"]])


def levels(book):
    sides = (("BUY", book["bids"]), ("SELL", book["asks"]))
    return {(side, Decimal(each["price"])): Decimal(each["size"]) for side, found in sides for each in found}
