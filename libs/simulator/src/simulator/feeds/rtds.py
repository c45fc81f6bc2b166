"""The older real-time data socket with its quirks, as observed on the real host.

It sends one empty text on connect, answers no PING, sends a backlog before updates, hears a filter with
white space in it only once, and gives up on a whole batch for one topic that it does not know.
"""

from aiohttp import web

from simulator.sessions import Session, parsed
from simulator.stage import STAGE, Stage
from simulator.world import Frame
from simulator.world.chance import digits
from simulator.world.settlement import BINANCE_TOPIC, TOPICS

SILENT_TOPICS = ("equity_prices", "activity", "comments")
SUBSCRIPTIONS_MAX = 100
ALL = ""


class RtdsSession(Session):
    """One client of the settlement socket."""

    channel = "rtds"

    def __init__(self, stage: Stage, request: web.Request) -> None:
        super().__init__(stage, request)
        self._connection_id = digits(f"{stage.clock()}:{id(self)}", 32)

    def opened(self) -> None:
        self.send("")

    def received(self, text: str) -> None:
        message = parsed(text)
        if message is None or message.get("action") not in ("subscribe", "unsubscribe"):
            return
        subscriptions = message.get("subscriptions")
        if not isinstance(subscriptions, list) or len(subscriptions) > SUBSCRIPTIONS_MAX:
            return
        asked = [item for item in subscriptions if isinstance(item, dict)]
        for item in asked:
            topic = item.get("topic")
            if topic not in TOPICS and topic not in SILENT_TOPICS:
                words = f"leger GetTopics error: {topic} not found"
                self.say({"body": {"message": words}, "statusCode": 401})
                return
        for item in asked:
            self._apply(message["action"] == "subscribe", str(item["topic"]), item.get("filters", ALL))

    def hear(self, frame: Frame, text: str, is_spoiled: bool) -> None:  # noqa: ARG002
        if not is_spoiled:
            text = f'{{"connection_id":"{self._connection_id}",{text[1:]}'
        self.send(text)

    def _apply(self, adds: bool, topic: str, filters: object) -> None:
        if topic in SILENT_TOPICS:
            return
        for name in self._names(topic, filters):
            key = f"{topic}:{name}"
            if not adds:
                self.stage.hub.ignore(self.channel, key, self)
                continue
            backlog = self.stage.world.backlog(topic, name, self.stage.hub.position_ns)
            if backlog is None:
                continue
            self.say(backlog)
            if not _has_space(filters):
                self.stage.hub.listen(self.channel, key, self)

    def _names(self, topic: str, filters: object) -> list[str]:
        """Read a filter: none means every symbol, anything but an object with one symbol means nothing."""
        suffix = "usdt" if topic == BINANCE_TOPIC else "/usd"
        if filters in (None, ALL):
            return [symbol.lower() + suffix for symbol in self.stage.settings.symbols]
        wanted = parsed(filters) if isinstance(filters, str) else None
        name = wanted.get("symbol") if wanted else None
        return [name.lower()] if isinstance(name, str) else []


def _has_space(filters: object) -> bool:
    return isinstance(filters, str) and any(letter.isspace() for letter in filters)


async def connect(request: web.Request) -> web.StreamResponse:
    return await RtdsSession(request.app[STAGE], request).serve()


def routes() -> list[web.RouteDef]:
    return [web.get("/rtds", connect)]
