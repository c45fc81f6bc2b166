"""What is known of a market put together from its two descriptions, which must agree; what does not is named."""

from dataclasses import dataclass
from decimal import Decimal

from common.contracts.venue import FeeSchedule, Outcome, SettlementRule
from common.money import Price, Shares
from venue.core.inputs import ClobFacts, MarketFacts
from venue.core.limits import VenueLimits
from venue.core.rules import settlement_rule

VERSIONS = ("v1", "v2")
UNREAD = "unread"
"""Stands where a token or version could not be read, so that such a market can still be listed as untradable."""
UP: Outcome = "Up"
DOWN: Outcome = "Down"
MS_PER_S = 1000


@dataclass(frozen=True, slots=True)
class Description:
    """A market as both of its descriptions agree on it. `defects` is empty exactly when it may be traded."""

    version: str
    up_token_id: str
    down_token_id: str
    rule: SettlementRule | None
    fee: FeeSchedule | None
    tick: Price
    size_min: Shares
    taker_delay_ms: int
    accepting_orders: bool
    is_neg_risk: bool
    defects: tuple[str, ...]


def describe(facts: MarketFacts, clob: ClobFacts | None, limits: VenueLimits) -> Description:
    """Join the catalogue's facts with the order book's."""
    version, version_defect = _version(facts, clob)
    (up, down), token_defect = _tokens(facts, clob, version)
    rule, rule_defect = settlement_rule(facts)
    fee, fee_defect = _fee(facts, clob)
    tick = (clob.tick if clob is not None else None) or facts.tick
    size_min = clob.size_min if clob is not None and clob.size_min is not None else facts.size_min
    defects = [*facts.defects, *(clob.defects if clob is not None else ()), version_defect, token_defect]
    defects += [rule_defect, fee_defect]
    defects += ["tick_unknown"] if tick is None else []
    defects += ["size_min_unknown"] if size_min is None else []
    accepting = facts.accepting_orders and not facts.closed and (clob is None or clob.accepting_orders)
    return Description(
        version=version, up_token_id=up, down_token_id=down, rule=rule, fee=fee, tick=tick or Price(Decimal(0)),
        size_min=size_min or Shares(Decimal(0)), taker_delay_ms=_delay_ms(clob, limits), accepting_orders=accepting,
        is_neg_risk=facts.is_neg_risk or (clob is not None and clob.is_neg_risk),
        defects=tuple(dict.fromkeys(defect for defect in defects if defect)),
    )  # fmt: skip


def fee_is_expected(fee: FeeSchedule, limits: VenueLimits) -> bool:
    """Say whether a market's fee is what the settings expect. The market's own counts in any case."""
    return fee.rate == limits.expected_fee_rate and fee.exponent == limits.expected_fee_exponent and fee.taker_only


def _version(facts: MarketFacts, clob: ClobFacts | None) -> tuple[str, str]:
    """Take the version from where it is said; descriptions from before versions leave it to the order book."""
    said = {version for version in (facts.version, clob.version if clob is not None else "") if version}
    if len(said) != 1:
        words = "version_unknown: nobody names it" if not said else f"version_contradictory: {sorted(said)}"
        return facts.version or UNREAD, words
    version = said.pop()
    return version, "" if version in VERSIONS else f"version_unknown: {version!r}"


def _tokens(facts: MarketFacts, clob: ClobFacts | None, version: str) -> tuple[tuple[str, str], str]:
    if version not in VERSIONS:
        return (UNREAD, UNREAD), "tokens_unknown: they depend on the version"
    ids = facts.clob_token_ids if version == "v1" else facts.position_ids
    if sorted(facts.outcomes) != [DOWN, UP]:
        return (UNREAD, UNREAD), f"outcomes_unknown: {list(facts.outcomes)}"
    if len(ids) != 2 or len(set(ids)) != 2:
        return (UNREAD, UNREAD), f"tokens_unknown: {len(set(ids))} of 2"
    tokens = dict(zip(facts.outcomes, ids, strict=True))
    pair = (tokens[UP], tokens[DOWN])
    if clob is None:
        return pair, "clob_facts_missing"
    return pair, "" if dict(clob.tokens) == tokens else "tokens_contradictory: the two descriptions name others"


def _fee(facts: MarketFacts, clob: ClobFacts | None) -> tuple[FeeSchedule | None, str]:
    """Answer the fee that both descriptions state; a fee that one of them lacks is not known."""
    listed, charged = facts.fee, clob.fee if clob is not None else None
    if listed is None or charged is None:
        lacking = [name for name, fee in (("feeSchedule", listed), ("fd", charged)) if fee is None]
        return None, f"fee_unknown: no {' and no '.join(lacking)}"
    if listed != charged:
        return None, f"fee_contradictory: feeSchedule {_words(listed)}, fd {_words(charged)}"
    if facts.fees_enabled is False and listed.rate:
        return None, f"fee_contradictory: feesEnabled is false, feeSchedule {_words(listed)}"
    return listed, ""


def _words(fee: FeeSchedule) -> str:
    return f"{fee.rate}^{fee.exponent}{'' if fee.taker_only else ' makers too'}"


def _delay_ms(clob: ClobFacts | None, limits: VenueLimits) -> int:
    if clob is None:
        return limits.taker_delay_ms
    return (limits.taker_delay_ms if clob.has_taker_delay else 0) + clob.seconds_delay * MS_PER_S
