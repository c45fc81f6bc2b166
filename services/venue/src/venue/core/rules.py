"""How a market settles, from what the market itself says in three places: its settings, its source and its text.

All three must say the same. A market that says too little, or two things at once, has no rule, and the reason tells
what was found.
"""

import re
from dataclasses import dataclass

from common.contracts.venue import SettlementRule
from venue.core.inputs import MarketFacts

FEED = "chainlink"
LOOKBACK_S_MAX = 3600
_STREAM = re.compile(
    r"https://data\.chain\.link/streams/(?P<asset>[a-z]+)-usd(-twap-(?P<seconds>\d{1,4})s)?(-streams)?/?"
)
_AVERAGE = re.compile(r"time[- ]weighted average|\btwap\b", re.IGNORECASE)
_SECONDS = re.compile(r"\b(\d{1,4})[- ]seconds?\b", re.IGNORECASE)
_AT_LEAST = re.compile(r"greater than or equal to", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of the settling feed: whose price, and averaged over how many seconds (0 for spot)."""

    asset: str
    lookback_s: int


def settlement_rule(facts: MarketFacts) -> tuple[SettlementRule | None, str]:
    """Answer the rule, or None and what stands against every rule that we know."""
    stream = _stream(facts.resolution_source)
    if stream is None:
        return None, f"rule_unknown: resolution source {_short(facts.resolution_source)}"
    if stream.asset != facts.symbol.lower():
        return None, f"rule_contradictory: the source is about {stream.asset}, the market about {facts.symbol}"
    if not _AT_LEAST.search(facts.rule_text):
        return None, f"rule_unknown: the text does not say 'greater than or equal to': {_short(facts.rule_text)}"
    contradiction = _twap_contradiction(facts, stream) if stream.lookback_s else _spot_contradiction(facts)
    if contradiction:
        return None, f"rule_contradictory: {contradiction}"
    return SettlementRule(kind="twap" if stream.lookback_s else "instant", feed=FEED, lookback_s=stream.lookback_s), ""


def _stream(source: str) -> Stream | None:
    found = _STREAM.fullmatch(source)
    if found is None:
        return None
    seconds = int(found["seconds"] or 0)
    if found["seconds"] is not None and not 0 < seconds <= LOOKBACK_S_MAX:
        return None
    return Stream(found["asset"], seconds)


def _twap_contradiction(facts: MarketFacts, stream: Stream) -> str:
    """Say what speaks against an average over the stream's window."""
    if facts.twap_enabled is not True:
        return f"the source is an average, twapEnabled is {facts.twap_enabled}"
    if facts.twap_lookback_s != stream.lookback_s:
        return f"the source averages {stream.lookback_s} s, twapLookbackSeconds is {facts.twap_lookback_s}"
    if not _AVERAGE.search(facts.rule_text):
        return "the source is an average, the text does not say so"
    others = {int(seconds) for seconds in _SECONDS.findall(facts.rule_text)} - {stream.lookback_s}
    return f"the source averages {stream.lookback_s} s, the text names {sorted(others)} s" if others else ""


def _spot_contradiction(facts: MarketFacts) -> str:
    """Say what speaks against a comparison of two moments."""
    if facts.twap_enabled:
        return "the source is a spot price, twapEnabled is True"
    if facts.twap_lookback_s:
        return f"the source is a spot price, twapLookbackSeconds is {facts.twap_lookback_s}"
    return "the source is a spot price, the text speaks of an average" if _AVERAGE.search(facts.rule_text) else ""


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:79] + "…")
