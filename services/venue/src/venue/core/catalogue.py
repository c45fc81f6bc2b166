"""The markets: what was published of each, what both descriptions say, and who won."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from common import ids
from common.clock import SECOND, Instant
from common.contracts.venue import MarketUpdated, Outcome
from common.money import Price
from venue.core.inputs import ClobFacts, MarketFacts, ResolutionSeen
from venue.core.limits import VenueLimits
from venue.core.listing import DOWN, UNREAD, UP, describe, fee_is_expected

VENUE = "polymarket"
UNDECIDED = ("proposed", "disputed", "challenged")
"""Words of a resolution that may still be overturned."""
FORGET_EVERY = 500
"""Markets read back between two rounds of forgetting, so that a month of them never stands in memory at once."""


@dataclass(slots=True)
class Entry:
    """One market: the two descriptions as last read, what was published last, and the tick that its book has."""

    published: MarketUpdated | None = None
    facts: MarketFacts | None = None
    clob: ClobFacts | None = None
    tick: Price | None = None


class Catalogue:
    """Every market of ours that is ahead, running, or ended and not yet decided."""

    def __init__(self, limits: VenueLimits) -> None:
        self._limits = limits
        self._entries: dict[str, Entry] = {}
        self._tokens: dict[str, str] = {}
        self._early: dict[str, ClobFacts] = {}
        self._recovered = 0
        self.refused: Counter[str] = Counter()
        """Facts that were understood and not used, by reason."""

    def __len__(self) -> int:
        return sum(entry.published is not None for entry in self._entries.values())

    def after_facts(self, facts: MarketFacts, now: Instant) -> MarketUpdated | None:
        """Answer what to publish once the catalogue's facts are known; None when they change nothing."""
        entry = self._entries.get(facts.market_id, Entry(clob=self._early.get(facts.market_id)))
        if entry.published is None and (self._refusal(facts) or _is_over(facts, now)):
            return None
        return self._update(facts, entry.clob, entry.tick, entry.published, now)

    def after_clob(self, clob: ClobFacts, now: Instant) -> MarketUpdated | None:
        """Answer what to publish once the order book's facts are known; nothing before the market is listed."""
        entry = self._entries.get(clob.market_id)
        if entry is None or entry.facts is None:
            return None
        return self._update(entry.facts, clob, None, entry.published, now)

    def after_tick_size(self, market_id: str, tick: Price, now: Instant) -> MarketUpdated | None:
        """Answer the market with its new tick."""
        published = self._published(market_id)
        if published is None or published.tick == tick:
            return None
        return _said(published, {"change": "changed", "tick": tick}, now)

    def overdue(self, now: Instant) -> MarketUpdated | None:
        """Answer a market whose book has shown another tick than was published."""
        for market_id, entry in self._entries.items():
            if entry.tick is not None and entry.published is not None and entry.tick != entry.published.tick:
                return self.after_tick_size(market_id, entry.tick, now)
        return None

    def after_resolution(self, event: ResolutionSeen, now: Instant) -> MarketUpdated | None:
        """Answer the market with its winner, if the message makes sense for it."""
        published = self._published(event.market_id)
        if published is None or published.winner is not None or self.resolution_defect(event):
            return None
        changes = {"change": "resolved", "winner": event.winning_outcome, "accepting_orders": False}
        return _said(published, changes, now)

    def resolution_defect(self, event: ResolutionSeen) -> str:
        """Name what is wrong with a resolution from the market channel, or nothing; the catalogue will know."""
        published = self._published(event.market_id)
        if published is None:
            return ""  # the channel tells of every market of the venue
        tokens: dict[str, str] = {UP: published.up_token_id, DOWN: published.down_token_id}
        if tokens.get(event.winning_outcome) != event.winning_token_id:
            return "resolution_contradictory"
        if event.source_at < published.ends_at:
            return "resolution_before_end"
        return "winner_contradicted" if published.winner not in (None, event.winning_outcome) else ""

    def observe_facts(self, facts: MarketFacts, at: Instant) -> None:
        """Keep the catalogue's facts of a market of ours; one that is over before we ever knew it is none."""
        entry = self._entries.get(facts.market_id)
        if entry is None or entry.published is None:
            refusal = self._refusal(facts)
            if refusal:
                self.refused[refusal] += 1
                return
            if _is_over(facts, at):
                return
        entry = self._entries.setdefault(facts.market_id, Entry(clob=self._early.pop(facts.market_id, None)))
        entry.facts = facts
        winner = _winner(facts)[0]
        if entry.published is not None and entry.published.winner is not None and winner is not None:
            self.refused["winner_contradicted"] += winner != entry.published.winner

    def observe_clob(self, clob: ClobFacts) -> None:
        """Keep the order book's facts. They may come before the market is listed, and are newer than a book's tick."""
        entry = self._entries.get(clob.market_id)
        if entry is not None:
            entry.clob, entry.tick = clob, None
            return
        self._early[clob.market_id] = clob
        if len(self._early) > self._limits.markets_max:
            del self._early[next(iter(self._early))]

    def observe_tick(self, market_id: str, tick: Price) -> None:
        """Keep the tick that a market's book has."""
        entry = self._entries.get(market_id)
        if entry is not None:
            entry.tick = tick

    def observe_published(self, market: MarketUpdated) -> None:
        """Take what was published, by this process or the one before, as what the others know."""
        if self._limits.is_shard and market.symbol not in self._limits.symbols:
            return  # another instance looks after it
        entry = self._entries.setdefault(market.market_id, Entry())
        if entry.published is not None and entry.published.observed_at > market.observed_at:
            return
        entry.published = market
        self._recovered += 1
        if self._recovered % FORGET_EVERY == 0:
            self.forget(market.observed_at)
        for token in (market.up_token_id, market.down_token_id):
            if token != UNREAD:
                self._tokens[token] = market.market_id

    def forget(self, at: Instant) -> None:
        """Drop what ended long ago: the decided after a while, the undecided when patience is at its end."""
        for market_id, entry in list(self._entries.items()):
            market = entry.published
            if market is None:
                continue
            patience_s = self._limits.resolution_patience_s if market.winner is None else self._limits.market_memory_s
            if at - market.ends_at > patience_s * SECOND:
                del self._entries[market_id]
                for token in (market.up_token_id, market.down_token_id):
                    self._tokens.pop(token, None)

    def market_of(self, token_id: str) -> MarketUpdated | None:
        """Answer the market that a token belongs to."""
        return self._published(self._tokens.get(token_id, ""))

    def markets(self) -> Iterator[MarketUpdated]:
        """Go through every market that was published."""
        return (entry.published for entry in self._entries.values() if entry.published is not None)

    def running(self, now: Instant, lead: int = 0) -> list[MarketUpdated]:
        """Answer the markets that run now or begin within `lead` nanoseconds, those that end first first."""
        found = [m for m in self.markets() if m.starts_at - lead <= now < m.ends_at and m.winner is None]
        return sorted(found, key=lambda market: (market.ends_at, market.slug))

    def undecided(self, now: Instant) -> list[MarketUpdated]:
        """Answer the markets that have ended and whose winner is not known, the newest first."""
        found = [m for m in self.markets() if m.ends_at <= now and m.winner is None]
        return sorted(found, key=lambda market: (-market.ends_at, market.slug))

    def fees_unexpected(self) -> list[str]:
        """Name the markets whose fee is not what the settings expect."""
        return [m.slug for m in self.markets() if m.fee is not None and not fee_is_expected(m.fee, self._limits)]

    def _published(self, market_id: str) -> MarketUpdated | None:
        entry = self._entries.get(market_id)
        return entry.published if entry is not None else None

    def _refusal(self, facts: MarketFacts) -> str:
        if facts.symbol not in self._limits.symbols:
            return "unwanted_symbol"
        if facts.duration_s not in self._limits.durations_s:
            return "unwanted_duration"
        known = facts.market_id in self._entries
        return "catalogue_full" if not known and len(self._entries) >= self._limits.markets_max else ""

    def _update(
        self, facts: MarketFacts, clob: ClobFacts | None, tick: Price | None, before: MarketUpdated | None, now: Instant
    ) -> MarketUpdated | None:
        """Compose the market anew and answer it if it differs from what was published."""
        described = describe(facts, clob, self._limits)
        winner, winner_defect = _winner(facts)
        if winner is not None and now < facts.ends_at:
            winner, winner_defect = None, "closed_before_end"
        if before is not None and before.winner is not None:
            winner = before.winner
        fields: dict[str, object] = {
            "venue": VENUE, "market_id": facts.market_id, "slug": facts.slug, "question": facts.question,
            "symbol": facts.symbol, "up_token_id": described.up_token_id, "down_token_id": described.down_token_id,
            "rule": described.rule, "fee": described.fee, "tick": tick or described.tick,
            "size_min": described.size_min, "taker_delay_ms": described.taker_delay_ms,
            "protocol_version": described.version, "accepting_orders": described.accepting_orders and winner is None,
            "untradable_reason": "; ".join([*described.defects, *([winner_defect] if winner_defect else [])]),
            "starts_at": facts.starts_at, "ends_at": facts.ends_at, "winner": winner,
            "is_neg_risk": described.is_neg_risk,
        }  # fmt: skip
        if before is not None and all(getattr(before, name) == value for name, value in fields.items()):
            return None
        resolved = winner is not None and (before is None or before.winner is None)
        change = "listed" if before is None else "resolved" if resolved else "changed"
        return _said(before, fields | {"change": change}, now)


