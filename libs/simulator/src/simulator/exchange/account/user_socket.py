"""The user channel: a client that shows its API key hears of its own orders and trades, from then on and once.

Nothing is replayed: what happened while nobody was connected is read over HTTP. Without markets a client hears of all.
"""

import asyncio
from hmac import compare_digest

import orjson
from aiohttp import WSCloseCode, web

from simulator.exchange.account.user_events import UserEvent, user_events
from simulator.exchange.account.user_faults import UserFaults
from simulator.exchange.floor import Floor
from simulator.exchange.identity.keyring import Credentials, KeyRing
from simulator.matching.events import Event
from simulator.sessions import Session, parsed, strings
from simulator.stage import STAGE, Stage
from simulator.world import Json

MARKETS_MAX = 2000
REFUSAL = "INVALID OPERATION"
UNAUTHORIZED = "Unauthorized/Invalid api key"


class UserChannel:
    """Who listens as which API key, and what each is to hear of what happens on the floor. One for each server."""

    def __init__(self) -> None:
        self._sessions: dict[str, dict[UserSession, None]] = {}
        self._floor: Floor | None = None
        self._faults: UserFaults | None = None

    async def connect(self, request: web.Request) -> web.StreamResponse:
        stage = request.app[STAGE]
        if self._floor is None:
            self._floor, self._faults = stage.floor, UserFaults(stage.faults)
            stage.floor.watch(self.hear)
        session = UserSession(stage, request, self)
        try:
            return await session.serve()
        finally:
            self.leave(session)

    def enter(self, session: "UserSession", key: str) -> None:
        self._sessions.setdefault(key, {})[session] = None

    def leave(self, session: "UserSession") -> None:
        """Forget a client; with the last one of a key, also what was held back for it."""
        for key, sessions in list(self._sessions.items()):
            sessions.pop(session, None)
            if not sessions:
                del self._sessions[key]
                if self._faults is not None:
                    self._faults.forget(key)

    def hear(self, event: Event) -> None:
        """Tell whoever listens what an event means to them. Costs nothing while nobody does."""
        if not self._sessions or self._floor is None or self._faults is None:
            return
        for heard in user_events(event, self._floor.engine.instrument, self._sessions):
            sessions = self._sessions[heard.owner]
            address = next(iter(sessions)).address
            for each in self._faults.applied(heard, address):
                for session in list(sessions):
                    session.tell(each)


class UserSession(Session):
    """One client of the user channel."""

    channel = "user"

    def __init__(self, stage: Stage, request: web.Request, users: UserChannel) -> None:
        super().__init__(stage, request)
        self._users = users
        self._markets: set[str] = set()
        self._farewell: asyncio.Task[None] | None = None
        self.address = ""

    def received(self, text: str) -> None:
        if text == "PING":
            self.send("PONG")
            return
        message = parsed(text)
        if self._farewell is not None:
            return
        if message is not None and "auth" in message:
            self._authenticate(message)
        elif not self.address:
            self._refuse()
        else:
            self._change(message or {})

    def tell(self, event: UserEvent) -> None:
        """Send a frame, if it is of a market that this client wants to hear of."""
        if self._markets and event.condition_id.lower() not in self._markets:
            return
        faults = self.stage.faults
        if faults.is_silent(self.channel):
            self.stage.hub.counts["frames_silenced"] += 1
            return
        spoiled = faults.spoil(self.channel, event.payload)
        self.send(orjson.dumps(event.payload).decode() if spoiled is None else spoiled)
        self.stage.hub.counts[f"frames_{self.channel}"] += 1

    def _authenticate(self, message: Json) -> None:
        credentials, markets = shown_key(message["auth"], self.stage.keyring), _markets(message)
        if credentials is None:
            self._refuse()
        elif markets is None or message.get("type") != "user":
            self.send(REFUSAL)
        else:
            self._users.leave(self)
            self.address, self._markets = credentials.address, markets
            self._users.enter(self, credentials.key)

    def _change(self, message: Json) -> None:
        """Hear of more markets or of fewer. Whoever has named none, or none any more, hears of all."""
        markets, operation = _markets(message), message.get("operation")
        if operation == "subscribe" and markets and len(self._markets | markets) <= MARKETS_MAX:
            self._markets |= markets
        elif operation == "unsubscribe" and markets:
            self._markets -= markets
        else:
            self.send(REFUSAL)

    def _refuse(self) -> None:
        """Say why, then end the connection."""
        self._users.leave(self)
        self._farewell = asyncio.get_running_loop().create_task(self._part())

    async def _part(self) -> None:
        try:
            await self._socket.send_str(UNAUTHORIZED)
        except ConnectionError:
            return
        await self._socket.close(code=WSCloseCode.POLICY_VIOLATION, message=UNAUTHORIZED.encode(), drain=False)


def shown_key(auth: object, keyring: KeyRing) -> Credentials | None:
    """Find the credentials that a client shows: key, secret and passphrase, all three of them right."""
    if not isinstance(auth, dict):
        return None
    key, secret, passphrase = (str(auth.get(name, "")) for name in ("apiKey", "secret", "passphrase"))
    known = keyring.of(key)
    if known is None:
        return None
    is_right = compare_digest(secret.encode(), known.secret.encode())
    is_right &= compare_digest(passphrase.encode(), known.passphrase.encode())
    return known if is_right else None


def _markets(message: Json) -> set[str] | None:
    """Read which markets are named; None where it is no list of at most so many."""
    markets = strings(message.get("markets") or [])
    if markets is None or len(markets) > MARKETS_MAX:
        return None
    return {market.lower() for market in markets}


def routes() -> list[web.RouteDef]:
    return [web.get("/ws/user", UserChannel().connect)]