def _said(before: MarketUpdated | None, changes: Mapping[str, object], now: Instant) -> MarketUpdated:
    """Build a publication.

    Its id derives from its content and the one before it: a return to an earlier state is news too, and must not be
    taken for a repeat.
    """
    fields: dict[str, object] = (
        {} if before is None else {name: getattr(before, name) for name in MarketUpdated.model_fields}
    )
    fields |= changes
    content = [f"{name}={fields[name]!r}" for name in sorted(fields) if name not in ("type", "event_id", "observed_at")]
    cause = before.event_id if before is not None else ""
    fields |= {"event_id": ids.derive("market_updated", fields["market_id"], cause, *content), "observed_at": now}
    return MarketUpdated.model_validate(fields)


def _is_over(facts: MarketFacts, now: Instant) -> bool:
    return facts.closed or now >= facts.ends_at


def _winner(facts: MarketFacts) -> tuple[Outcome | None, str]:
    """Read who won off the final prices; a market that is closed without a clear winner says so."""
    if not facts.closed:
        return None, ""
    if facts.resolution_status in UNDECIDED:
        return None, f"resolution_pending: {facts.resolution_status}"
    prices = dict(zip(facts.outcomes, facts.outcome_prices, strict=False))
    if sorted(prices) == [DOWN, UP] and sorted(prices.values()) == [0, 1]:
        return (UP if prices[UP] == 1 else DOWN), ""
    found = "/".join(str(price) for price in facts.outcome_prices) or "no prices"
    return None, f"no_clear_winner: {found}"
